/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio-prep-early, run from the initramfs before udev. Whatever happens it exits 0, inside its deadline: a
 * worker does everything, and this parent does nothing that the kernel could let it wait for.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apply/effects.h"
#include "base/log.h"
#include "base/root.h"
#include "early.h"
#include "version.h"

#define DEADLINE_USEC (20 * UINT64_C(1000000)) /* until the config says otherwise */
#define GIVE_BACK_USEC (5 * UINT64_C(1000000)) /* of that, kept for giving back; a quarter of less */

static pid_t supervisor; /* the parent: a worker whose parent died must not signal somebody else */
static uint64_t deadline = DEADLINE_USEC;

static const char help[] =
	"Usage: vfio-prep-early [--late ROOT | --release]\n"
	"\n"
	"Prepares the devices of /etc/vfio-prep.conf in early boot, before udev: run by the initramfs.\n"
	"Always exits 0 and never holds the boot longer than the config's timeout. On a running system use\n"
	"vfio-prep(8).\n"
	"\n"
	"  --late ROOT  after the root is mounted at ROOT: storage, USB, and devices that appeared since\n"
	"  --release    the root does not appear: gives every device back to the host\n"
	"  --help       this text\n"
	"  --version    the version\n"
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
	if (getppid() == supervisor)
		sigqueue(supervisor, SIGUSR1, (union sigval){ .sival_int = (int)(usec / 1000) });
}

enum ending { ENDED_WELL, ENDED_BADLY, STILL_RUNNING };

static uint64_t give_back_time(void)
{
	return deadline / 4 < GIVE_BACK_USEC ? deadline / 4 : GIVE_BACK_USEC;
}

/* Waits for a child until its limit. A worker (limit 0) may move the deadline, and has what giving back leaves. */
static enum ending wait_until(pid_t child, uint64_t begin, uint64_t limit, const sigset_t *signals)
{
	for (;;) {
		uint64_t end = begin + (limit ? limit : deadline - give_back_time());
		uint64_t now = now_usec(), left = end > now ? end - now : 0;
		struct timespec timeout = { .tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000) };
		siginfo_t info;
		int status, number;
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ENDED_WELL : ENDED_BADLY;
		if (ended < 0)
			return ENDED_BADLY; /* not ours to wait for, for whatever reason: nor to kill */
		if (!left)
			return STILL_RUNNING;
		number = sigtimedwait(signals, &info, &timeout);
		if (number == SIGUSR1 && info.si_pid == child && info.si_value.sival_int > 0)
			deadline = (uint64_t)info.si_value.sival_int * 1000;
	}
}

/* Runs work in a child. A child that outlives its time is killed, and not waited for: it may be stuck in
 * the kernel, where no signal reaches it. */
static enum ending supervise(void (*work)(const struct effects *effects), const struct effects *effects, uint64_t limit)
{
	uint64_t begin = now_usec();
	enum ending ending;
	sigset_t signals;
	pid_t child;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGCHLD, SIG_DFL); /* whoever ignored it before us would have our children vanish unseen */
	supervisor = getpid();
	child = fork();
	if (child < 0) {
		log_error("cannot fork: %s", strerror(errno));
		return ENDED_BADLY;
	}
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		work(effects);
		_exit(EXIT_SUCCESS);
	}
	ending = wait_until(child, begin, limit, &signals);
	if (ending == STILL_RUNNING)
		kill(child, SIGKILL);
	return ending;
}

static const char *late_root;

static void work(const struct effects *effects)
{
	if (late_root)
		early_late(effects, late_root, tell_timeout);
	else
		early_work(effects, tell_timeout);
}

int main(int argc, char **argv)
{
	struct effects effects;
	struct root root;
	enum ending ending;
	bool release = false;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("vfio-prep-early " VFIO_PREP_VERSION);
		return EXIT_SUCCESS;
	}
	if (root_open("/", &root) < 0)
		return EXIT_SUCCESS;
	log_to_kernel(&root);
	effects_live(&root, &effects);
	if (argc == 3 && strcmp(argv[1], "--late") == 0) {
		late_root = argv[2];
	} else if (argc == 2 && strcmp(argv[1], "--release") == 0) {
		release = true;
	} else if (argc > 1) {
		log_error("unknown arguments '%s'; expected none, --late ROOT or --release", argv[1]);
		return EXIT_SUCCESS;
	}
	ending = supervise(release ? early_release : work, &effects, 0);
	if (ending != ENDED_WELL) {
		log_error(ending == STILL_RUNNING ? "the deadline passed, see the last step in /run/vfio-prep/record: boot goes on" :
		          "ended before its time, see the last step in /run/vfio-prep/record: boot goes on");
		supervise(early_give_back, &effects, give_back_time());
	}
	root_done(&root);
	return EXIT_SUCCESS;
}
