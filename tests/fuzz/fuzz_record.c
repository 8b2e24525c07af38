/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a record and as a kernel log: what is read can be saved and read again, to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/record.h"
#include "base/root.h"
#include "host/kernel_log.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char directory[] = "/dev/shm/vfio-prep-fuzz.XXXXXX";
	static struct root root = { .fd = -1 };
	struct record record, again;
	struct kernel_log log;
	struct taken taken[64];
	char driver[DRIVER_NAME_MAX];

	if (root.fd < 0) {
		require(mkdtemp(directory) && root_open(directory, &root) == 0 && root_mkdir(&root, "run", 0755) == 0 &&
		        root_mkdir(&root, RUN_DIRECTORY, 0755) == 0 && root_mkdir(&root, "dev", 0755) == 0);
	}
	require(root_replace(&root, "dev/kmsg", (const char *)bytes, size, 0600) == 0);
	if (kernel_log_read(&root, &log) == 0) {
		kernel_log_foreign(&log, &(struct pci_address){ 0, 1, 0, 0 }, driver);
		kernel_log_done(&log);
	}
	require(root_replace(&root, RECORD_PATH, (const char *)bytes, size, 0600) == 0);
	if (record_read(&root, &record) < 0)
		return 0;
	record_taken(&record, taken, sizeof(taken) / sizeof(taken[0]));
	require(record_reserve(&record, 1, record.refusal_count) == 0);
	require(record_save(&root, &record) == 0);
	require(record_read(&root, &again) == 0);
	require(again.count == record.count);
	record_done(&again);
	record_done(&record);
	return 0;
}
