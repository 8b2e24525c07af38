/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets each effect (a write to sysfs, a module's load, vfio's own probe) and each call of the file gate fail in
 * turn, against the fake kernel, lets the rest of a boot happen, and looks at what is left. Calls of the gate
 * get their errno, or a short write, from this tracer: the kernel never sees them.
 *
 *   errors [EVERY]   only every EVERY-th call (default 1), with one of the errors each
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "base/array.h"
#include "table.h"
#include "traced.h"

static const int errors[] = { EPERM, EIO, ENOENT, ENOSPC, EBUSY, EINVAL };

#define SHORT_WRITE 0

static const struct kind {
	const char *name;
	long calls[3];
} kinds[] = {
	{ "open fails", { SYS_openat2, SYS_openat, -1 } },
	{ "read fails", { SYS_read, SYS_pread64, -1 } },
	{ "write fails", { SYS_write, -1, -1 } },
	{ "rename fails", { SYS_renameat, SYS_renameat2, -1 } },
	{ "readlink fails", { SYS_readlinkat, -1, -1 } },
	{ "listing fails", { SYS_getdents64, -1, -1 } },
	{ "mkdir fails", { SYS_mkdirat, -1, -1 } },
};

static unsigned long every = 1;

#ifdef __x86_64__

static bool is_kind(const struct kind *kind, unsigned long long call)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind->calls); i++)
		if (kind->calls[i] >= 0 && (unsigned long long)kind->calls[i] == call)
			return true;
	return false;
}

/* The n-th call of a kind in a phase fails with error. *ret_hit: there was one. Returns what the child's end says. */
static const char *run_failing(struct fake_kernel *kernel, enum phase phase, const struct kind *kind, unsigned long n,
                               int error, bool *ret_hit)
{
	struct user_regs_struct registers;
	unsigned long seen = 0;
	bool entering = true, failing = false;
	int status;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		do_phase(kernel, phase);
		_exit(0);
	}
	*ret_hit = false;
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		ptrace(*ret_hit && !failing ? PTRACE_CONT : PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, &status, 0) < 0)
			return "it is gone";
		if (WIFEXITED(status))
			return WEXITSTATUS(status) == 0 ? NULL : "it did not exit with 0";
		if (WIFSIGNALED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
			return "it was ended by a signal";
		ptrace(PTRACE_GETREGS, child, NULL, &registers);
		if (entering && !*in_kernel && is_kind(kind, registers.orig_rax) && ++seen == n) {
			*ret_hit = true;
			if (error == SHORT_WRITE)
				registers.rdx = registers.rdx > 1 ? registers.rdx / 2 : registers.rdx;
			else
				registers.orig_rax = (unsigned long long)-1;
			failing = error != SHORT_WRITE;
			ptrace(PTRACE_SETREGS, child, NULL, &registers);
		} else if (!entering && failing) {
			registers.rax = (unsigned long long)-error;
			ptrace(PTRACE_SETREGS, child, NULL, &registers);
			failing = false;
		}
		entering = !entering;
	}
}

/* One boot; false where there is no n-th call. */
static bool boot_with_failing_call(const struct scenario *scenario, enum phase phase, const struct kind *kind,
                                   unsigned long n, int error, size_t *places, size_t *good)
{
	struct fake_kernel kernel;
	struct tree tree;
	const char *wrong;
	bool hit;

	make_machine(scenario, &tree, &kernel);
	before_phase(&kernel, phase);
	trace_cover(&kernel);
	wrong = run_failing(&kernel, phase, kind, n, error, &hit);
	trace_uncover(&kernel);
	fake_kernel_refresh(&kernel);
	after_phase(&kernel, phase, wrong != NULL);
	if (!wrong)
		wrong = judge(scenario, &kernel);
	*places += hit;
	*good += hit && !wrong;
	if (hit && wrong)
		printf("    %s, call %lu, %s: %s\n", kind->name, n, error ? strerrorname_np(error) : "short", wrong);
	fake_kernel_done(&kernel);
	tree_done(&tree);
	return hit;
}

static void fail_calls(const struct scenario *scenario, enum phase phase, const struct kind *kind)
{
	bool writes = kind->calls[0] == SYS_write, hit = true;
	size_t places = 0, good = 0, count = ARRAY_SIZE(errors) + writes;

	for (unsigned long n = 1; hit; n += every)
		for (size_t i = 0; hit && i < (every == 1 ? count : 1); i++) {
			size_t which = every == 1 ? i : (n / every) % count;

			hit = boot_with_failing_call(scenario, phase, kind, n,
			                             which < ARRAY_SIZE(errors) ? errors[which] : SHORT_WRITE, &places, &good);
		}
	print_row(scenario, phase, kind->name, places, good);
}

#endif

static void fail_effects(const struct scenario *scenario, enum phase phase, enum fake_call call, const char *name,
                         bool each)
{
	size_t places = 0, good = 0;

	for (size_t i = 0; i <= ARRAY_SIZE(errors); i++)
		for (unsigned int n = each ? 1 : 0;; n++) {
			bool silent = i == ARRAY_SIZE(errors); /* success is reported, and nothing happens */
			struct fake_fault fault = { .call = call, .nth = n, .error = silent ? 0 : -errors[i], .silent = silent };
			struct fake_kernel kernel;
			struct tree tree;
			const char *wrong;
			unsigned int seen;

			if (silent && call != FAKE_WRITE)
				break;
			make_machine(scenario, &tree, &kernel);
			before_phase(&kernel, phase);
			fake_kernel_fail(&kernel, fault);
			do_phase(&kernel, phase);
			seen = kernel.faults[0].seen;
			/* A driver that is missing or refuses does so all through the boot: trying again is no cure. */
			if (each || call == FAKE_WRITE)
				kernel.fault_count = 0;
			after_phase(&kernel, phase, false);
			wrong = judge(scenario, &kernel);
			if (seen && seen >= n) {
				places++;
				good += !wrong;
				if (wrong)
					printf("    %s %u, %s: %s\n", name, n, silent ? "silent" : strerrorname_np(errors[i]), wrong);
			}
			fake_kernel_done(&kernel);
			tree_done(&tree);
			if (!n || seen < n)
				break;
		}
	print_row(scenario, phase, name, places, good);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		every = strtoul(argv[1], NULL, 10);
	if (every == 0 || !trace_prepare())
		return 2;
	quiet_log();
	for (size_t i = 0; i < SCENARIOS; i++)
		for (int phase = PHASE_EARLY; phase < PHASES; phase++) {
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_WRITE, "one write to sysfs fails", true);
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_WRITE, "all writes to sysfs fail", false);
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_LOAD, "one module's load fails", true);
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_LOAD, "no module loads", false);
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_TAKE, "vfio refuses one device", true);
			fail_effects(&scenarios[i], (enum phase)phase, FAKE_TAKE, "vfio refuses all devices", false);
#ifdef __x86_64__
			for (size_t j = 0; j < ARRAY_SIZE(kinds); j++)
				fail_calls(&scenarios[i], (enum phase)phase, &kinds[j]);
#endif
		}
	printf("%zu passed, %zu failed\n", rows_good, rows_bad);
	return rows_bad > 0;
}
