/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fault tests that stop a child at its system calls share. */
#ifndef VFIO_PREP_TESTS_FAULTS_TRACED_H
#define VFIO_PREP_TESTS_FAULTS_TRACED_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_kernel.h"

/*
 * What the fake kernel does in answer to one write is one step of a real kernel: its own calls are no calls of the
 * program, and nothing kills in its middle.
 */
static volatile int *in_kernel;

static int (*fake_write)(const struct effects *effects, const char *path, const char *text);
static int (*fake_load)(const struct effects *effects, const char *module, char *note);

static inline int covered_write(const struct effects *effects, const char *path, const char *text)
{
	int r;

	*in_kernel = 1;
	r = fake_write(effects, path, text);
	*in_kernel = 0;
	return r;
}

static inline int covered_load(const struct effects *effects, const char *module, char *note)
{
	int r;

	*in_kernel = 1;
	r = fake_load(effects, module, note);
	*in_kernel = 0;
	return r;
}

/* False without memory that a child shares. */
static inline bool trace_prepare(void)
{
	in_kernel = mmap(NULL, sizeof(*in_kernel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return in_kernel != MAP_FAILED;
}

/* From now on until trace_uncover the fake kernel tells where it is. */
static inline void trace_cover(struct fake_kernel *kernel)
{
	fake_write = kernel->effects.write;
	fake_load = kernel->effects.load;
	kernel->effects.write = covered_write;
	kernel->effects.load = covered_load;
	*in_kernel = 0;
}

static inline void trace_uncover(struct fake_kernel *kernel)
{
	kernel->effects.write = fake_write;
	kernel->effects.load = fake_load;
}

/* In the child: stops until the parent looks on. */
static inline void trace_me(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
}

/* Kills the child, which called trace_me, at its n-th system call. False where it ended before. */
static inline bool trace_kill(pid_t child, unsigned long n)
{
	unsigned long calls = 0;
	bool entering = true;
	int status;

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

#endif
