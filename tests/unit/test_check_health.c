/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the report makes of the health of devices: check_{reserved,reset,power,link,bars}.c. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci_health.h"
#include "plan/plan.h"
#include "report/report.h"

#define CARD "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define AUDIO "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1"
#define PORT "sys/devices/pci0000:00/0000:00:01.0"
#define RELEASE_FILE "proc/sys/kernel/osrelease"
#define DIRECT "0x0000000079adf000 0x0000000079ae1fff direct\n"
#define GPU "0000:01:00.0"

static const char slot[] = "[device gpu]\naddress = 01:00.0\nalso = slot\n";
static const char alone[] = "[device gpu]\naddress = 01:00.0\n";

/*
 * The finding of a device, as "STATUS: SUMMARY"; NULL where there is none. To be freed. *fix, where wanted, is what
 * would mend it.
 */
static char *find(const struct tree *tree, const char *config_text, const char *id, const char *target, char **fix)
{
	static const struct advice advice;
	struct config config;
	struct host host;
	struct plan plan;
	struct report report;
	char *found = NULL;
	struct check_input input = { .config = &config, .host = &host, .goals = &plan.goals, .pages = &plan.pages,
		                     .isolation = &plan.isolation, .advice = &advice, .record_error = -ENOENT, .rebuild = "x" };

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NOW, &plan), 0);
	assert_int_equal(report_read_health(&tree->root, &input, &host), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct reported *finding = &report.findings[i];

		if (strncmp(finding->id, "device.", 7) == 0)
			assert_int_equal(finding->source[0], '/');
		if (strcmp(finding->id, id) != 0 || strcmp(finding->target, target) != 0)
			continue;
		assert_null(found);
		found = format_text("%s: %s", status_name(finding->status), finding->summary);
		if (finding->status == STATUS_WARN || finding->status == STATUS_FAIL)
			assert_true(finding->want[0] && finding->have[0] && finding->fix[0]);
		if (fix)
			*fix = format_text("%s", finding->fix);
	}
	report_done(&report);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
	return found;
}

/* begins: how "STATUS: SUMMARY" begins; NULL: there is no such finding. fix: a part of it; NULL whatever it is. */
static void expect(const struct tree *tree, const char *config, const char *id, const char *target, const char *begins,
                   const char *fix)
{
	char *cure = NULL, *found = find(tree, config, id, target, &cure);

	if (!begins != !found || (begins && strncmp(found, begins, strlen(begins)) != 0))
		fail_msg("%s: '%s'; expected '%s'", id, found ? found : "nothing", begins ? begins : "nothing");
	if (fix && !strstr(cure, fix))
		fail_msg("%s: fix '%s'; expected '%s'", id, cure, fix);
	free(cure);
	free(found);
}

static void reserved(void **state)
{
	static const struct {
		const char *release;
		bool intel;
		const char *begins;
	} rows[] = {
		{ "6.1.0-28-amd64\n", true, "fail: " }, { "6.12.9\n", true, "fail: " }, { "nonsense\n", true, "fail: " },
		{ "6.5.0\n", false, "warn: " }, { "6.6.0\n", false, "fail: " }, { "6.12.9\n", false, "fail: " },
		{ "nonsense\n", false, "unknown: " },
	};
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, slot, "device.reserved", GPU, "pass: ", NULL);
	tree_write(tree, "sys/kernel/iommu_groups/8/reserved_regions", DIRECT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_write(tree, RELEASE_FILE, rows[i].release);
		if (rows[i].intel)
			tree_write(tree, "sys/firmware/acpi/tables/DMAR", "");
		else
			tree_remove(tree, "sys/firmware/acpi/tables/DMAR");
		expect(tree, slot, "device.reserved", GPU, rows[i].begins,
		       rows[i].intel ? "# switch the slot's RMRR" : "# switch \"Pre-boot");
	}
	tree_write(tree, "sys/kernel/iommu_groups/8/reserved_regions", "rubbish\n");
	expect(tree, slot, "device.reserved", GPU, "unknown: the reserved regions of its group cannot be read", NULL);
	tree_remove(tree, "sys/kernel/iommu_groups/8/reserved_regions");
	expect(tree, slot, "device.reserved", GPU, "unknown: ", NULL);
	/* Without a group there is nothing to say; device.group fails. */
	tree_remove(tree, CARD "/iommu_group");
	tree_remove(tree, "sys/kernel/iommu_groups/8/devices/0000:01:00.0");
	expect(tree, slot, "device.reserved", GPU, NULL, NULL);
}

static void methods(const struct tree *tree, const char *text)
{
	tree_remove(tree, CARD "/reset_method");
	tree_remove(tree, CARD "/reset");
	if (text)
		tree_write(tree, CARD "/reset_method", text);
}

static void reset_of_its_own(void **state)
{
	static const char *const good[] = {
		"flr\n", "af_flr bus\n", "device_specific\n", "acpi\n", "bus flr\n", "pm acpi\n"
	};
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	tree_link(tree, AUDIO "/driver", "../../../../bus/pci/drivers/snd_hda_intel"); /* whatever its neighbour is */
	tree_write(tree, AUDIO "/uevent", "DRIVER=snd_hda_intel\nPCI_CLASS=40300\nPCI_ID=10DE:22BA\n");
	tree_write(tree, AUDIO "/driver_override", "(null)\n");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		methods(tree, good[i]);
		expect(tree, alone, "device.reset", GPU, "pass: ", NULL);
	}
	/* No word of a method is one within another. */
	methods(tree, "acpix flrs\n");
	expect(tree, "[device gpu]\naddress = 01:00.0\nallow = group\n", "device.reset", GPU, "warn: ", NULL);
}

static void reset_by_the_bus(void **state)
{
	static const char *const none[] = { "bus\n", "pm\n", "\n", NULL };
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		methods(tree, none[i]);
		expect(tree, slot, "device.reset", GPU, "pass: by its bus, with the 1 other function on it, taken too", NULL);
	}
	/* vfio has the audio all the same, though no section wants it. */
	expect(tree, alone, "device.reset", GPU, "pass: by its bus, with", NULL);
	tree_link(tree, AUDIO "/driver", "../../../../bus/pci/drivers/snd_hda_intel");
	tree_write(tree, AUDIO "/uevent", "DRIVER=snd_hda_intel\nPCI_CLASS=40300\nPCI_ID=10DE:22BA\n");
	expect(tree, alone, "device.reset", GPU, "warn: a guest cannot reset it: 0000:01:00.1 shares its bus",
	       "also = slot  ; in [device gpu] of /etc/vfio-prep.conf");
	/* With no driver it is not vfio's either. */
	tree_remove(tree, AUDIO "/driver");
	tree_write(tree, AUDIO "/uevent", "PCI_CLASS=40300\nPCI_ID=10DE:22BA\n");
	expect(tree, alone, "device.reset", GPU, "warn: a guest cannot reset it", NULL);
	/* Alone on its bus. */
	tree_remove(tree, "sys/bus/pci/devices/0000:01:00.1");
	tree_remove(tree, "sys/kernel/iommu_groups/8/devices/0000:01:00.1");
	methods(tree, "bus\n");
	expect(tree, alone, "device.reset", GPU, "pass: by its bus, which it has alone", NULL);
	methods(tree, "pm\n");
	expect(tree, alone, "device.reset", GPU, "warn: no reset (the kernel knows", "# reboot the host");
}

static void reset_unknown_and_none(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	methods(tree, NULL);
	tree_write(tree, RELEASE_FILE, "5.10.0-8-amd64\n");
	expect(tree, slot, "device.reset", GPU, "unknown: neither reset_method", NULL);
	tree_write(tree, CARD "/reset", "");
	expect(tree, slot, "device.reset", GPU, "pass: the kernel can reset it", NULL);
	tree_remove(tree, CARD "/reset");
	tree_write(tree, RELEASE_FILE, "5.15.0\n");
	expect(tree, slot, "device.reset", GPU, "pass: by its bus", NULL);
	tree_remove(tree, RELEASE_FILE);
	expect(tree, slot, "device.reset", GPU, "unknown: ", NULL);
	/* On the root bus, where no bus can be reset: 00:02.0 of this machine. */
	tree_write(tree, RELEASE_FILE, "6.1.0\n");
	tree_link(tree, "sys/devices/pci0000:00/0000:00:02.0/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:02.0/uevent",
	           "DRIVER=vfio-pci\nPCI_CLASS=38000\nPCI_ID=8086:4680\n");
	expect(tree, "[device igpu]\naddress = 00:02.0\n", "device.reset", "0000:00:02.0", "pass: flr", NULL);
	tree_write(tree, "sys/devices/pci0000:00/0000:00:02.0/reset_method", "pm\n");
	expect(tree, "[device igpu]\naddress = 00:02.0\n", "device.reset", "0000:00:02.0",
	       "warn: no reset (of its power state alone, on the root bus): good for one start of the guest a boot", NULL);
	tree_remove(tree, "sys/devices/pci0000:00/0000:00:02.0/reset_method");
	expect(tree, "[device igpu]\naddress = 00:02.0\n", "device.reset", "0000:00:02.0",
	       "warn: no reset (it is on the root bus): good for one start of the guest a boot", NULL);
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:02.0/reset_method");
	expect(tree, "[device igpu]\naddress = 00:02.0\n", "device.reset", "0000:00:02.0",
	       "unknown: what resets it, or where it is, cannot be read", NULL);
}

static void power(const struct tree *tree, const char *text, const char *begins)
{
	char *line = format_text("%s\n", text);

	tree_write(tree, CARD "/power_state", line);
	free(line);
	expect(tree, slot, "device.power", GPU, begins, NULL);
}

static void asleep_or_gone(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	power(tree, "D0", "pass: it answers, and is awake");
	power(tree, "D3hot", "info: asleep (D3hot)");
	power(tree, "D1", "info: asleep (D1)");
	power(tree, "D3cold", "info: asleep (D3cold)");
	power(tree, "error", "fail: ");
	power(tree, "unknown", "fail: vfio's driver could not wake it up");
	tree_remove(tree, CARD "/power_state"); /* before Linux 5.11 */
	expect(tree, slot, "device.power", GPU, "pass: it answers", NULL);
	tree_write_bytes(tree, CARD "/config", "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	power(tree, "D0", "fail: it does not answer");
	power(tree, "D3hot", "fail: it does not answer");
	power(tree, "D3cold", "info: "); /* it is not asked */
	tree_remove(tree, CARD "/config");
	power(tree, "D0", "unknown: its configuration space cannot be read");
	power(tree, "error", "fail: ");
	/* What did not wake up is D3cold for the kernel, and it said so; of another device it said nothing. */
	tree_write(
		tree, "dev/kmsg",
		"[    9.100000] vfio-pci 0000:01:00.1: Unable to change power state from D3hot to D0, device inaccessible\n");
	power(tree, "D3cold", "info: ");
	tree_write(
		tree, "dev/kmsg",
		"[    9.100000] vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible\n");
	power(tree, "D3cold", "fail: it did not wake up");
}

#define GAVE_UP "[    9.100000] vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up\n"

static void reset_that_failed(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "dev/kmsg", "[    8.100000] vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting\n" GAVE_UP);
	power(tree, "D3cold", "fail: it did not come back from a reset");
	power(tree, "D3hot", "info: asleep (D3hot)"); /* it answers again */
	tree_write(tree, "dev/kmsg", "[    8.100000] vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting\n");
	power(tree, "D3cold", "info: ");
	tree_write(tree, "dev/kmsg",
	           "[    9.100000] vfio-pci 0000:01:00.1: not ready 65535ms after bus reset; giving up\n");
	power(tree, "D3cold", "info: ");
	/* What it did afterwards, it did alive. */
	tree_write(tree, "dev/kmsg", GAVE_UP "[   10.100000] vfio-pci 0000:01:00.0: ready 4095ms after bus reset\n");
	power(tree, "D3cold", "info: ");
	tree_write(tree, "dev/kmsg", GAVE_UP "[   10.100000] pci 0000:01:00.0: [10de:2684] type 00 class 0x030000\n");
	power(tree, "D3cold", "info: ");
	tree_write(tree, "dev/kmsg", "[    8.100000] vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)\n" GAVE_UP);
	power(tree, "D3cold", "fail: it did not come back from a reset");
}

static void without_a_driver(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	tree_remove(tree, CARD "/driver");
	tree_write(tree, CARD "/uevent", "PCI_CLASS=30000\nPCI_ID=10DE:2684\n");
	power(tree, "unknown", "pass: it answers"); /* pci_device_remove leaves it so */
}

static void width(const struct tree *tree, const char *speed, const char *lanes, const char *begins)
{
	tree_write(tree, CARD "/current_link_speed", speed);
	tree_write(tree, CARD "/current_link_width", lanes);
	expect(tree, slot, "device.link", GPU, begins, NULL);
}

static void links(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, slot, "device.link", GPU, "pass: x16 at 16.0 GT/s", NULL);
	expect(tree, slot, "device.link", "0000:01:00.1", NULL, NULL); /* it has the same one */
	width(tree, "2.5 GT/s PCIe\n", "16\n", "info: x16 at 2.5 GT/s of 16.0");
	width(tree, "16.0 GT/s PCIe\n", "8\n", "warn: x8 of the x16 lanes");
	width(tree, "2.5 GT/s PCIe\n", "1\n", "warn: x1 of the x16 lanes");
	width(tree, "Unknown\n", "16\n", "unknown: the link to port 0000:00:01.0 cannot be read");
	/* A slot of eight lanes gives eight. */
	tree_write(tree, PORT "/max_link_width", "8\n");
	width(tree, "16.0 GT/s PCIe\n", "8\n", "pass: x8 at 16.0 GT/s");
	/* No link, and nothing wrong with that. */
	tree_write(tree, CARD "/max_link_width", "255\n");
	tree_write(tree, AUDIO "/max_link_width", "255\n");
	expect(tree, slot, "device.link", GPU, NULL, NULL);
}

/* Of two links the worse one is told, of two good ones that of the slot. */
static void links_above_a_switch(void **state)
{
	static const char radeon[] = "[device radeon]\naddress = 08:00.0\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "sick-server");
	expect(tree, radeon, "device.link", "0000:08:00.0", "info: x16 at 2.5 GT/s of 8.0", NULL);
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:06:00.0/current_link_width", "4\n");
	expect(tree, radeon, "device.link", "0000:08:00.0",
	       "warn: x4 of the x16 lanes that card and slot have (port 0000:00:03.2)", NULL);
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:06:00.0/current_link_width", "16\n");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:06:00.0/current_link_speed", "8.0 GT/s PCIe\n");
	expect(tree, radeon, "device.link", "0000:08:00.0", "pass: x16 at 8.0 GT/s", NULL);
}

static void errors(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, slot, "device.aer", GPU, "pass: ", NULL);
	expect(tree, slot, "device.aer", "0000:01:00.1", NULL, NULL); /* it counts none */
	tree_write(tree, CARD "/aer_dev_correctable", "RxErr 9\nTOTAL_ERR_COR 9\n");
	expect(tree, slot, "device.aer", GPU, "info: 9 correctable errors", NULL);
	tree_write(tree, CARD "/aer_dev_nonfatal", "TOTAL_ERR_NONFATAL 1\n");
	expect(tree, slot, "device.aer", GPU, "warn: 1 nonfatal error: ", "# reseat");
	tree_write(tree, CARD "/aer_dev_fatal", "TOTAL_ERR_FATAL 2\n");
	expect(tree, slot, "device.aer", GPU, "fail: 2 fatal errors", NULL);
	tree_write(tree, CARD "/aer_dev_fatal", "rubbish\n"); /* what is known is told first */
	expect(tree, slot, "device.aer", GPU, "warn: 1 nonfatal", NULL);
	tree_write(tree, CARD "/aer_dev_nonfatal", "TOTAL_ERR_NONFATAL 0\n");
	tree_write(tree, CARD "/aer_dev_correctable", "TOTAL_ERR_COR 0\n");
	expect(tree, slot, "device.aer", GPU, "unknown: ", NULL);
}

/* The first of the six lines of resource, the others empty. */
static void bar(const struct tree *tree, const char *line, const char *begins)
{
	char *text = format_text("%s\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n", line);

	tree_write(tree, CARD "/resource", text);
	free(text);
	expect(tree, slot, "device.bars", GPU, begins, NULL);
}

static void bars(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, slot, "device.bars", GPU, "pass: all 4 BARs have addresses", NULL);
	bar(tree, "0x81000000 0x81ffffff 0x40200", "pass: its BAR has an address");
	bar(tree, "0x0 0x0 0x0", "pass: it has no BARs");
	bar(tree, "0x0000000000000000 0x000000000fffffff 0x000000002014220c", "fail: BAR 0 (256M) has no address");
	bar(tree, "0x0000000081000000 0x0000000081ffffff 0x0000000020040200", "fail: BAR 0 (16M) has no address");
	bar(tree, "0x0000000000000000 0x0000000000ffffff 0x0000000000040200", "fail: BAR 0 (16M) has no address");
	bar(tree, "0x0000000000000000 0x000000000000007f 0x0000000020040101", "info: BAR 0 (ports) has no address");
	tree_write(tree, CARD "/resource", "rubbish\n");
	expect(tree, slot, "device.bars", GPU, "unknown: its BARs cannot be read", NULL);
	expect(tree, slot, "device.rebar", GPU, "unknown: ", NULL); /* larger than what? */
	tree_write(tree, CARD "/resource", "");
	expect(tree, slot, "device.bars", GPU, "unknown: its BARs cannot be read", NULL);
	tree_remove(tree, CARD "/resource");
	expect(tree, slot, "device.bars", GPU, "unknown: its BARs cannot be read", NULL);
}

static void log_of_bar(const struct tree *tree, const char *lines, const char *begins)
{
	tree_write(tree, "dev/kmsg", lines);
	expect(tree, slot, "device.bars", GPU, begins, NULL);
}

/* A BAR that the kernel wiped is known from its log alone. */
static void wiped_bars(void **state)
{
	static const char *const failed =
		"[    0.8] pci 0000:01:00.0: BAR 1: failed to assign [mem size 0x10000000 64bit pref]\n";
	const struct tree *tree = *state;
	char *both;

	tree_unpack(tree, "prepared-built-in");
	log_of_bar(tree, failed, "pass: "); /* it is there: a later try did it */
	bar(tree, "0x81000000 0x81ffffff 0x40200", "fail: BAR 1 (memory) has no address");
	log_of_bar(tree, "[    0.8] pci 0000:01:00.0: BAR 1 [mem size 0x10000000 64bit pref]: failed to assign\n",
	           "fail: BAR 1 (memory)");
	log_of_bar(tree, "[    0.8] pci 0000:01:00.1: BAR 1 [mem size 0x10000000 64bit pref]: failed to assign\n",
	           "pass: ");
	log_of_bar(tree, "[    0.8] pci 0000:01:00.0: BAR 5: failed to assign [io  size 0x0080]\n", "pass: ");
	log_of_bar(tree, "[    0.8] pci 0000:01:00.0: BAR 10: failed to assign [mem size 0x00100000 64bit pref]\n",
	           "pass: ");
	both = format_text("%s[    0.9] pci 0000:01:00.0: BAR 1: assigned [mem 0x5000000000-0x500fffffff 64bit pref]\n",
	                   failed);
	log_of_bar(tree, both, "pass: ");
	free(both);
}

static void sizes(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, slot, "device.rebar", GPU, "pass: BAR 1 has its largest size, 32G", NULL);
	expect(tree, slot, "device.rebar", "0000:01:00.1", NULL, NULL);
	tree_write(tree, CARD "/resource1_resize", "000000000001ffc0\n");
	expect(tree, slot, "device.rebar", GPU, "info: BAR 1 has 32G and could have 64G", "# switch \"Resizable BAR\"");
	tree_write(tree, CARD "/resource1_resize", "0000000000000001\n"); /* bit 0: 1 MiB */
	expect(tree, slot, "device.rebar", GPU, "pass: ", NULL);
	tree_write(tree, CARD "/resource1_resize", "ffffffffffffffff\n");
	expect(tree, slot, "device.rebar", GPU, "info: ", NULL);
	tree_write(tree, CARD "/resource1_resize", "all\n");
	expect(tree, slot, "device.rebar", GPU, "unknown: the sizes that BAR 1 can have cannot be read", NULL);
	/* Nobody is woken to be asked. */
	tree_write(tree, CARD "/power_state", "D3cold\n");
	expect(tree, slot, "device.rebar", GPU, NULL, NULL);
	expect(tree, slot, "device.link", GPU, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(reserved),
		tree_test(reset_of_its_own),
		tree_test(reset_by_the_bus),
		tree_test(reset_unknown_and_none),
		tree_test(asleep_or_gone),
		tree_test(reset_that_failed),
		tree_test(without_a_driver),
		tree_test(links),
		tree_test(links_above_a_switch),
		tree_test(errors),
		tree_test(bars),
		tree_test(wiped_bars),
		tree_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
