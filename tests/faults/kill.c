/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills early boot, --late and --release at each of their system calls in turn, against the fake kernel, lets
 * the rest of a boot happen, and looks at what is left: the record is whole, no device is without a driver
 * that could have one, and the host's own devices are where they were.
 *
 *   kill [EVERY]     only every EVERY-th system call (default 1)
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"

/* What the fake kernel does in answer to one write is one step of a real kernel: nothing kills in its middle. */
static volatile int *in_kernel;

static int (*fake_write)(const struct effects *effects, const char *path, const char *text);
static int (*fake_load)(const struct effects *effects, const char *module, char *note);

static int atomic_write(const struct effects *effects, const char *path, const char *text)
{
	int r;

	*in_kernel = 1;
	r = fake_write(effects, path, text);
	*in_kernel = 0;
	return r;
}

static int atomic_load(const struct effects *effects, const char *module, char *note)
{
	int r;

	*in_kernel = 1;
	r = fake_load(effects, module, note);
	*in_kernel = 0;
	return r;
}

/* Runs a phase in a child, and kills it at its n-th system call. False where it ended before. */
static bool run_killed(struct fake_kernel *kernel, enum phase phase, unsigned long n)
{
	unsigned long calls = 0;
	bool entering = true;
	int status;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		do_phase(kernel, phase);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, &status, 0) < 0 || WIFEXITED(status) || WIFSIGNALED(status))
			return false;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (entering && ++calls >= n && !*in_kernel) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return true;
		}
		entering = !entering;
	}
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
		fake_write = kernel.effects.write;
		fake_load = kernel.effects.load;
		kernel.effects.write = atomic_write;
		kernel.effects.load = atomic_load;
		*in_kernel = 0;
		killed = run_killed(&kernel, phase, n);
		/* The boot goes on in this process: the machine is in files, the child's memory is gone. */
		kernel.effects.write = fake_write;
		kernel.effects.load = fake_load;
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

	in_kernel = mmap(NULL, sizeof(*in_kernel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (in_kernel == MAP_FAILED || every == 0)
		return 2;
	quiet_log();
	for (size_t i = 0; i < SCENARIOS; i++)
		for (int phase = PHASE_EARLY; phase < PHASES; phase++)
			for (int supervised = 0; supervised < 2; supervised++)
				kill_everywhere(&scenarios[i], (enum phase)phase, supervised, every);
	printf("%zu passed, %zu failed\n", rows_good, rows_bad);
	return rows_bad > 0;
}
