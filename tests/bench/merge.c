/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KSM makes of a guest's memory, by the kind of that memory: merge MEGABYTES [VFIO-GROUP].
 * Each kind is filled with equal pages and offered for merging, as QEMU's mem-merge=on (the default) does.
 * With a group whose devices all belong to vfio, memory is also pinned as for a guest that has them:
 * VFIO_IOMMU_MAP_DMA of linux/vfio.h. Prints a table. KSM must be there; its settings stay as set here.
 */
#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KSM "/sys/kernel/mm/ksm/"
#define SCANS 3		  /* the first one only learns checksums, the second one merges */
#define PATIENCE_MS 60000 /* for those scans */
#define IDLE_MS 3000	  /* ksmd sleeps for good where nothing is offered */

enum pages { SMALL, TRANSPARENT, RESERVED, SHARED };
enum pin { LOOSE, LOCKED, PINNED, PINNED_LATE };

static const struct kind {
	const char *name;
	enum pages pages;
	enum pin pin;
} kinds[] = {
	{ "4K pages", SMALL, LOOSE },
	{ "4K pages, mlock", SMALL, LOCKED },
	{ "4K pages, pinned by vfio", SMALL, PINNED },
	{ "4K pages, merged and then pinned", SMALL, PINNED_LATE },
	{ "transparent 2M pages", TRANSPARENT, LOOSE },
	{ "transparent 2M pages, pinned by vfio", TRANSPARENT, PINNED },
	{ "hugetlb 2M pages", RESERVED, LOOSE },
	{ "hugetlb 2M pages, pinned by vfio", RESERVED, PINNED },
	{ "shared memory (memfd)", SHARED, LOOSE },
};

static int ksmd;

static long number_of(const char *path)
{
	char text[64];
	FILE *file = fopen(path, "re");

	if (!file || !fgets(text, sizeof(text), file))
		err(1, "%s", path);
	fclose(file);
	return strtol(text, NULL, 10);
}

static void set(const char *path, long value)
{
	FILE *file = fopen(path, "we");

	if (!file || fprintf(file, "%ld\n", value) < 0 || fclose(file))
		err(1, "%s", path);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Milliseconds that ksmd has run: the first number of its schedstat, in ns (proc(5)). */
static double ksmd_ms(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", ksmd);
	return (double)number_of(path) / 1e6;
}

/* KiB of page tables of this process. */
static long tables_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmPTE: %ld", &kib);
	if (!file)
		err(1, "/proc/self/status");
	fclose(file);
	return kib;
}

static void *memory_of(enum pages pages, size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1;
	const size_t huge = 2 << 20;
	char *memory;

	if (pages == RESERVED)
		flags |= MAP_HUGETLB;
	if (pages == SHARED) {
		flags = MAP_SHARED;
		fd = memfd_create("guest", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
			err(1, "memfd");
	}
	/* Room to begin where a huge page does. */
	memory = mmap(NULL, pages == TRANSPARENT ? size + huge : size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (pages == TRANSPARENT)
		memory += -(size_t)memory & (huge - 1);
	if (pages == SMALL || pages == TRANSPARENT)
		if (madvise(memory, size, pages == SMALL ? MADV_NOHUGEPAGE : MADV_HUGEPAGE) < 0)
			err(1, "madvise");
	return memory;
}

/* Maps the memory for DMA by the devices of a group; what it opens stays open. Returns ms. */
static double pin(const char *group_number, void *memory, size_t size)
{
	char path[64];
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)memory,
		.iova = 0x100000000,
		.size = size,
	};
	double start;

	snprintf(path, sizeof(path), "/dev/vfio/%s", group_number);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (container < 0 || group < 0)
		err(1, "%s", path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0 ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		err(1, "%s: no IOMMU", path);
	start = now_ms();
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map) < 0)
		err(1, "VFIO_IOMMU_MAP_DMA");
	return now_ms() - start;
}

/* Waits for full scans; returns how many there were, fewer where KSM has nothing to scan. */
static long wait_for_scans(long count)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	const double start = now_ms();
	double moved = start, ran = ksmd_ms();
	const long first = number_of(KSM "full_scans");
	long scans = 0;

	while (scans < count && now_ms() - start < PATIENCE_MS && now_ms() - moved < IDLE_MS) {
		nanosleep(&nap, NULL);
		scans = number_of(KSM "full_scans") - first;
		if (ksmd_ms() > ran) {
			ran = ksmd_ms();
			moved = now_ms();
		}
	}
	return scans;
}

static void measure(const struct kind *kind, size_t size, const char *group)
{
	const long all = (long)(size / 4096), tables = tables_kib();
	struct rusage before, after;
	double pinned = -1, ran;
	long scans, faults;
	void *memory;

	/* 2: gives back what was merged before, so that all that is counted is of this kind. */
	set(KSM "run", 2);
	set(KSM "run", 1);
	memory = memory_of(kind->pages, size);
	getrusage(RUSAGE_SELF, &before);
	memset(memory, 0x5a, size);
	getrusage(RUSAGE_SELF, &after);
	faults = after.ru_minflt - before.ru_minflt;
	if (kind->pin == LOCKED && mlock(memory, size) < 0)
		err(1, "mlock");
	if (kind->pin == PINNED)
		pinned = pin(group, memory, size);
	if (madvise(memory, size, MADV_MERGEABLE) < 0)
		err(1, "MADV_MERGEABLE");
	wait_for_scans(SCANS);
	if (kind->pin == PINNED_LATE)
		pinned = pin(group, memory, size);

	/* What goes on for as long as the guest lives. */
	ran = ksmd_ms();
	scans = wait_for_scans(SCANS);
	ran = ksmd_ms() - ran;
	printf("%-38s %7ld %7ld ", kind->name, faults, tables_kib() - tables);
	if (pinned >= 0)
		printf("%7.0f ", pinned);
	else
		printf("%7s ", "-");
	if (scans)
		printf("%9.1f ", ran / (double)scans);
	else
		printf("%9s ", "not read");
	printf("%6.1f %%\n", 100.0 * (double)number_of(KSM "pages_sharing") / (double)all);
	fflush(stdout);
}

/* The process id of the kernel's thread, which has no other name. */
static int ksmd_find(void)
{
	int id = 0;
	glob_t all;

	if (glob("/proc/[0-9]*/comm", 0, NULL, &all))
		errx(1, "no processes in /proc");
	for (size_t i = 0; i < all.gl_pathc && !id; i++) {
		char name[32] = "";
		FILE *file = fopen(all.gl_pathv[i], "re");

		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(name, "ksmd\n"))
			sscanf(all.gl_pathv[i], "/proc/%d/", &id);
		fclose(file);
	}
	globfree(&all);
	if (!id)
		errx(1, "this kernel has no ksmd");
	return id;
}

int main(int argc, char **argv)
{
	const char *group = argc > 2 ? argv[2] : NULL;
	size_t size = argc > 1 ? (size_t)atol(argv[1]) << 20 : 0;
	int failed = 0;

	if (!size || argc > 3)
		errx(2, "usage: merge MEGABYTES [VFIO-GROUP]");
	ksmd = ksmd_find();
	set(KSM "pages_to_scan", 1000);
	set(KSM "sleep_millisecs", 10);
	printf("%-38s %7s %7s %7s %9s %8s\n", "", "faults", "tables", "pin", "KSM", "merged");
	printf("%-38s %7s %7s %7s %9s %8s\n", "", "", "KiB", "ms", "ms/scan", "");
	fflush(stdout);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int status = -1;
		pid_t child;

		if (!group && kinds[i].pin >= PINNED)
			continue;
		/* In a process of its own: its end unmaps and unpins everything. */
		child = fork();
		if (!child) {
			measure(&kinds[i], size, group);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) < 0 || status)
			failed = 1;
	}
	set(KSM "run", 2);
	set(KSM "run", 0);
	return failed;
}
