/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills early boot, --late and --release at each of their system calls in turn, against the fake kernel, lets
 * the rest of a boot happen, and looks at what is left: the record is whole, no device is without a driver
 * that could have one, and the host's own devices are where they were.
 *
 *   kill [EVERY]     only every EVERY-th system call (default 1)
 */
#include "table.h"
#include "traced.h"

/* Runs a phase in a child, and kills it at its n-th system call. False where it ended before. */
static bool run_killed(struct fake_kernel *kernel, enum phase phase, unsigned long n)
{
	pid_t child = fork();

	if (child == 0) {
		trace_me();
		do_phase(kernel, phase);
		_exit(0);
	}
	return trace_kill(child, n);
}

static void kill_everywhere(const struct scenario *scenario, enum phase phase, bool supervised, unsigned long every)
{
	size_t places = 0, good = 0;
	bool killed = true;

	for (unsigned long n = 1; killed; n += every) {
		struct fake_kernel kernel;
		struct tree tree;
		const char *wrong;

		make_machine(scenario, &tree, &kernel);
		before_phase(&kernel, phase);
		trace_cover(&kernel);
		killed = run_killed(&kernel, phase, n);
		/* The boot goes on in this process: the machine is in files, the child's memory is gone. */
		trace_uncover(&kernel);
		fake_kernel_refresh(&kernel);
		after_phase(&kernel, phase, supervised);
		wrong = judge(scenario, &kernel);
		places++;
		good += !wrong;
		if (wrong)
			printf("    killed at system call %lu: %s\n", n, wrong);
		fake_kernel_done(&kernel);
		tree_done(&tree);
	}
	print_row(scenario, phase, supervised ? "worker killed" : "worker and supervisor killed", places, good);
}

int main(int argc, char **argv)
{
	unsigned long every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

	if (every == 0 || !trace_prepare())
		return 2;
	quiet_log();
	for (size_t i = 0; i < SCENARIOS; i++)
		for (int phase = PHASE_EARLY; phase < PHASES; phase++)
			for (int supervised = 0; supervised < 2; supervised++)
				kill_everywhere(&scenarios[i], (enum phase)phase, supervised, every);
	printf("%zu passed, %zu failed\n", rows_good, rows_bad);
	return rows_bad > 0;
}
