/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio-prep-early, run from the initramfs before udev. Whatever happens it exits 0, inside its deadline: a
 * worker does everything, and this parent does nothing that the kernel could let it wait for.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/root.h"
#include "early.h"
#include "version.h"

#define DEADLINE_USEC (20 * UINT64_C(1000000)) /* until the config says otherwise */
#define GIVE_BACK_USEC (5 * UINT64_C(1000000))

static const char help[] =
	"Usage: vfio-prep-early\n"
	"\n"
	"Prepares the devices of /etc/vfio-prep.conf in early boot, before udev: run by the initramfs.\n"
	"Always exits 0 and never holds the boot longer than the config's timeout. On a running system use\n"
	"vfio-prep(8).\n"
	"\n"
	"  --help     this text\n"
	"  --version  the version\n"
	"\n"
	"Kernel command line: vfio_prep=off, vfio_prep=plan, vfio_prep.skip=ADDRESS[,ADDRESS]\n";

static uint64_t now_usec(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The worker tells the parent its deadline: milliseconds as the value of a signal. */
static void tell_timeout(uint64_t usec)
{
	sigqueue(getppid(), SIGUSR1, (union sigval){ .sival_int = (int)(usec / 1000) });
}

enum ending { ENDED_WELL, ENDED_BADLY, STILL_RUNNING };

/* Waits for a child until its deadline, which the child itself may move. */
static enum ending wait_until(pid_t child, uint64_t begin, uint64_t limit, const sigset_t *signals)
{
	for (;;) {
		uint64_t now = now_usec(), left = begin + limit > now ? begin + limit - now : 0;
		struct timespec timeout = { .tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000) };
		siginfo_t info;
		int status, number;

		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ENDED_WELL : ENDED_BADLY;
		if (!left)
			return STILL_RUNNING;
		number = sigtimedwait(signals, &info, &timeout);
		if (number == SIGUSR1 && info.si_pid == child && info.si_value.sival_int > 0)
			limit = (uint64_t)info.si_value.sival_int * 1000;
	}
}

/* Runs work in a child. A child that outlives its time is killed, and not waited for: it may be stuck in
 * the kernel, where no signal reaches it. */
static enum ending supervise(void (*work)(const struct root *root), const struct root *root, uint64_t limit)
{
	uint64_t begin = now_usec();
	enum ending ending;
	sigset_t signals;
	pid_t child;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	child = fork();
	if (child < 0) {
		log_error("cannot fork: %s", strerror(errno));
		return ENDED_BADLY;
	}
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		work(root);
		_exit(EXIT_SUCCESS);
	}
	ending = wait_until(child, begin, limit, &signals);
	if (ending == STILL_RUNNING)
		kill(child, SIGKILL);
	return ending;
}

static void work(const struct root *root)
{
	early_work(root, tell_timeout);
}

int main(int argc, char **argv)
{
	struct root root;
	enum ending ending;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("vfio-prep-early " VFIO_PREP_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1) {
		log_error("unknown argument '%s'; expected none, --help or --version", argv[1]);
		return EXIT_SUCCESS;
	}
	if (root_open("/", &root) < 0)
		return EXIT_SUCCESS;
	log_to_kernel(&root);
	ending = supervise(work, &root, DEADLINE_USEC);
	if (ending != ENDED_WELL) {
		log_error(ending == STILL_RUNNING ? "the deadline passed, see the last step in /run/vfio-prep/record: boot goes on" :
		          "ended before its time, see the last step in /run/vfio-prep/record: boot goes on");
		supervise(early_give_back, &root, GIVE_BACK_USEC);
	}
	root_done(&root);
	return EXIT_SUCCESS;
}
