/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for every recorded machine and every config beside it, from early boot and from the running
 * system: after an apply nothing is left to do and the checks agree, or exactly the refused devices are
 * left; a second apply changes nothing; undoing brings back the drivers and overrides there were; and
 * whatever single call fails, no device ends between two drivers.
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/array.h"
#include "early.h"
#include "fake_kernel.h"
#include "plan/plan.h"
#include "report/report.h"

/* The plain tests let each write fail. The sanitizers look at the code on the way, which a third of them passes too. */
#ifdef __SANITIZE_ADDRESS__
#define WRITE_STEP 3
#else
#define WRITE_STEP 1
#endif

enum start { START_EARLY, START_RUNNING };

/* One machine with one config. */
struct run {
	const char *host, *name;
	enum start start;
	struct tree tree;
	struct fake_kernel kernel;
	struct config config;
	size_t device_count;
	char **drivers;   /* of all devices before, in the order of kernel.devices */
	char **overrides;
	struct memory memory; /* before */
	struct tuning tuning; /* before */
};

/* Says which machine and config it was. */
#define require(run, condition) \
	do { \
		if (!(condition)) \
			fail_msg("%s, %s, %s: not true: %s", (run)->host, (run)->name, \
			         (run)->start == START_EARLY ? "early boot" : "running", #condition); \
	} while (0)

/* The machine as it was recorded: a running system. */
static void run_begin(struct run *run, const char *host, const char *name, enum start start)
{
	*run = (struct run){ .host = host, .name = name, .start = start };
	tree_new(&run->tree);
	tree_unpack(&run->tree, host);
	config_from_host(host, name, &run->config);
	if (run->config.error_count)
		fail_msg("%s/%s.conf:%u: %s", host, name, run->config.errors[0].line, run->config.errors[0].text);
	fake_kernel_new(&run->kernel, &run->tree);
}

static struct memory read_memory(const struct run *run)
{
	struct cmdline cmdline = { 0 };
	struct memory memory;

	assert_int_equal(memory_read(&run->tree.root, &cmdline, &memory), 0);
	return memory;
}

static struct tuning read_tuning(const struct run *run)
{
	struct topology topology;
	struct pci pci = { 0 };
	struct tuning tuning;

	assert_int_equal(topology_read(&run->tree.root, &topology), 0);
	assert_int_equal(tuning_read(&run->tree.root, &topology.online, &pci, TUNING_RUNNING, &tuning), 0);
	topology_done(&topology);
	return tuning;
}

/* Whoever holds a device ends before it is taken or given back, and has not begun in early boot. */
static void end_guests(const struct tree *tree)
{
	struct names processes;

	if (root_list(&tree->root, "proc", &processes) < 0)
		return;
	for (size_t i = 0; i < processes.count; i++) {
		char *directory = format_text("proc/%s/fd", processes.items[i]);
		struct names fds = { 0 };

		if (root_list(&tree->root, directory, &fds) == 0)
			for (size_t j = 0; j < fds.count; j++) {
				char *path = format_text("%s/%s", directory, fds.items[j]);

				tree_remove(tree, path);
				free(path);
			}
		names_done(&fds);
		free(directory);
	}
	names_done(&processes);
}

/* The state that vfio-prep begins with. */
static void run_start(struct run *run)
{
	end_guests(&run->tree);
	if (run->start == START_EARLY) {
		fake_kernel_early(&run->kernel);
		tree_write(&run->tree, "dev/kmsg", "");
		tree_write_bytes(&run->tree, CONFIG_PATH, run->config.bytes, run->config.size);
	}
	run->device_count = run->kernel.device_count;
	run->drivers = calloc(run->device_count, sizeof(*run->drivers));
	run->overrides = calloc(run->device_count, sizeof(*run->overrides));
	for (size_t i = 0; i < run->device_count; i++) {
		run->drivers[i] = fake_driver_of(&run->kernel, run->kernel.devices[i].address);
		run->overrides[i] = fake_override_of(&run->kernel, run->kernel.devices[i].address);
	}
	/* Pages that somebody else has reserved stay, whatever is done and undone. */
	if (run->start == START_RUNNING) {
		int r;

		require(run,
		        fake_pages_write(&run->kernel.pages, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "5", &r));
	}
	run->memory = read_memory(run);
	run->tuning = read_tuning(run);
}

static void run_end(struct run *run)
{
	for (size_t i = 0; i < run->device_count; i++) {
		free(run->drivers[i]);
		free(run->overrides[i]);
	}
	free(run->drivers);
	free(run->overrides);
	memory_done(&run->memory);
	tuning_done(&run->tuning);
	fake_kernel_done(&run->kernel);
	config_done(&run->config);
	tree_done(&run->tree);
}

static bool has_iommu(const struct run *run)
{
	return strncmp(run->host, "iommu-off", 9) != 0;
}

/* Reads the machine, plans and applies, as --apply does, or with only_tuning as vfio-prep-tune.service does. */
static struct apply_result apply_part(struct run *run, bool only_tuning)
{
	unsigned int scope = run->config.cpus.isolate != ISOLATE_NONE ? HOST_TUNING : 0;
	struct host host;
	struct plan plan;
	struct record record = { .udev = ANSWER_NO };
	struct apply_result result;

	assert_int_equal(host_read(&run->tree.root, &run->config, scope | HOST_STORAGE | HOST_HOLDERS, &host), 0);
	assert_int_equal(only_tuning ? plan_build_tuning(&run->config, &host, &plan)
	                             : plan_build(&run->config, &host, VIEW_NOW, &plan), 0);
	if (record_read(&run->tree.root, &record) < 0)
		snprintf(record.boot_id, sizeof(record.boot_id), "%s", host.boot_id);
	assert_int_equal(record_reserve(&record, plan.steps.count, plan.goals.count + plan.pages.count), 0);
	apply_steps(&run->kernel.effects, &plan.steps, WRITER_APPLY, &record, &result);
	require(run, result.save_error == 0);
	require(run, record.count <= record.capacity);
	record_done(&record);
	plan_done(&plan);
	host_done(&host);
	return result;
}

static struct apply_result apply(struct run *run)
{
	return apply_part(run, false);
}

static void ignore_timeout(uint64_t usec)
{
	(void)usec;
}

/* All of a boot: before udev, udev, the root is mounted, before the switch to it, and when all else has begun. */
static struct apply_result boot(struct run *run)
{
	struct apply_result result = { 0 };
	struct record record;

	early_work(&run->kernel.effects, ignore_timeout);
	fake_kernel_coldplug(&run->kernel);
	fake_kernel_mount(&run->kernel);
	early_late(&run->kernel.effects, run->tree.directory, ignore_timeout);
	assert_int_equal(record_read(&run->tree.root, &record), 0);
	require(run, strcmp(record.early, run->config.enabled ? "done" : "off") == 0);
	for (size_t i = 0; i < record.count; i++) {
		result.failed += record.entries[i].result == RESULT_FAILED;
		result.returned += record.entries[i].result == RESULT_RETURNED;
	}
	record_done(&record);
	result.failed += apply_part(run, true).failed;
	return result;
}

static struct apply_result apply_first(struct run *run)
{
	return run->start == START_EARLY ? boot(run) : apply(run);
}

static void undo(struct run *run)
{
	struct host host;
	struct record record;
	struct taken *taken;
	struct taken_pages *pages;
	struct tuned *tuned;
	struct undo undo;
	struct apply_result result;

	if (!root_exists(&run->tree.root, RECORD_PATH))
		return;
	assert_int_equal(record_read(&run->tree.root, &record), 0);
	assert_int_equal(host_read(&run->tree.root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS | HOST_MEMORY | HOST_TUNING,
	                           &host),
	                 0);
	taken = calloc(record.count + 1, sizeof(*taken));
	pages = calloc(record.count + 1, sizeof(*pages));
	tuned = calloc(record.count + 1, sizeof(*tuned));
	assert_int_equal(undo_build(taken, record_taken(&record, taken, record.count), &host, UNDO_ALL, &undo), 0);
	require(run, undo.refused_count == 0);
	assert_int_equal(undo_pages(pages, record_pages(&record, pages, record.count), &host, &undo), 0);
	assert_int_equal(undo_tuning(tuned, record_tuned(&record, tuned, record.count), &host, &undo), 0);
	assert_int_equal(record_reserve(&record, undo.steps.count, 0), 0);
	free(tuned);
	apply_steps(&run->kernel.effects, &undo.steps, WRITER_UNDO, &record, &result);
	require(run, result.failed == 0);
	require(run, record_taken(&record, taken, record.count) == 0);
	undo_done(&undo);
	free(pages);
	free(taken);
	host_done(&host);
	record_done(&record);
}

/* The driver that a device shall have where vfio-prep has not taken it (any more). */
static const char *rightful_driver(const struct run *run, size_t device)
{
	return run->start == START_EARLY ? run->kernel.devices[device].native : run->drivers[device];
}

static void expect_as_before(struct run *run, size_t device)
{
	const char *address = run->kernel.devices[device].address;
	char *driver = fake_driver_of(&run->kernel, address), *override = fake_override_of(&run->kernel, address);

	if (strcmp(driver, rightful_driver(run, device)) != 0 || strcmp(override, run->overrides[device]) != 0)
		fail_msg("%s, %s, %s: %s has driver '%s' and override '%s'; expected '%s' and '%s'\n%s", run->host, run->name,
		         run->start == START_EARLY ? "early boot" : "running", address, driver, override,
		         rightful_driver(run, device), run->overrides[device], run->kernel.log);
	free(driver);
	free(override);
}

static void expect_pages_as_before(struct run *run)
{
	struct memory now = read_memory(run);

	require(run, now.size_count == run->memory.size_count && now.node_count == run->memory.node_count);
	require(run, memcmp(now.pages, run->memory.pages, sizeof(now.pages)) == 0);
	for (size_t i = 0; i < now.node_count; i++)
		require(run, memcmp(now.nodes[i].pages, run->memory.nodes[i].pages, sizeof(now.nodes[i].pages)) == 0);
	require(run, now.available == run->memory.available);
	memory_done(&now);
}

static void expect_tuning_as_before(struct run *run)
{
	struct tuning now = read_tuning(run);

	require(run, cpus_equal(&now.irq_default, &run->tuning.irq_default));
	require(run, cpus_equal(&now.workqueues, &run->tuning.workqueues));
	require(run, now.irq_count == run->tuning.irq_count && now.power_count == run->tuning.power_count);
	for (size_t i = 0; i < now.irq_count; i++)
		require(run, cpus_equal(&now.irqs[i].affinity, &run->tuning.irqs[i].affinity));
	require(run,
	        !now.power_count || memcmp(now.powers, run->tuning.powers, now.power_count * sizeof(*now.powers)) == 0);
	tuning_done(&now);
}

static bool pool_is_refused(const struct pages *pages, const char *target)
{
	for (size_t i = 0; i < pages->count; i++)
		if (strcmp(pages->items[i].target, target) == 0)
			return pages->items[i].guard == GUARD_MEMORY;
	return false;
}

static const struct goal *goal_of(const struct goals *goals, const struct host *host, const char *address)
{
	for (size_t i = 0; i < goals->count; i++) {
		char text[PCI_ADDRESS_MAX];

		if (strcmp(pci_address_format(&host->pci.functions[goals->items[i].function].address, text), address) == 0)
			return &goals->items[i];
	}
	return NULL;
}

static bool is_health(const char *id)
{
	static const char *const ids[] = { "device.reserved", "device.reset", "device.power", "device.link", "device.bars",
		                           "device.rebar", "device.aer", "device.node" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strcmp(id, ids[i]) == 0)
			return true;
	return false;
}

/* A finding that is neither pass nor info has its reason in the config or in how the run began. */
static bool is_explained(const struct run *run, const struct reported *finding, const struct plan *plan,
                         const struct goal *goal)
{
	const struct goals *goals = &plan->goals;

	/* The kernel command line isolates CPUs, and tells of them in files that small machines here do not have. */
	if (strcmp(finding->id, "cpu.isolated") == 0 || strcmp(finding->id, "cpu.tick") == 0 ||
	    strcmp(finding->id, "cpu.rcu") == 0 || strcmp(finding->id, "cpu.siblings") == 0 ||
	    strcmp(finding->id, "cpu.clocksource") == 0)
		return true;
	if (strcmp(finding->id, "cpu.irqs") == 0)
		return finding->status == STATUS_UNKNOWN && !root_exists(&run->tree.root, IRQ_DIRECTORY);
	if (strcmp(finding->id, "memory.hugepages") == 0)
		return finding->status == STATUS_FAIL && pool_is_refused(&plan->pages, finding->target);
	if (strcmp(finding->id, "memory.balancing") == 0) /* a setting of the administrator, who is told */
		return finding->status == STATUS_WARN;
	if (strcmp(finding->id, "memory.hugetlbfs") == 0)
		return finding->status == STATUS_WARN && strncmp(run->host, "server-", 7) != 0; /* that one has the mounts */
	if (strcmp(finding->id, "device.driver") == 0 || strcmp(finding->id, "device.identity") == 0)
		return finding->status == STATUS_FAIL && goal && goal->guard != GUARD_NONE;
	if (strcmp(finding->id, "device.history") == 0)
		return run->start == START_RUNNING && finding->status == STATUS_WARN;
	if (strcmp(finding->id, "device.group") == 0)
		return goal && goal->section->allow & WAIVE_GROUP;
	if (strcmp(finding->id, "device.companions") == 0)
		return goal && goal->section->also != ALSO_SLOT && finding->status == STATUS_WARN;
	if (strcmp(finding->id, "device.boot-display") == 0)
		return goal && goal->section->allow & WAIVE_BOOT_DISPLAY && finding->status == STATUS_WARN;
	/* The machine's own, whatever was prepared; but all of it can be told, unless firmware keeps a node to itself. */
	if (is_health(finding->id))
		return finding->status != STATUS_UNKNOWN || strcmp(finding->id, "device.node") == 0;
	if (strcmp(finding->id, "device.present") == 0)
		for (size_t i = 0; i < goals->missing_count; i++)
			if (strcmp(goals->missing[i]->name, finding->target) == 0)
				return goals->missing[i]->required;
	return false;
}

static void expect_clean_checks(struct run *run, const struct plan *plan, struct host *host)
{
	static const struct advice advice;
	const struct check_input input = { .config = &run->config,
		                               .host = host,
		                               .goals = &plan->goals,
		                               .pages = &plan->pages,
		                               .isolation = &plan->isolation,
		                               .advice = &advice,
		                               .record_error = -ENOENT,
		                               .rebuild = "x" };
	struct report report;
	size_t told = 0, refused = 0;

	assert_int_equal(report_read_health(&run->tree.root, &input, host), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct reported *finding = &report.findings[i];

		if (strncmp(finding->id, "boot.", 5) == 0 || finding->status == STATUS_PASS || finding->status == STATUS_INFO)
			continue;
		if (!is_explained(run, finding, plan, goal_of(&plan->goals, host, finding->target)))
			fail_msg("%s, %s: %s %s: %s: %s", run->host, run->name, finding->id, finding->target,
			         status_name(finding->status), finding->summary);
		told += strcmp(finding->id, "memory.hugepages") == 0 || strcmp(finding->id, "device.driver") == 0 ||
		        strcmp(finding->id, "device.identity") == 0 ||
		        (strcmp(finding->id, "cpu.isolated") == 0 && strcmp(finding->target, "cpus") == 0);
	}
	refused = plan_refused(plan);
	require(run, told >= refused); /* every refusal is told (a mistaken device by its identity) */
	report_done(&report);
}

/* After an apply that nothing stood in the way of. */
static void expect_prepared(struct run *run, const struct plan *before, const struct host *before_host)
{
	struct host host;
	struct plan plan;

	assert_int_equal(host_read(&run->tree.root, &run->config, HOST_LOG | HOST_CHECKS | HOST_HOLDERS | HOST_STORAGE,
	                           &host),
	                 0);
	assert_int_equal(plan_build(&run->config, &host, VIEW_NOW, &plan), 0);
	if (plan.steps.count)
		fail_msg("%s, %s: after the apply there is still '%s %s %s'\n%s", run->host, run->name,
		         step_kind_name(plan.steps.items[0].kind), plan.steps.items[0].target, plan.steps.items[0].value,
		         run->kernel.log);
	require(run, plan.goals.count == before->goals.count && plan.goals.missing_count == before->goals.missing_count);
	for (size_t i = 0; i < run->device_count; i++) {
		const char *address = run->kernel.devices[i].address;
		const struct goal *goal = goal_of(&plan.goals, &host, address);
		const struct goal *planned = goal_of(&before->goals, before_host, address);
		char *driver = fake_driver_of(&run->kernel, address), *override = fake_override_of(&run->kernel, address);

		/* Which of the guards it is may differ: at the next boot nobody holds it open. */
		require(run, !goal == !planned);
		require(run, !goal || (goal->guard == GUARD_NONE) == (planned->guard == GUARD_NONE));
		if (goal && goal->guard == GUARD_NONE) {
			require(run, strcmp(driver, goal->section->driver) == 0);
			require(run, strcmp(override, goal->section->driver) == 0);
		} else {
			expect_as_before(run, i);
		}
		free(driver);
		free(override);
	}
	expect_clean_checks(run, &plan, &host);
	plan_done(&plan);
	host_done(&host);
}

static void prepare_twice_and_undo(struct run *run)
{
	struct host host;
	struct plan plan;
	struct apply_result result;
	unsigned int writes, loads;
	bool virtual = run->start == START_EARLY && strcmp(run->name, "virtual") == 0;

	if (virtual) /* virtual functions do not outlive the boot, and nobody here makes them anew */
		run_start(run);
	assert_int_equal(host_read(&run->tree.root, &run->config, HOST_HOLDERS | HOST_STORAGE, &host), 0);
	assert_int_equal(plan_build(&run->config, &host, run->start == START_EARLY ? VIEW_NEXT_BOOT : VIEW_NOW, &plan), 0);
	if (!virtual)
		run_start(run);
	result = apply_first(run);
	if (has_iommu(run)) {
		if (result.failed)
			fail_msg("%s, %s: %zu steps failed\n%s", run->host, run->name, result.failed, run->kernel.log);
		expect_prepared(run, &plan, &host);
		writes = run->kernel.writes;
		loads = run->kernel.loads;
		apply(run);
		require(run, run->kernel.writes == writes && run->kernel.loads == loads);
	} else {
		/* A running system is not touched in vain; early boot tries, because the kernel decides. */
		require(run, run->start == START_EARLY ? result.failed > 0 && result.returned > 0 : run->kernel.writes == 0);
		for (size_t i = 0; i < run->device_count; i++)
			expect_as_before(run, i); /* no device has lost its driver for it */
	}
	undo(run);
	for (size_t i = 0; i < run->device_count; i++)
		expect_as_before(run, i);
	expect_pages_as_before(run);
	expect_tuning_as_before(run);
	writes = run->kernel.writes;
	undo(run);
	require(run, run->kernel.writes == writes);
	plan_done(&plan);
	host_done(&host);
}

/* A device is taken whole, or as it was. */
static void expect_no_device_between(struct run *run)
{
	for (size_t i = 0; i < run->device_count; i++) {
		const char *address = run->kernel.devices[i].address;
		char *driver = fake_driver_of(&run->kernel, address), *override = fake_override_of(&run->kernel, address);

		if (strstr(driver, "vfio"))
			require(run, strcmp(driver, override) == 0);
		else
			expect_as_before(run, i);
		free(driver);
		free(override);
	}
}

/* Runs once more with a fault; returns how many calls of that kind there were. */
static unsigned int run_with_fault(const char *host, const char *name, enum start start, struct fake_fault fault)
{
	struct run run;
	unsigned int seen;

	run_begin(&run, host, name, start);
	run_start(&run);
	fake_kernel_fail(&run.kernel, fault);
	apply_first(&run);
	expect_no_device_between(&run);
	seen = run.kernel.faults[0].seen;
	run_end(&run);
	return seen;
}

/* What a plan does before udev, as text, to be freed: its steps, refusals, what it puts off, and missing sections. */
static char *plan_text(const struct run *run, enum view view)
{
	char *text = format_text("%s", ""), *longer, address[PCI_ADDRESS_MAX];
	struct host host;
	struct plan plan;

	assert_int_equal(host_read(&run->tree.root, &run->config, view == VIEW_EARLY ? 0 : HOST_STORAGE, &host), 0);
	assert_int_equal(plan_build(&run->config, &host, view, &plan), 0);
	for (size_t i = 0; i < plan.steps.count; i++) {
		const struct step *step = &plan.steps.items[i];

		if (step->stage == STAGE_LATE)
			continue;
		longer = format_text("%s%s %s %s\n", text, step_kind_name(step->kind), step->target, step->value);
		free(text);
		text = longer;
	}
	for (size_t i = 0; i < plan.goals.count; i++) {
		const struct goal *goal = &plan.goals.items[i];

		longer =
			format_text("%s%s %s\n", text, pci_address_format(&host.pci.functions[goal->function].address, address),
		                goal->stage == STAGE_LATE ? "late" : guard_name(goal->guard));
		free(text);
		text = longer;
	}
	for (size_t i = 0; i < plan.pages.count; i++) {
		longer = format_text("%s%s %s %s\n", text, plan.pages.items[i].target, stage_name(plan.pages.items[i].stage),
		                     plan.pages.items[i].guard == GUARD_NONE ? "taken" : plan.pages.items[i].why);
		free(text);
		text = longer;
	}
	for (size_t i = 0; i < plan.goals.missing_count; i++) {
		longer = format_text("%smissing %s\n", text, plan.goals.missing[i]->name);
		free(text);
		text = longer;
	}
	plan_done(&plan);
	host_done(&host);
	return text;
}

/* What --plan says on the running system is what early boot then plans. */
static void compare_plans(struct run *run)
{
	char *said, *done;

	if (run->start != START_EARLY || strcmp(run->name, "virtual") == 0)
		return; /* virtual functions come after early boot: --late takes them */
	said = plan_text(run, VIEW_NEXT_BOOT);
	run_start(run);
	done = plan_text(run, VIEW_EARLY);
	if (strcmp(said, done) != 0)
		fail_msg("%s, %s: --plan says\n%sand early boot plans\n%s", run->host, run->name, said, done);
	free(done);
	free(said);
}

static void (*each_run)(struct run *run);

static void for_every_run(void)
{
	struct names hosts = host_names();
	size_t runs = 0;

	for (size_t i = 0; i < hosts.count; i++) {
		struct names configs = host_configs(hosts.items[i]);

		assert_true(configs.count > 0);
		for (size_t j = 0; j < configs.count; j++)
			for (int start = START_EARLY; start <= START_RUNNING; start++) {
				struct run run;

				run_begin(&run, hosts.items[i], configs.items[j], (enum start)start);
				each_run(&run);
				run_end(&run);
				runs++;
			}
		names_done(&configs);
	}
	assert_true(runs >= 40);
	names_done(&hosts);
}

static void every_host_and_config(void **state)
{
	(void)state;
	each_run = prepare_twice_and_undo;
	for_every_run();
}

static void the_plan_is_what_early_boot_does(void **state)
{
	(void)state;
	each_run = compare_plans;
	for_every_run();
}

static void fail_each_write(struct run *run)
{
	static const int errors[] = { -EIO, 0 };

	/* Without an IOMMU everything is given back, and a write of giving back has nothing behind it. */
	for (size_t i = 0; has_iommu(run) && i < ARRAY_SIZE(errors); i++)
		for (unsigned int n = 1;; n += WRITE_STEP) {
			struct fake_fault fault = { .call = FAKE_WRITE, .nth = n, .error = errors[i], .silent = errors[i] == 0 };

			if (run_with_fault(run->host, run->name, run->start, fault) < n)
				break;
		}
}

static void each_write_may_fail(void **state)
{
	(void)state;
	each_run = fail_each_write;
	for_every_run();
}

static void fail_each_load_and_take(struct run *run)
{
	static const char *const modules[] = { "vfio-pci", "vfio_iommu_type1" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		run_with_fault(run->host, run->name, run->start,
		               (struct fake_fault){ .call = FAKE_LOAD, .contains = modules[i], .error = -ENOENT });
	run_with_fault(run->host, run->name, run->start, (struct fake_fault){ .call = FAKE_TAKE, .error = -EINVAL });
	for (unsigned int n = 1;; n++) /* each device that vfio is asked to take */
		if (run_with_fault(run->host, run->name, run->start,
		                   (struct fake_fault){ .call = FAKE_TAKE, .nth = n, .error = -ENOMEM }) < n)
			break;
}

static void each_load_and_each_take_may_fail(void **state)
{
	(void)state;
	each_run = fail_each_load_and_take;
	for_every_run();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_and_config),
		cmocka_unit_test(the_plan_is_what_early_boot_does),
		cmocka_unit_test(each_write_may_fail),
		cmocka_unit_test(each_load_and_each_take_may_fail),
	};

	quiet_log();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
