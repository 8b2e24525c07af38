/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests come and go on the fake kernel: all or nothing, in any order, and nothing stays behind (apply/tenants*.c,
 * lease.c). */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/slices.h"
#include "apply/tenants.h"
#include "apply/unit_names.h"
#include "fake_kernel.h"
#include "fake_units.h"
#include "host/config.h"

#define CPU "sys/devices/system/cpu/"
#define POOL0 "sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
#define POOL1 "sys/devices/system/node/node1/hugepages/hugepages-2048kB/"

static const char two[] =
	"[hugepages]\nkeep-free = 1G\n"
	"[device a]\naddress = 0000:31:00.0\n[device b]\naddress = 0001:31:00.0\n"
	"[vm one]\nhugepages = 2M:64M\ncpus = 4-5,36-37\ndevices = a\ngovernor = performance\n"
	"[vm two]\nhugepages = 2M:32M\ncpus = 60-63\ndevices = b\n"
	"[vm far]\nhugepages = 2M@1:16M\nhugepages = 1G:2G\ncpus = 5-6\n"
	"[vm same]\ncpus = 8\ndevices = a\n"
	"[vm huge]\nhugepages = 1G:1000G\n"
	"[vm much]\nhugepages = 2M:60G\nhugepages = 1G:50G\ncpus = 10\ndevices = a\n"
	"[vm all]\ncpus = 0-63\n";

struct machine {
	const struct tree *tree;
	struct fake_kernel kernel;
	struct config config;
	struct tenants guests;
	char *before;
};

static void begin(struct machine *machine, const struct tree *tree)
{
	*machine = (struct machine){ .tree = tree };
	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, ".units/init.scope", "any\n");
	tree_write(tree, ".units/system.slice", "any\n");
	tree_write(tree, ".units/user.slice", "0-7\n");
	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		char *path = format_text(CPU "cpu%u/cpufreq/scaling_governor", cpu);

		tree_write(tree, path, "schedutil\n");
		free(path);
	}
	fake_kernel_new(&machine->kernel, tree);
	fake_units_add(&machine->kernel);
	config_from_text(two, &machine->config);
	assert_int_equal(machine->config.error_count, 0);
	machine->before = fake_state(&machine->kernel);
	fake_process(tree, 100, 1000, "user.slice/x.scope");
	fake_process(tree, 200, 2000, "user.slice/x.scope");
}

static void end(struct machine *machine)
{
	free(machine->before);
	config_done(&machine->config);
	fake_kernel_done(&machine->kernel);
}

/* One call of the program: it knows what is in the files. */
static int enter(struct machine *machine)
{
	assert_int_equal(tenants_open(&machine->kernel.effects, &machine->config, &machine->guests), 0);
	return tenants_settle(&machine->guests);
}

static void leave(struct machine *machine)
{
	tenants_close(&machine->guests);
}

static int acquire(struct machine *machine, const char *name, uint64_t holder)
{
	struct process process = { holder, holder * 10 };
	enum hold hold;
	int r;

	enter(machine);
	r = tenants_acquire(&machine->guests, config_vm(&machine->config, name), holder ? &process : NULL, false, &hold);
	if (r == 0 && hold != HOLD_NEW)
		r = (int)hold;
	return r;
}

static void expect_note(struct machine *machine, const char *text)
{
	for (size_t i = 0; i < machine->guests.note_count; i++)
		if (strstr(machine->guests.notes[i].text, text))
			return;
	for (size_t i = 0; i < machine->guests.note_count; i++)
		printf("note: %s: %s\n", machine->guests.notes[i].guest, machine->guests.notes[i].text);
	fail_msg("no note has '%s'", text);
}

static void expect_acquired(struct machine *machine, const char *name, uint64_t holder)
{
	int r = acquire(machine, name, holder);

	for (size_t i = 0; r && i < machine->guests.note_count; i++)
		printf("note: %s: %s\n", machine->guests.notes[i].guest, machine->guests.notes[i].text);
	leave(machine);
	assert_int_equal(r, 0);
}

static void expect_released(struct machine *machine, const char *name)
{
	int r;

	enter(machine);
	r = tenants_release(&machine->guests, name);
	for (size_t i = 0; r && i < machine->guests.note_count; i++)
		printf("note: %s: %s\n", machine->guests.notes[i].guest, machine->guests.notes[i].text);
	leave(machine);
	assert_int_equal(r, 0);
}

/* The machine is as it was, and no file of a lease is left. */
static void expect_clean(const struct machine *machine)
{
	char *now = fake_state(&machine->kernel);
	struct names names;

	assert_string_equal(now, machine->before);
	free(now);
	if (root_list(&machine->tree->root, LEASE_DIRECTORY, &names) == 0) {
		assert_int_equal(names.count, 0);
		names_done(&names);
	}
}

static void expect_driver(const struct machine *machine, const char *address, const char *wanted)
{
	char *driver = fake_driver_of(&machine->kernel, address);

	assert_string_equal(driver, wanted);
	free(driver);
}

static void one_guest_has_all_and_gives_it_back(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	tree_expect(machine.tree, POOL0 "nr_hugepages", "32"); /* the device's node */
	tree_expect(machine.tree, POOL1 "nr_hugepages", "0");
	expect_driver(&machine, "0000:31:00.0", "vfio-pci");
	expect_driver(&machine, "0001:31:00.0", "nouveau");
	tree_expect(machine.tree, ".units/system.slice", "0-3,6-35,38-63");
	tree_expect(machine.tree, ".units/user.slice", "0-3,6-7");
	tree_expect(machine.tree, "proc/irq/64/smp_affinity_list", "0-3,6-35,38-63");
	tree_expect(machine.tree, "proc/irq/default_smp_affinity", "ffffffcf,ffffffcf");
	tree_expect(machine.tree, CPU "cpu4/cpufreq/scaling_governor", "performance");
	tree_expect(machine.tree, CPU "cpu6/cpufreq/scaling_governor", "schedutil");
	assert_false(root_exists(&machine.tree->root, FAKE_UNITS_TIDIED));
	expect_released(&machine, "one");
	expect_clean(&machine);
	assert_true(root_exists(&machine.tree->root, FAKE_UNITS_TIDIED));
	enter(&machine);
	assert_int_equal(tenants_release(&machine.guests, "one"), -ENOENT);
	leave(&machine);
	end(&machine);
}

/* In every order of coming, and of going by release or by the holder's death. */
static void two_guests_in_every_order(void **state)
{
	static const char *const names[] = { "one", "two" };

	for (unsigned int i = 0; i < 16; i++) {
		size_t first = i & 1, gone = i >> 1 & 1;
		struct machine machine;
		struct tree tree;

		tree_new(&tree);
		begin(&machine, &tree);
		expect_acquired(&machine, names[first], first ? 200 : 100);
		expect_acquired(&machine, names[!first], first ? 100 : 200);
		tree_expect(&tree, POOL0 "nr_hugepages", "32");
		tree_expect(&tree, POOL1 "nr_hugepages", "16");
		tree_expect(&tree, ".units/init.scope", "0-3,6-35,38-59");
		for (unsigned int j = 0; j < 2; j++) {
			const char *name = names[j ? !gone : gone];

			if (i >> (2 + j) & 1) {
				tree_remove(&tree, strcmp(name, "one") == 0 ? "proc/100/stat" : "proc/200/stat");
				assert_int_equal(enter(&machine), 0);
				expect_note(&machine, "has ended: given back");
				leave(&machine);
			} else {
				expect_released(&machine, name);
			}
			if (j == 0) {
				tree_expect(&tree, POOL0 "nr_hugepages", gone ? "32" : "0");
				tree_expect(&tree, ".units/init.scope", gone ? "0-3,6-35,38-63" : "0-59");
				assert_false(root_exists(&tree.root, FAKE_UNITS_TIDIED));
				tree_expect(&tree, "proc/irq/default_smp_affinity", gone ? "ffffffcf,ffffffcf" : "0fffffff,ffffffff");
				tree_expect(&tree, "proc/irq/65/smp_affinity_list", gone ? "60-63" : "0-59");
				expect_driver(&machine, gone ? "0000:31:00.0" : "0001:31:00.0", "vfio-pci");
				expect_driver(&machine, gone ? "0001:31:00.0" : "0000:31:00.0", "nouveau");
			}
		}
		expect_clean(&machine);
		end(&machine);
		tree_done(&tree);
	}
	(void)state;
}

static void what_cannot_be_is_refused_as_a_whole(void **state)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "same", "guest one has it" }, { "far", "guest one has CPU 5" }, { "huge", "fit" },
		{ "all", "no CPU would be left" },
	};
	struct machine machine;
	char *held;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	held = fake_state(&machine.kernel);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *now;

		assert_int_equal(acquire(&machine, rows[i].name, 0), -EPERM);
		expect_note(&machine, rows[i].why);
		assert_int_equal(machine.guests.leases.count, 1);
		leave(&machine);
		now = fake_state(&machine.kernel);
		assert_string_equal(now, held);
		free(now);
	}
	free(held);
	expect_released(&machine, "one");
	expect_clean(&machine);
	end(&machine);
}

static void a_shortfall_gives_all_back(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	/* What fits by the numbers, and is not to be had in pieces: also after compaction, and after waiting. */
	machine.kernel.pages.limits[machine.kernel.pages.limit_count++] =
		(struct fake_page_limit){ .kilobytes = 2048, .node = 0, .most = 1000, .compacted = 20000 };
	assert_int_equal(acquire(&machine, "much", 0), -EPERM);
	expect_note(&machine, "pages 2M@0: Cannot allocate memory: got 20000 of 30720");
	leave(&machine);
	expect_clean(&machine);
	end(&machine);
}

static void a_failing_step_gives_all_back(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ "scaling_governor", "governor 4-5,36-37" }, { ".units/system.slice", "confine system.slice" },
		{ "workqueue", "workqueues unbound" }, { "driver/unbind", "unbind 0000:31:00.0" },
		{ "smp_affinity_list", "irq-affinity" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct fake_fault fault = { .call = FAKE_WRITE, .contains = rows[i].path, .error = -EINVAL };
		struct machine machine;
		struct tree tree;

		tree_new(&tree);
		begin(&machine, &tree);
		fake_kernel_fail(&machine.kernel, fault);
		assert_int_equal(acquire(&machine, "one", 0), -EIO);
		expect_note(&machine, rows[i].why);
		leave(&machine);
		machine.kernel.fault_count = 0;
		assert_int_equal(enter(&machine), 0);
		leave(&machine);
		expect_clean(&machine);
		end(&machine);
		tree_done(&tree);
	}
	(void)state;
}

static void pages_in_use_become_surplus(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 100);
	fake_pages_use(&machine.kernel.pages, 2048, 0, 20);
	expect_released(&machine, "one");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "20"); /* somebody has them still: they go by themselves */
	tree_expect(machine.tree, POOL0 "surplus_hugepages", "20");
	/* The next guest gets pages that are free, not those. */
	expect_acquired(&machine, "one", 100);
	tree_expect(machine.tree, POOL0 "nr_hugepages", "52");
	tree_expect(machine.tree, POOL0 "free_hugepages", "32");
	expect_released(&machine, "one");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "20");
	tree_expect(machine.tree, POOL0 "surplus_hugepages", "20");
	end(&machine);
}

/* A file of so many 2M pages in hugetlbfs. */
static void leave_file(const struct machine *machine, const char *path, unsigned int pages)
{
	char *full = format_text("%s/%s", machine->tree->directory, path);
	int fd;

	tree_write(machine->tree, "proc/mounts",
	           "tmpfs /dev/shm tmpfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n");
	tree_write(machine->tree, path, "");
	fd = open(full, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, (off_t)pages << 21), 0);
	close(fd);
	free(full);
}

static uint64_t free_pages(const struct machine *machine)
{
	char *text = tree_read(machine->tree, POOL0 "free_hugepages");
	uint64_t pages = strtoull(text, NULL, 10);

	free(text);
	return pages;
}

/* What one left in use goes with the guest that would have lost as many: two on the same node, and untouched. */
static void pages_left_in_use_are_no_other_guests(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	config_done(&machine.config);
	config_from_text(
		"[vm one]\nhugepages = 2M@0:64M\n[vm two]\nhugepages = 2M@0:32M\n[vm three]\nhugepages = 2M@0:8M\n",
		&machine.config);
	expect_acquired(&machine, "one", 100);
	expect_acquired(&machine, "two", 200);
	fake_pages_use(&machine.kernel.pages, 2048, 0, 3);
	leave_file(&machine, "dev/hugepages/libvirt/qemu/one", 3);
	enter(&machine);
	assert_int_equal(tenants_release(&machine.guests, "one"), 0);
	expect_note(&machine, "3 pages of 2M@0 are still in use, by files that no process has "
	                      "(/dev/hugepages/libvirt/qemu/one): they stay in the pool until guest two ends");
	leave(&machine);
	tree_expect(machine.tree, POOL0 "nr_hugepages", "19");
	assert_int_equal(free_pages(&machine), 16);
	/* The same file once more is kept already. */
	expect_acquired(&machine, "one", 100);
	tree_expect(machine.tree, POOL0 "nr_hugepages", "51");
	expect_released(&machine, "one");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "19");
	/* They pass on to the next one, and then go when they are let go of. */
	expect_acquired(&machine, "three", 100);
	expect_released(&machine, "two");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "7");
	assert_int_equal(free_pages(&machine), 4);
	expect_released(&machine, "three");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "3");
	tree_expect(machine.tree, POOL0 "surplus_hugepages", "3");
	end(&machine);
}

/* Killed when the one lease was written and the other not yet: they pass on once. */
static void pages_pass_on_once(void **state)
{
	static const char pools[] = "[vm one]\nhugepages = 2M@0:64M\n[vm two]\nhugepages = 2M@0:32M\n";
	struct machine machine;
	char *lease;

	begin(&machine, *state);
	config_done(&machine.config);
	config_from_text(pools, &machine.config);
	expect_acquired(&machine, "one", 100);
	expect_acquired(&machine, "two", 200);
	fake_pages_use(&machine.kernel.pages, 2048, 0, 3);
	leave_file(&machine, "dev/hugepages/one", 3);
	lease = tree_read(machine.tree, LEASE_DIRECTORY "/one.lease");
	expect_released(&machine, "one");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "19");
	assert_int_equal(machine.kernel.effects.write(&machine.kernel.effects, POOL0 "nr_hugepages", "48"), 0);
	tree_write(machine.tree, LEASE_DIRECTORY "/one.lease", lease);
	free(lease);
	expect_released(&machine, "one");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "19");
	expect_released(&machine, "two");
	tree_expect(machine.tree, POOL0 "nr_hugepages", "3");
	tree_expect(machine.tree, POOL0 "surplus_hugepages", "3");
	end(&machine);
}

/* Files that somebody has open or mapped are another guest's in use; what is on another node is in nobody's way. */
static void pages_of_files_that_are_had_are_not_left(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 100);
	expect_acquired(&machine, "two", 200);
	fake_pages_use(&machine.kernel.pages, 2048, 0, 3);
	leave_file(&machine, "dev/hugepages/one", 3);
	expect_released(&machine, "one"); /* two is on node 1 */
	tree_expect(machine.tree, POOL0 "nr_hugepages", "3");
	tree_expect(machine.tree, POOL0 "surplus_hugepages", "3");
	expect_released(&machine, "two");
	for (unsigned int i = 0; i < 2; i++) {
		config_done(&machine.config);
		config_from_text("[vm one]\nhugepages = 2M@0:64M\n[vm two]\nhugepages = 2M@0:32M\n", &machine.config);
		expect_acquired(&machine, "one", 100);
		expect_acquired(&machine, "two", 200);
		if (i == 0)
			tree_link(machine.tree, "proc/200/fd/7", "/dev/hugepages/one");
		else
			tree_write(machine.tree, "proc/200/maps",
			           "7f0000000000-7f0000600000 rw-s 00000000 00:31 77   /dev/hugepages/one\n");
		expect_released(&machine, "one");
		tree_expect(machine.tree, POOL0 "surplus_hugepages", "0");
		tree_expect(machine.tree, POOL0 "nr_hugepages", "16");
		expect_released(&machine, "two");
		if (i == 0)
			tree_remove(machine.tree, "proc/200/fd/7");
	}
	end(&machine);
}

static void a_lease_changes_hands(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 100);
	assert_int_equal(acquire(&machine, "one", 0), HOLD_SAME);
	leave(&machine);
	assert_int_equal(acquire(&machine, "one", 100), HOLD_SAME);
	leave(&machine);
	assert_int_equal(acquire(&machine, "one", 200), HOLD_MOVED);
	leave(&machine);
	tree_remove(machine.tree, "proc/100/stat");
	assert_int_equal(enter(&machine), 0);
	assert_int_equal(machine.guests.leases.count, 1);
	leave(&machine);
	/* A number that is used again is not the process. */
	fake_process(machine.tree, 200, 2001, "user.slice/x.scope");
	assert_int_equal(enter(&machine), 0);
	assert_int_equal(machine.guests.leases.count, 0);
	leave(&machine);
	expect_clean(&machine);
	end(&machine);
}

static void a_scope_outlives_its_first_process(void **state)
{
	struct process guest = { 200, 2000 };
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 100);
	tree_write(machine.tree, "sys/fs/cgroup/machine.slice/g.scope/cgroup.events", "populated 1\nfrozen 0\n");
	enter(&machine);
	assert_int_equal(tenants_hold(&machine.guests, "one", &guest, "machine.slice/g.scope"), 0);
	leave(&machine);
	tree_remove(machine.tree, "proc/200/stat");
	assert_int_equal(enter(&machine), 0);
	assert_int_equal(machine.guests.leases.count, 1);
	leave(&machine);
	tree_write(machine.tree, "sys/fs/cgroup/machine.slice/g.scope/cgroup.events",
	           "?\n"); /* what is unknown is no end */
	assert_int_equal(enter(&machine), 0);
	assert_int_equal(machine.guests.leases.count, 1);
	leave(&machine);
	tree_write(machine.tree, "sys/fs/cgroup/machine.slice/g.scope/cgroup.events", "populated 0\nfrozen 0\n");
	assert_int_equal(enter(&machine), 0);
	leave(&machine);
	expect_clean(&machine);
	end(&machine);
}

/* Forty-five bytes that are no ASCII, the longest name of a [vm]: none of its scope's name may get lost in the file. */
static void a_scope_has_a_long_name(void **state)
{
	static const char name[] = "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"
				   "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad";
	char scope[SCOPE_NAME_MAX], cgroup[RECORD_CGROUP_MAX], *path, *found;
	struct process guest = { 200, 2000 };
	struct machine machine;

	begin(&machine, *state);
	scope_name(name, scope);
	path = format_text("machine.slice/%s", scope);
	fake_process(machine.tree, 200, 2000, path);
	assert_int_equal(process_cgroup(&machine.tree->root, 200, cgroup, sizeof(cgroup)), 0);
	expect_acquired(&machine, "one", 100);
	enter(&machine);
	assert_int_equal(tenants_hold(&machine.guests, "one", &guest, cgroup), 0);
	leave(&machine);
	enter(&machine);
	found = leases_find(&machine.guests.leases, "one")->record.lease.cgroup;
	assert_string_equal(found, path);
	leave(&machine);
	free(path);
	expect_released(&machine, "one");
	expect_clean(&machine);
	end(&machine);
}

static void what_somebody_else_set_is_left(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	tree_write(machine.tree, ".units/system.slice", "0-1\n");
	tree_write(machine.tree, CPU "cpu5/cpufreq/scaling_governor", "powersave\n");
	tree_write(machine.tree, "proc/irq/64/smp_affinity_list", "7\n");
	enter(&machine);
	assert_int_equal(tenants_release(&machine.guests, "one"), 0);
	expect_note(&machine, "somebody has set it to 0-1 since");
	leave(&machine);
	tree_expect(machine.tree, ".units/system.slice", "0-1");
	tree_expect(machine.tree, ".units/user.slice", "0-7");
	tree_expect(machine.tree, CPU "cpu5/cpufreq/scaling_governor", "powersave");
	tree_expect(machine.tree, CPU "cpu4/cpufreq/scaling_governor", "schedutil");
	tree_expect(machine.tree, "proc/irq/64/smp_affinity_list", "7");
	end(&machine);
}

/* The kernel gives a new interrupt the default: in the time of guests that is less than it was. */
static void interrupts_of_a_guests_time_follow_the_default(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	tree_write(machine.tree, "proc/irq/30/smp_affinity_list", "0-59\n"); /* as with guest two, by itself */
	free(machine.before);
	machine.before = fake_state(&machine.kernel);
	expect_acquired(&machine, "one", 0);
	expect_acquired(&machine, "two", 0);
	tree_write(machine.tree, "proc/irq/9/smp_affinity_list", "0-3,6-35,38-59\n");
	expect_released(&machine, "one");
	tree_expect(machine.tree, "proc/irq/9/smp_affinity_list", "0-59");
	tree_expect(machine.tree, "proc/irq/30/smp_affinity_list", "0-59");
	expect_released(&machine, "two");
	tree_expect(machine.tree, "proc/irq/9/smp_affinity_list", "0-63");
	tree_expect(machine.tree, "proc/irq/30/smp_affinity_list", "0-59");
	expect_clean(&machine);
	end(&machine);
}

/* A step of many interrupts that was cut off: those that it had not come to are ours all the same. */
static void a_step_that_did_not_end_is_gone_on_with(void **state)
{
	static const struct fake_fault fault = { .call = FAKE_WRITE, .contains = "irq/65/", .error = -EINVAL };
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	expect_acquired(&machine, "two", 0);
	tree_expect(machine.tree, "proc/irq/65/smp_affinity_list", "0-3,6-35,38-59");
	fake_kernel_fail(&machine.kernel, fault);
	enter(&machine);
	assert_int_equal(tenants_release(&machine.guests, "one"), -EBUSY);
	leave(&machine);
	tree_expect(machine.tree, "proc/irq/64/smp_affinity_list", "0-15,32-47");
	machine.kernel.fault_count = 0;
	assert_int_equal(enter(&machine), 0);
	leave(&machine);
	tree_expect(machine.tree, "proc/irq/65/smp_affinity_list", "0-59");
	expect_released(&machine, "two");
	expect_clean(&machine);
	end(&machine);
}

/* The one whose device hangs comes first by name, and is alone with its trouble. */
static void a_lease_that_stays_keeps_no_other(void **state)
{
	static const struct fake_fault fault = { .call = FAKE_WRITE,
		                                     .contains = "0000:31:00.0/driver/unbind",
		                                     .error = -EBUSY };
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 100);
	expect_acquired(&machine, "two", 200);
	tree_remove(machine.tree, "proc/100/stat");
	tree_remove(machine.tree, "proc/200/stat");
	fake_kernel_fail(&machine.kernel, fault);
	assert_int_equal(enter(&machine), -EBUSY);
	assert_int_equal(machine.guests.leases.count, 1);
	assert_non_null(leases_find(&machine.guests.leases, "one"));
	leave(&machine);
	expect_acquired(&machine, "two", 0);
	expect_released(&machine, "two");
	expect_acquired(&machine, "far", 0); /* with a CPU of that one */
	expect_released(&machine, "far");
	machine.kernel.fault_count = 0;
	assert_int_equal(enter(&machine), 0);
	leave(&machine);
	expect_clean(&machine);
	end(&machine);
}

static int list_no_more(const struct effects *effects, struct names *ret, char *note)
{
	(void)effects;
	(void)note;
	*ret = (struct names){ 0 };
	return unit_names_add(ret, "system.slice");
}

/* systemd forgets a slice that is stopped, and not what was set of it. */
static void a_slice_that_is_not_listed_any_more_goes_back(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	tree_expect(machine.tree, ".units/user.slice", "0-3,6-7");
	machine.kernel.effects.list_units = list_no_more;
	expect_released(&machine, "one");
	expect_clean(&machine);
	end(&machine);
}

/* As long as it cannot be told what the host is to have, it is remembered what it had. */
static void what_the_host_had_is_not_forgotten(void **state)
{
	struct machine machine;
	char *online;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	online = tree_read(machine.tree, CPU "online");
	tree_write(machine.tree, CPU "online", "?\n");
	enter(&machine);
	assert_int_equal(tenants_release(&machine.guests, "one"), -EBUSY);
	expect_note(&machine, "which CPUs are online cannot be read");
	leave(&machine);
	assert_true(root_exists(&machine.tree->root, LEASE_HOST));
	tree_write(machine.tree, CPU "online", online);
	free(online);
	assert_int_equal(enter(&machine), 0);
	leave(&machine);
	expect_clean(&machine);
	end(&machine);
}

/* Hundreds of interrupts on the few CPUs of the host: a guest that shares one with its CPUs starts all the same. */
static void an_interrupt_without_a_free_vector_stays(void **state)
{
	static const struct fake_fault fault = { .call = FAKE_WRITE, .contains = "irq/65/", .error = -ENOSPC };
	struct machine machine;
	char *was;

	begin(&machine, *state);
	was = tree_read(machine.tree, "proc/irq/65/smp_affinity_list");
	fake_kernel_fail(&machine.kernel, fault);
	expect_acquired(&machine, "two", 0);
	tree_expect(machine.tree, "proc/irq/65/smp_affinity_list", was);
	tree_expect(machine.tree, "proc/irq/default_smp_affinity", "0fffffff,ffffffff");
	free(was);
	machine.kernel.fault_count = 0;
	expect_released(&machine, "two");
	expect_clean(&machine);
	end(&machine);
}

static void a_host_without_units_does_without(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	tree_remove(machine.tree, ".units/init.scope");
	tree_remove(machine.tree, ".units/system.slice");
	tree_remove(machine.tree, ".units/user.slice");
	tree_remove(machine.tree, ".units");
	free(machine.before);
	machine.before = fake_state(&machine.kernel);
	assert_int_equal(acquire(&machine, "one", 0), 0);
	expect_note(&machine, "cannot be kept off a guest's CPUs: there are no units here");
	leave(&machine);
	expect_released(&machine, "one");
	expect_clean(&machine);
	end(&machine);
}

static void guests_that_come_and_go_do_not_fill_run(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	for (unsigned int i = 0; i < 40; i++) {
		expect_acquired(&machine, "two", 0);
		expect_released(&machine, "two");
	}
	enter(&machine);
	assert_true(machine.guests.host.count < 12);
	leave(&machine);
	expect_released(&machine, "one");
	expect_clean(&machine);
	end(&machine);
}

static void a_lease_of_another_boot_is_nothing(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	expect_acquired(&machine, "one", 0);
	tree_write(machine.tree, "proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
	assert_int_equal(enter(&machine), 0);
	assert_int_equal(machine.guests.leases.count, 0);
	assert_int_equal(machine.guests.host.count, 0);
	leave(&machine);
	end(&machine);
}

static void a_lease_that_cannot_be_written_takes_nothing(void **state)
{
	struct machine machine;

	begin(&machine, *state);
	tree_mkdir(machine.tree, LEASE_DIRECTORY "/.one.lease.new");
	assert_int_equal(acquire(&machine, "one", 0), -EISDIR);
	expect_note(&machine, "Is a directory");
	leave(&machine);
	tree_remove(machine.tree, LEASE_DIRECTORY "/.one.lease.new");
	expect_clean(&machine);
	end(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(one_guest_has_all_and_gives_it_back),
		cmocka_unit_test(two_guests_in_every_order),
		tree_test(what_cannot_be_is_refused_as_a_whole),
		tree_test(a_shortfall_gives_all_back),
		cmocka_unit_test(a_failing_step_gives_all_back),
		tree_test(pages_in_use_become_surplus),
		tree_test(pages_left_in_use_are_no_other_guests),
		tree_test(pages_pass_on_once),
		tree_test(pages_of_files_that_are_had_are_not_left),
		tree_test(a_lease_changes_hands),
		tree_test(a_scope_outlives_its_first_process),
		tree_test(a_scope_has_a_long_name),
		tree_test(what_somebody_else_set_is_left),
		tree_test(interrupts_of_a_guests_time_follow_the_default),
		tree_test(a_step_that_did_not_end_is_gone_on_with),
		tree_test(a_lease_that_stays_keeps_no_other),
		tree_test(a_slice_that_is_not_listed_any_more_goes_back),
		tree_test(what_the_host_had_is_not_forgotten),
		tree_test(an_interrupt_without_a_free_vector_stays),
		tree_test(a_host_without_units_does_without),
		tree_test(guests_that_come_and_go_do_not_fill_run),
		tree_test(a_lease_of_another_boot_is_nothing),
		tree_test(a_lease_that_cannot_be_written_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
