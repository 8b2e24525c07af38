/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of guests that do not run: the host's until then, and judged before they are wanted. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/guards.h"
#include "plan/plan.h"
#include "report/report.h"

#define CARD "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.0"
#define GPU "0000:0c:00.0"
#define AUDIO "0000:0c:00.1"
#define WIN10 "[vm win10]\ndevices = gpu\n"

static const char slot[] = "[device gpu]\naddress = 0c:00.0\nalso = slot\n" WIN10;
static const char alone[] = "[device gpu]\naddress = 0c:00.0\n" WIN10;

/* "STATUS: SUMMARY (HAVE; FIX)" of the one finding has to have this text in it; NULL: there is none. */
static void expect_with(const struct tree *tree, const char *config_text, bool runs, const char *id, const char *target,
                        const char *text)
{
	static const struct advice advice;
	static struct surroundings around;
	static struct modprobe modprobe;
	const struct vm_section *running[1];
	struct goals_of of = { .boot = true, .guests = running, .guest_count = runs };
	struct config config;
	struct host host;
	struct plan plan;
	struct report report;
	struct check_input input = { .config = &config,
		                         .host = &host,
		                         .of = &of,
		                         .goals = &plan.goals,
		                         .pages = &plan.pages,
		                         .isolation = &plan.isolation,
		                         .advice = &advice,
		                         .record_error = -ENOENT,
		                         .rebuild = "x",
		                         .surroundings = &around,
		                         .modprobe = &modprobe };
	char found[1200] = "";

	config_from_text(config_text, &config);
	if (config.error_count)
		fail_msg("%s", config.errors[0].text);
	running[0] = &config.vms[0];
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE, &host), 0);
	assert_int_equal(plan_build_of(&of, &config, &host, VIEW_NOW, &plan), 0);
	assert_int_equal(goals_add_resting(&of, &config, &host, VIEW_NOW, &plan.goals), 0);
	assert_int_equal(surroundings_read(&tree->root, &config, &host, &around), 0);
	assert_int_equal(modprobe_read(&tree->root, &modprobe), 0);
	assert_int_equal(report_read_health(&tree->root, &input, &host), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct reported *finding = &report.findings[i];

		if (strcmp(finding->id, id) != 0 || strcmp(finding->target, target) != 0)
			continue;
		assert_string_equal(found, "");
		snprintf(found, sizeof(found), "%s: %s (%s; %s)", status_name(finding->status), finding->summary, finding->have,
		         finding->fix);
	}
	if (text ? !strstr(found, text) : found[0] != '\0')
		fail_msg("%s %s: '%s'; expected '%s'", id, target, found, text ? text : "none");
	report_done(&report);
	modprobe_done(&modprobe);
	surroundings_done(&around);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void expect(const struct tree *tree, const char *config_text, const char *id, const char *target,
                   const char *text)
{
	expect_with(tree, config_text, false, id, target, text);
}

static void with_the_host(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, slot, "device.present", "gpu", "pass: 2 functions");
	expect(tree, slot, "device.driver", GPU, "pass: left to nouveau until guest win10 starts");
	expect(tree, slot, "device.driver", AUDIO, "pass: left to snd_hda_intel until guest win10 starts");
	expect(tree, slot, "device.group", GPU, "pass: group 18, 2 members, viable for its guest");
	expect(tree, slot, "device.companions", GPU, "pass: ");
	expect(tree, slot, "device.bars", GPU, "pass: ");
	expect(tree, slot, "device.rival", GPU, "pass: ");
	expect(tree, slot, "device.override", GPU, NULL);
	expect(tree, slot, "device.history", GPU, NULL);
	expect(tree, slot, "device.framebuffer", GPU, NULL);
	/* What is wanted now is judged as it was. */
	expect_with(tree, slot, true, "device.driver", GPU, "fail: nouveau has it, not vfio-pci");
	expect_with(tree, slot, true, "device.group", GPU, "fail: group 18 is not viable");
	expect_with(tree, slot, true, "device.override", GPU, "warn: ");
}

static void what_its_guest_would_meet(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, alone, "device.driver", GPU, "warn: guest win10 would not start, refused by the guard group: ");
	expect(tree, alone, "device.driver", GPU, "also = group  ; in [device gpu] of /etc/vfio-prep.conf");
	/* Whose guard is waived: the kernel would refuse it all the same. */
	expect(tree, "[device gpu]\naddress = 0c:00.0\nallow = group\n" WIN10, "device.group", GPU,
	       "fail: group 18 is not viable: " AUDIO " (snd_hda_intel)");
	expect(tree, "[device gpu]\naddress = 0c:00.0\nallow = group\n" WIN10, "device.group", GPU,
	       "also = group  ; in [device gpu] of /etc/vfio-prep.conf)");
	/* What another guest has does not come along. */
	expect(tree,
	       "[device gpu]\naddress = 0c:00.0\nallow = group\n[device audio]\naddress = 0c:00.1\nallow = group\n" WIN10
	       "[vm other]\ndevices = audio\n",
	       "device.group", GPU, "fail: group 18 is not viable: " AUDIO);
	expect(tree,
	       "[device gpu]\naddress = 0c:00.0\n[device audio]\naddress = 0c:00.1\n[vm win10]\ndevices = gpu audio\n",
	       "device.group", GPU, "pass: ");
	expect(tree, "[device gpu]\naddress = 00:1e.7\n" WIN10, "device.present", "gpu",
	       "fail: not there, and without it no guest win10 (none; echo 1 >/sys/bus/pci/rescan  # still");
	expect(tree, "[device gpu]\naddress = 0c:00.0\nid = 10de:0001\n" WIN10, "device.identity", GPU, "fail: ");
	/* In use by the host, which may end by itself. */
	tree_write(tree, CARD "/sriov_numvfs", "2\n");
	expect(tree, slot, "device.driver", GPU,
	       "info: left to nouveau until guest win10 starts; now in use: 2 of its virtual");
	expect(tree, slot, "device.driver", AUDIO, "pass: left to snd_hda_intel until guest win10 starts");
	expect(tree, slot, "device.group", GPU, "pass: ");
	expect(tree, alone, "device.group", GPU, "fail: group 18 is not viable");
	/* Every boot would take it. */
	tree_write(tree, "dev/kmsg", "6,1,1,-;vfio_pci: add [10de:2484[ffffffff:ffffffff]] class 0x000000/00000000\n");
	expect(tree, slot, "vfio.ids", "", GPU " (nouveau)");
}

/* The root is never let go. */
static void the_root(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "[device d]\naddress = 02:00.0\nallow = storage\n[vm a]\ndevices = d\n", "device.driver",
	       "0000:02:00.0", "warn: guest a would not start, refused by the guard in-use: it carries the root");
}

/* Of two sections for one device the one of a boot speaks, whatever a guest says of it. */
static void both(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device gpu]\naddress = 0c:00.0\nalso = slot\n[device card]\naddress = 0c:00.0\nalso = slot\n" WIN10,
	       "device.driver", GPU, "fail: nouveau has it, not vfio-pci");
	expect(tree, "[device gpu]\naddress = 0c:00.0\nalso = slot\n[device card]\naddress = 0c:00.0\nalso = slot\n" WIN10,
	       "device.present", "gpu", NULL);
}

/* One section, two guests: the device is judged once, and not for the other one while the first has it. */
static void shared(void **state)
{
	static const char config[] = "[device gpu]\naddress = 0c:00.0\nalso = slot\n"
								 "[vm first]\ndevices = gpu\n[vm second]\ndevices = gpu\n";
	static const char other[] =
		"[device gpu]\naddress = 0c:00.0\nid = 10de:0001\n[vm first]\ndevices = gpu\n[vm second]\ndevices = gpu\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, config, "device.driver", GPU, "pass: left to nouveau until guest first starts");
	expect(tree, config, "device.present", "gpu", "pass: 2 functions");
	expect_with(tree, config, true, "device.driver", GPU, "fail: nouveau has it");
	expect_with(tree, config, true, "device.present", "gpu", "pass: 2 functions");
	expect(tree, other, "device.identity", GPU, "fail: ");
	expect_with(tree, other, true, "device.identity", GPU, "fail: ");
}

/* "also = slot" would take their physical function from the host. */
static void virtual_functions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device vf]\naddress = 17:00.2\n[vm a]\ndevices = vf\n", "device.driver", "0000:17:00.2",
	       "pass: left to mlx5_core");
	expect(tree, "[device vf]\naddress = 17:00.2\n[vm a]\ndevices = vf\n", "device.companions", "0000:17:00.2", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(with_the_host), tree_test(what_its_guest_would_meet),
		                                tree_test(the_root),      tree_test(both),
		                                tree_test(shared),        tree_test(virtual_functions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
