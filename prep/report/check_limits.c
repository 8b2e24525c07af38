/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a user who is not root may lock as much memory as a guest with a device needs. */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/checks.h"

#define EXTRA \
	(1ULL << 30) /* what libvirt adds to a guest's RAM for the memory of its devices (qemuDomainGetMemLockLimitBytes) \
	              */

static uint64_t sum(const struct page_pool *pools, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += pools[i].page_size * pools[i].pages;
	return bytes;
}

/* Each guest is a process of its own, with a limit of its own: the largest one counts. 0 where no size is
 * configured. */
static uint64_t guest_memory(const struct config *config)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < config->vm_count; i++) {
		uint64_t bytes = sum(config->vms[i].pools, config->vms[i].pool_count);

		largest = bytes > largest ? bytes : largest;
	}
	return largest ? largest : sum(config->pools, config->pool_count);
}

void check_limits_memlock(const struct check_input *input, struct report *report)
{
	const struct surroundings *around = input->surroundings;
	uint64_t wanted = guest_memory(input->config);
	char need[FORMAT_SIZE_MAX], limit[FORMAT_SIZE_MAX] = "unlimited";
	struct finding *finding;

	if (!around || !input->config->enabled || !input->config->device_count || !wanted ||
	    around->account.state != ACCOUNT_FOUND || around->account.uid == 0)
		return;
	format_size(wanted, need);
	if (around->memlock.bytes != MEMLOCK_UNLIMITED)
		format_size(around->memlock.bytes, limit);
	if (around->account.libvirt && around->account.libvirts_user) {
		finding = report_add(report, "limits.memlock", "", STATUS_PASS,
		                     "libvirt raises the limit of each guest that has a device");
	} else if (around->memlock.bytes >= wanted) {
		finding = report_add(report, "limits.memlock", "", STATUS_PASS, "%s may lock memory: %s, and a guest has %s",
		                     around->account.name, limit, need);
	} else {
		finding = report_add(report, "limits.memlock", "", STATUS_WARN,
		                     "%s may lock %s of memory, and a guest has %s: QEMU fails to map "
		                     "it for the device",
		                     around->account.name, limit, need);
		FINDING_SET(finding->want, "at least %s", need);
		FINDING_SET(finding->have, "%s%s", limit, around->memlock.file[0] ? "" : ", the default");
		FINDING_SET(finding->fix,
		            "echo '%s - memlock %llu' > /etc/security/limits.d/zz-vfio-prep.conf  # KiB; then log in again; "
		            "for a service of its own: LimitMEMLOCK= in its unit",
		            around->account.name, (unsigned long long)(wanted + EXTRA) >> 10);
	}
	FINDING_SET(finding->source, "/%s", around->memlock.file[0] ? around->memlock.file : "etc/security/limits.conf");
}
