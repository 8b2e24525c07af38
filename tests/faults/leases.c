/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills an acquire, a release, and the settling of a guest that ended, at each of their system calls against the fake
 * kernel; the next call then leaves nothing behind: every page, device, unit, interrupt and governor is as it was, or
 * as the other guest that goes on needs it.
 *
 *   leases [EVERY]   only every EVERY-th system call (default 1)
 */
#include "apply/tenants.h"
#include "fake_units.h"
#include "table.h"
#include "traced.h"

static const char text[] =
	"[device a]\naddress = 0000:31:00.0\n[device b]\naddress = 0001:31:00.0\n"
	"[vm one]\nhugepages = 2M:64M\nhugepages = 2M@1:8M\ncpus = 4-5,36-37\ndevices = a\ngovernor = performance\n"
	"[vm two]\nhugepages = 2M:32M\ncpus = 60-63\ndevices = b\n";

enum action { ACTION_ACQUIRE, ACTION_RELEASE, ACTION_SETTLE, ACTIONS };

static const char *const action_names[] = { "acquire", "release", "settle" };

static int act(struct fake_kernel *kernel, const struct config *config, enum action action, const char *name,
               uint64_t holder)
{
	const struct process process = { holder, holder * 10 };
	struct tenants guests;
	enum hold hold;
	int r = tenants_open(&kernel->effects, config, &guests);

	if (r == 0)
		r = tenants_settle(&guests);
	if (r == 0 && action == ACTION_ACQUIRE)
		r = tenants_acquire(&guests, config_vm(config, name), &process, false, &hold);
	else if (r == 0 && action == ACTION_RELEASE)
		r = tenants_release(&guests, name);
	tenants_close(&guests);
	return r;
}

/* A machine with governors and units; where other, guest two has what it asks for. */
static void make(struct tree *tree, struct fake_kernel *kernel, const struct config *config, bool other)
{
	tree_new(tree);
	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, ".units/init.scope", "any\n");
	tree_write(tree, ".units/system.slice", "0-31\n");
	for (unsigned int cpu = 4; cpu < 6; cpu++) {
		char *path = format_text("sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", cpu);

		tree_write(tree, path, "schedutil\n");
		free(path);
	}
	fake_kernel_new(kernel, tree);
	fake_units_add(kernel);
	fake_process(tree, 100, 1000, "x");
	fake_process(tree, 200, 2000, "x");
	if (other)
		assert_int_equal(act(kernel, config, ACTION_ACQUIRE, "two", 200), 0);
}

/* Does it in a child that is killed at its n-th system call. False where it ended before. */
static bool act_killed(struct fake_kernel *kernel, const struct config *config, enum action action, unsigned long n)
{
	pid_t child = fork();

	if (child == 0) {
		trace_me();
		act(kernel, config, action, "one", 100);
		_exit(0);
	}
	return trace_kill(child, n);
}

/* What is left of guest one after the next call; NULL where nothing is. */
static const char *judge_leases(const struct fake_kernel *kernel, const char *wanted, bool other)
{
	char *now = fake_state(kernel);
	struct leases leases;
	const char *wrong = NULL;

	if (strcmp(now, wanted) != 0) {
		for (size_t i = 0; now[i] && now[i] == wanted[i]; i++)
			if (now[i] == '\n')
				wrong = &now[i + 1];
		printf("    it is '%.60s'\n", wrong ? wrong : now);
		wrong = "something is not as it was";
	}
	if (leases_read(&kernel->tree->root, "", &leases) < 0 || leases.count != other)
		wrong = "a lease is left";
	leases_done(&leases);
	free(now);
	return wrong;
}

static void kill_everywhere(const struct config *config, enum action action, bool other, unsigned long every)
{
	size_t places = 0, good = 0;
	bool killed = true;

	for (unsigned long n = 1; killed; n += every) {
		struct fake_kernel kernel;
		struct tree tree;
		const char *wrong;
		char *before;

		make(&tree, &kernel, config, other);
		before = fake_state(&kernel);
		if (action != ACTION_ACQUIRE)
			assert_int_equal(act(&kernel, config, ACTION_ACQUIRE, "one", 100), 0);
		if (action == ACTION_SETTLE)
			tree_remove(&tree, "proc/100/stat");
		trace_cover(&kernel);
		killed = act_killed(&kernel, config, action, n);
		trace_uncover(&kernel);
		fake_kernel_refresh(&kernel);
		/* It is gone, and so is its guest: one call of anybody. */
		tree_remove(&tree, "proc/100/stat");
		wrong =
			act(&kernel, config, ACTION_SETTLE, NULL, 0) == 0 ? judge_leases(&kernel, before, other) : "settling fails";
		places++;
		good += !wrong;
		if (wrong)
			printf("    killed at system call %lu: %s\n", n, wrong);
		free(before);
		fake_kernel_done(&kernel);
		tree_done(&tree);
	}
	printf("%-16s %-12s %-10s %-34s %6zu places %6zu good  nothing is left: %s\n", "server-two-socke",
	       other ? "beside two" : "alone", action_names[action], "killed", places, good, places == good ? "yes" : "NO");
	fflush(stdout);
	if (places == good)
		rows_good++;
	else
		rows_bad++;
}

int main(int argc, char **argv)
{
	unsigned long every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	struct config config;

	if (every == 0 || !trace_prepare())
		return 2;
	quiet_log();
	config_from_text(text, &config);
	for (int action = ACTION_ACQUIRE; action < ACTIONS; action++)
		for (int other = 0; other < 2; other++)
			kill_everywhere(&config, (enum action)action, other, every);
	config_done(&config);
	printf("%zu passed, %zu failed\n", rows_good, rows_bad);
	return rows_bad > 0;
}
