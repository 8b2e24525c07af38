/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU, and parameters that spoil passthrough. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "plan/advice_parts.h"

/* True where one of the words of a comma-separated value is this one. */
static bool has_word(const char *value, const char *wanted)
{
	const char *word;
	size_t size;

	while (value && (size = advice_word(&value, &word)))
		if (size == strlen(wanted) && strncmp(word, wanted, size) == 0)
			return true;
	return false;
}

static int drop_all(const struct host *host, const char *key, const char *word, const char *why, struct advice *advice)
{
	const struct cmdline_parameter *given;
	size_t at = 0;

	while ((given = advice_next(host, key, &at)))
		if (!word || has_word(given->value, word)) {
			int r = advise_given(advice, ADVICE_DROP, given, "%s", why);

			if (r < 0)
				return r;
		}
	return 0;
}

/*
 * The driver of Intel's IOMMU waits for intel_iommu=on where the kernel is built so (Debian's is; CONFIG_INTEL_IOMMU_
 * DEFAULT_ON). The table says whose IOMMU it is better than the name of the CPU does. Of on and off the last counts
 * (drivers/iommu/intel/iommu.c, intel_iommu_setup), and one that is on and does not help is no case for advice.
 */
static int advise_intel(const struct host *host, bool off, struct advice *advice)
{
	const struct cmdline_parameter *given;
	bool on = false;
	size_t at = 0;
	int r = 0;

	while (r == 0 && (given = advice_next(host, "intel_iommu", &at))) {
		if (has_word(given->value, "off")) {
			r = off ? advise_given(advice, ADVICE_DROP, given, "it keeps the IOMMU off, and vfio needs one") : 0;
		} else if (has_word(given->value, "on")) {
			r = advise_given(advice, ADVICE_KEEP, given, "the IOMMU may need it");
			on = true;
		}
	}
	if (r < 0 || on || !off)
		return r;
	return advise_value(advice, ADVICE_ADD, "intel_iommu", "on", "the firmware has an IOMMU (ACPI table DMAR), and the "
	                    "kernel does not use it; vfio needs one");
}

static int advise_iommu(const struct host *host, struct advice *advice)
{
	bool off = host->iommu_units == ANSWER_NO && host->iommu_groups != ANSWER_YES;
	int r = 0;

	if (host->firmware_dmar == ANSWER_YES)
		r = advise_intel(host, off, advice);
	if (!off || host->iommu_firmware != ANSWER_YES)
		return r;
	if (r == 0 && host->firmware_ivrs == ANSWER_YES)
		r = drop_all(host, "amd_iommu", "off", "it keeps the IOMMU off, and vfio needs one", advice);
	return r < 0 ? r : drop_all(host, "iommu", "off", "it keeps every IOMMU off, and vfio needs one", advice);
}

/* drivers/iommu/amd/init.c, parse_amd_iommu_options(): "Unknown option - 'on'". The other words are kept. */
static int drop_amd_on(const struct host *host, struct advice *advice)
{
	static const char why[] = "the kernel has no such option (\"Unknown option - 'on'\"): AMD's IOMMU is on when the "
	                          "firmware says so";
	const struct cmdline_parameter *given;
	size_t at = 0;

	while ((given = advice_next(host, "amd_iommu", &at))) {
		_cleanup_free_ char *rest = given->value ? calloc(1, strlen(given->value) + 1) : NULL;
		const char *next = given->value, *word;
		size_t size, used = 0;
		int r;

		if (!has_word(given->value, "on"))
			continue;
		if (!rest)
			return -ENOMEM;
		while ((size = advice_word(&next, &word))) {
			if (size == 2 && strncmp(word, "on", 2) == 0)
				continue;
			if (used)
				rest[used++] = ',';
			memcpy(rest + used, word, size);
			used += size;
		}
		r = advise_given(advice, ADVICE_DROP, given, "%s", why);
		if (r == 0 && used)
			r = advise_value(advice, ADVICE_ADD, "amd_iommu", rest, "the rest of amd_iommu=%s", given->value);
		if (r < 0)
			return r;
	}
	return 0;
}

int advise_devices(const struct config *config, const struct host *host, struct advice *advice)
{
	static const struct {
		const char *key, *why;
	} harmful[] = {
		{ "vfio-pci.ids",
		  "it takes every identical device, those of the host too; the config names devices one by one" },
		{ "pci-stub.ids",
		  "it takes every identical device, those of the host too; the config names devices one by one" },
		{ "pcie_acs_override",
		  "it makes groups look smaller than the hardware isolates, so a guest can reach the host's "
		  "memory through their neighbours; only patched kernels know it" },
	};
	int r = drop_amd_on(host, advice);

	if (r < 0 || !config->device_count)
		return r;
	r = advise_iommu(host, advice);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(harmful); i++)
		r = drop_all(host, harmful[i].key, NULL, harmful[i].why, advice);
	return r;
}
