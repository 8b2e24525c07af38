/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fault tests share: a machine, the rest of its boot, what is wrong after it, and the table's rows. */
#ifndef VFIO_PREP_TESTS_FAULTS_TABLE_H
#define VFIO_PREP_TESTS_FAULTS_TABLE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/record.h"
#include "early.h"
#include "fake_kernel.h"
#include "host/config.h"

struct scenario {
	const char *host, *config;
	const char *keep[2]; /* devices of the host that nothing may take */
};

static const struct scenario scenarios[] = {
	{ "desktop-amd-x570", "second-card", { "0000:0b:00.0", "0000:01:00.0" } },
	{ "desktop-amd-x570", "disk-twins", { "0000:01:00.0", "0000:0c:00.0" } },
	{ "laptop-vmd", "gpu", { "0000:00:0e.0", "10000:e1:00.0" } },
	{ "server-two-sockets", "pages", { "0001:4b:00.0", "0000:03:00.0" } },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

enum phase { PHASE_EARLY, PHASE_LATE, PHASE_RELEASE, PHASES };

static const char *const phase_names[] = { "early", "--late", "--release" };

static size_t rows_good, rows_bad;

static inline void ignore_timeout(uint64_t usec)
{
	(void)usec;
}

/* A machine in early boot. */
static inline void make_machine(const struct scenario *scenario, struct tree *tree, struct fake_kernel *kernel)
{
	struct config config;

	tree_new(tree);
	tree_unpack(tree, scenario->host);
	fake_kernel_new(kernel, tree);
	fake_kernel_early(kernel);
	config_from_host(scenario->host, scenario->config, &config);
	tree_write_bytes(tree, CONFIG_PATH, config.bytes, config.size);
	config_done(&config);
}

/* What happens before the phase that gets the fault. */
static inline void before_phase(struct fake_kernel *kernel, enum phase phase)
{
	if (phase != PHASE_EARLY)
		early_work(&kernel->effects, ignore_timeout);
	if (phase == PHASE_LATE) {
		fake_kernel_coldplug(kernel);
		fake_kernel_mount(kernel);
	}
}

static inline void do_phase(struct fake_kernel *kernel, enum phase phase)
{
	if (phase == PHASE_EARLY)
		early_work(&kernel->effects, ignore_timeout);
	else if (phase == PHASE_LATE)
		early_late(&kernel->effects, kernel->tree->directory, ignore_timeout);
	else
		early_release(&kernel->effects);
}

/* The rest of the boot. give_back: the supervisor saw the end of its worker. */
static inline void after_phase(struct fake_kernel *kernel, enum phase phase, bool give_back)
{
	if (give_back)
		early_give_back(&kernel->effects);
	if (phase == PHASE_RELEASE)
		early_release(&kernel->effects); /* the initramfs asks again, once a second */
	fake_kernel_coldplug(kernel);
	fake_kernel_mount(kernel);
	early_late(&kernel->effects, kernel->tree->directory, ignore_timeout);
}

/* What is wrong after the boot; NULL where nothing is. */
static inline const char *judge(const struct scenario *scenario, const struct fake_kernel *kernel)
{
	static char why[200];
	struct record record = { 0 };
	int r = record_read(&kernel->tree->root, &record);

	record_done(&record);
	if (r < 0 && r != -ENOENT)
		return "the record is not whole";
	for (size_t i = 0; i < kernel->device_count; i++) {
		const struct fake_device *device = &kernel->devices[i];
		char *driver = fake_driver_of(kernel, device->address), *override = fake_override_of(kernel, device->address);
		bool kept = strcmp(scenario->keep[0], device->address) == 0 || strcmp(scenario->keep[1], device->address) == 0;

		why[0] = '\0';
		if (!driver[0] && device->native[0])
			snprintf(why, sizeof(why), "%s has no driver (override %s)", device->address, override);
		else if (kept && strcmp(driver, device->native) != 0)
			snprintf(why, sizeof(why), "%s, which is the host's, is on %s", device->address, driver);
		free(override);
		free(driver);
		if (why[0])
			return why;
	}
	return NULL;
}

static inline void print_row(const struct scenario *scenario, enum phase phase, const char *fault, size_t places,
                             size_t good)
{
	if (!places)
		return; /* this phase makes no such call */
	printf("%-16s %-12s %-10s %-34s %6zu places %6zu good  boot reached: %s\n", scenario->host, scenario->config,
	       phase_names[phase], fault, places, good, places == good ? "yes" : "NO");
	fflush(stdout);
	if (places == good)
		rows_good++;
	else
		rows_bad++;
}

#endif
