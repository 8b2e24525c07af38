/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early_supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apply/record.h"
#include "base/log.h"
#include "base/root.h"
#include "host/stuck.h"

#define GIVE_BACK_USEC (5 * UINT64_C(1000000)) /* of the deadline, kept for giving back; a quarter of less */
#define STEP_SHARE 3                           /* a step that takes a third of what is left is stuck */
#define STEP_USEC_MIN 50000
#define WORKERS_MAX 8 /* each but the first is there because a step of the one before did not return */

/* What a child tells its parent through memory that both see: no call that could be held up. */
struct pulse {
	_Atomic bool in_step;
	_Atomic uint64_t since; /* of that step: microseconds, CLOCK_MONOTONIC */
	char target[STEP_TEXT_MAX];
};

struct supervisor {
	struct effects *effects;
	uint64_t begin, deadline;
	struct pulse *pulse;
	sigset_t signals;
};

static pid_t parent; /* a worker whose parent died must not signal somebody else */
static struct pulse *pulse_of_parent;

static uint64_t now_usec(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Milliseconds as the value of a signal, which wakes the parent, too. */
void supervisor_tell_timeout(uint64_t usec)
{
	if (getppid() == parent)
		sigqueue(parent, SIGUSR1, (union sigval){ .sival_int = (int)(usec / 1000) });
}

static void tell_step(const struct effects *effects, const char *target)
{
	struct pulse *pulse = pulse_of_parent;

	(void)effects;
	atomic_store(&pulse->in_step, false);
	if (!target)
		return;
	snprintf(pulse->target, sizeof(pulse->target), "%s", target);
	atomic_store(&pulse->since, now_usec());
	atomic_store(&pulse->in_step, true);
}

enum ending { ENDED_WELL, ENDED_BADLY, STILL_RUNNING };

static uint64_t give_back_time(const struct supervisor *supervisor)
{
	return supervisor->deadline / 4 < GIVE_BACK_USEC ? supervisor->deadline / 4 : GIVE_BACK_USEC;
}

/* Until when a worker may run as things stand: the end of its time, or that of the step it is in. */
static uint64_t limit_of(const struct supervisor *supervisor, uint64_t end)
{
	const struct pulse *pulse = supervisor->pulse;
	uint64_t since = atomic_load(&pulse->since), share;

	if (!atomic_load(&pulse->in_step) || since >= end)
		return end;
	share = (end - since) / STEP_SHARE;
	return since + (share < STEP_USEC_MIN ? STEP_USEC_MIN : share);
}

/* Waits for a child. end is 0 for a worker, which may move the deadline. */
static enum ending wait_for(struct supervisor *supervisor, pid_t child, uint64_t end)
{
	for (;;) {
		uint64_t now = now_usec(), limit = end, left;
		siginfo_t info;
		int status, number;
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? ENDED_WELL : ENDED_BADLY;
		if (ended < 0)
			return ENDED_BADLY; /* not ours to wait for, for whatever reason: nor to kill */
		if (!end)
			limit = limit_of(supervisor, supervisor->begin + supervisor->deadline - give_back_time(supervisor));
		if (limit <= now)
			return STILL_RUNNING;
		left = limit - now;
		/* A worker enters a step and ends it without waking us; its limit is looked at when the time is up, and
		 * before: a step that begins now may have less than what is left. */
		if (!end && left > supervisor->deadline / 16)
			left = supervisor->deadline / 16;
		number = sigtimedwait(&supervisor->signals, &info, &(struct timespec){
			.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000) });
		if (number == SIGUSR1 && info.si_pid == child && info.si_value.sival_int > 0)
			supervisor->deadline = (uint64_t)info.si_value.sival_int * 1000;
	}
}

/*
 * Runs work in a child. A child that outlives its time is killed, and not waited for: it may be stuck in the
 * kernel, where no signal reaches it. stuck: what the child is to leave alone, NULL nothing new; why: what became
 * of the child before. It is the new child that logs it, because a log can hold up whoever writes to it.
 */
static enum ending run_child(struct supervisor *supervisor, supervised_work *work, uint64_t end, const char *stuck,
                             const char *why)
{
	enum ending ending;
	pid_t child;

	atomic_store(&supervisor->pulse->in_step, false);
	child = fork();
	if (child < 0) {
		log_error("cannot fork: %s", strerror(errno)); /* there is nobody else */
		return ENDED_BADLY;
	}
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, &supervisor->signals, NULL);
		if (!end)
			supervisor->effects->on_step = tell_step;
		if (stuck && stuck_add(supervisor->effects->root, stuck) < 0)
			_exit(EXIT_FAILURE); /* who would not know what to leave alone would hang as well */
		if (why && stuck)
			log_error("%s: a step of it %s, see /" RECORD_PATH ": going on without it", stuck, why);
		else if (why)
			log_error("%s, see the last step in /" RECORD_PATH ": boot goes on", why);
		work(supervisor->effects);
		_exit(EXIT_SUCCESS);
	}
	ending = wait_for(supervisor, child, end);
	if (ending == STILL_RUNNING)
		kill(child, SIGKILL);
	return ending;
}

bool supervisor_run(struct effects *effects, supervised_work *work, supervised_work *give_back,
                    uint64_t deadline_usec)
{
	struct pulse own = { 0 };
	struct supervisor supervisor = {
		.effects = effects, .begin = now_usec(), .deadline = deadline_usec, .pulse = &own
	};
	void *shared = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char stuck[STEP_TEXT_MAX] = "";
	const char *why = NULL;
	enum ending ending = ENDED_BADLY;
	bool good;

	if (shared != MAP_FAILED) /* else no step is seen, and the whole time is one limit */
		supervisor.pulse = shared;
	pulse_of_parent = supervisor.pulse;
	parent = getpid();
	sigemptyset(&supervisor.signals);
	sigaddset(&supervisor.signals, SIGCHLD);
	sigaddset(&supervisor.signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &supervisor.signals, NULL);
	signal(SIGCHLD, SIG_DFL); /* whoever ignored it before us would have our children vanish unseen */

	for (int workers = 1; workers <= WORKERS_MAX; workers++) {
		ending = run_child(&supervisor, work, 0, stuck[0] ? stuck : NULL, why);
		good = workers == 1 && ending == ENDED_WELL;
		if (ending == ENDED_WELL || !atomic_load(&supervisor.pulse->in_step))
			break;
		snprintf(stuck, sizeof(stuck), "%s", supervisor.pulse->target);
		why = ending == STILL_RUNNING ? "does not return" : "ended early boot";
		if (now_usec() + STEP_USEC_MIN >= supervisor.begin + supervisor.deadline - give_back_time(&supervisor))
			break;
	}
	why = ending == ENDED_WELL ? NULL : ending == STILL_RUNNING ? "the deadline passed" : "ended before its time";
	if (!good)
		run_child(&supervisor, give_back, now_usec() + give_back_time(&supervisor), NULL, why);
	pulse_of_parent = NULL;
	if (shared != MAP_FAILED)
		munmap(shared, sizeof(own));
	return good;
}
