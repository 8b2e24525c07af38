/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread that never sleeps, as a busy vCPU does not, loses of its CPU: spin CPU SECONDS.
 * Prints three numbers: how long it waited while others had the CPU (per cent of the time, by the kernel's
 * own account), the CPU's timer interrupts and the thread's involuntary context switches a second.
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Nanoseconds that this process was ready to run and did not: the second number of its schedstat. */
static long long waited_ns(void)
{
	long long waited;
	FILE *file = fopen("/proc/self/schedstat", "re");

	if (!file || fscanf(file, "%*d %lld", &waited) != 1)
		err(1, "/proc/self/schedstat");
	fclose(file);
	return waited;
}

/* The local timer interrupts of a CPU since boot: its column in the line "LOC:". */
static long ticks_of(int cpu)
{
	char line[8192];
	long ticks = -1;
	FILE *file = fopen("/proc/interrupts", "re");

	if (!file)
		err(1, "/proc/interrupts");
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "LOC:");

		if (!at)
			continue;
		at += strlen("LOC:");
		for (int column = 0; column <= cpu; column++)
			ticks = strtol(at, &at, 10);
	}
	fclose(file);
	return ticks;
}

int main(int argc, char **argv)
{
	struct rusage before, after;
	long long start, waited;
	long ticks;
	cpu_set_t set;
	int cpu, seconds;

	if (argc != 3)
		errx(2, "usage: spin CPU SECONDS");
	cpu = atoi(argv[1]);
	seconds = atoi(argv[2]);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(1, "CPU %d", cpu);

	waited = waited_ns();
	ticks = ticks_of(cpu);
	getrusage(RUSAGE_SELF, &before);
	start = now_ns();
	while (now_ns() - start < seconds * 1000000000LL)
		;
	getrusage(RUSAGE_SELF, &after);
	ticks = ticks_of(cpu) - ticks;
	waited = waited_ns() - waited;

	printf("%.2f %.1f %.1f\n", (double)waited / seconds / 1e7, (double)ticks / seconds,
	       (double)(after.ru_nivcsw - before.ru_nivcsw) / seconds);
	return 0;
}
