/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --run: a guest with what it asks for, from its start to its end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/slices.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "modes/guest.h"
#include "modes/keeper.h"
#include "modes/run.h"

/* What a shell says of a command that cannot be run (POSIX, sh, "Exit Status for Commands"). */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* Those that an administrator or a service manager sends to the command that runs. */
static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH };

struct run {
	const struct options *options;
	struct session *session;
	const struct vm_section *vm;
	char *const *command;
	sigset_t mask; /* as the caller had it, and the guest gets it */
	struct sigaction pipe, child;
	pid_t guest;
	int go; /* written to when the guest may begin; closed without that, it does not */
};

/* Becomes the command; else the exit code for that. */
static int become_command(const struct run *run)
{
	int r;

	execvp(run->command[0], run->command);
	r = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	complain("%s: %s", run->command[0], strerror(errno));
	return r;
}

/* Switched off: as if we were not there. */
static int run_alone(const struct run *run)
{
	if (run->options->verbosity != VERBOSITY_QUIET)
		complain("enabled = no in [vfio-prep]: nothing is acquired for %s", run->vm->name);
	fflush(stdout);
	return become_command(run);
}

static void be_guest(const struct run *run, int go)
{
	char letter;

	/* In the same process group and with the same terminal as we: what is typed reaches both. */
	if (read(go, &letter, 1) != 1)
		_exit(EXIT_TROUBLE);
	sigaction(SIGPIPE, &run->pipe, NULL);
	sigaction(SIGCHLD, &run->child, NULL);
	sigprocmask(SIG_SETMASK, &run->mask, NULL);
	_exit(become_command(run));
}

/* A process for the guest, which waits for its go. It shares the lock only for as long as it takes to close it. */
static int fork_guest(struct run *run, const struct visit *visit)
{
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	fflush(stdout);
	run->guest = fork();
	if (run->guest == 0) {
		close(visit->lock);
		close(go[1]);
		be_guest(run, go[0]);
	}
	close(go[0]);
	if (run->guest < 0) {
		int error = errno;

		close(go[1]);
		return -error;
	}
	run->go = go[1];
	return 0;
}

/* The guest's own place, out of its caller's session. cgroup: RECORD_CGROUP_MAX bytes; "" where there is none. */
static int give_place(const struct run *run, struct visit *visit, char *cgroup)
{
	struct cpus cpus = run->vm->cpus, isolated = { 0 };
	char note[EFFECT_NOTE_MAX] = "", description[CONFIG_NAME_MAX + 32];
	int r;

	/* On CPUs that the scheduler does not balance all of its threads would stay on the first: who starts it pins
	 * them. */
	r = tuning_read_set(&run->session->root, "sys/devices/system/cpu/isolated", &isolated);
	cgroup[0] = '\0';
	if (r == 0 && cpus_overlap(&cpus, &isolated))
		cpus = (struct cpus){ 0 };
	snprintf(description, sizeof(description), "Guest %s of vfio-prep", run->vm->name);
	r = scope_start(&run->session->root, run->vm->name, run->guest, &cpus, description, note);
	if (r == -EOPNOTSUPP) {
		complain("warning: %s: it runs in its caller's place: %s", run->vm->name, note[0] ? note : strerror(-r));
		return 0;
	}
	if (r < 0) {
		tenants_tell(&visit->guests, run->vm->name, "its scope: %s", note[0] ? note : strerror(-r));
		return r;
	}
	return process_cgroup(&run->session->root, (uint64_t)run->guest, cgroup, RECORD_CGROUP_MAX);
}

/* Everything up to the go, under the lock. 0, or a negative errno: then nothing is left of it. */
static int prepare(struct run *run, struct visit *visit)
{
	struct process self, guest;
	char cgroup[RECORD_CGROUP_MAX];
	enum hold hold;
	int r = process_read(&run->session->root, (uint64_t)getpid(), &self);

	if (r == 0)
		r = tenants_acquire(&visit->guests, run->vm, &self, true, &hold);
	if (r < 0)
		return r;
	r = fork_guest(run, visit);
	if (r == 0)
		r = give_place(run, visit, cgroup);
	if (r == 0)
		r = process_read(&run->session->root, (uint64_t)run->guest, &guest);
	if (r == 0)
		r = keeper_start(run->session, run->vm->name, run->guest, cgroup, visit->lock, run->go);
	if (r == 0)
		r = tenants_hold(&visit->guests, run->vm->name, &guest, cgroup);
	if (r == 0 && signals_wait())
		r = -EINTR;
	if (r == 0)
		return 0;
	tenants_tell(&visit->guests, run->vm->name, "not started: %s", strerror(-r));
	if (run->go >= 0)
		close(run->go);
	run->go = -1;
	if (run->guest > 0)
		waitpid(run->guest, NULL, 0);
	tenants_release(&visit->guests, run->vm->name);
	return r;
}

bool run_hands_on(const siginfo_t *info)
{
	if (info->si_signo == SIGCHLD)
		return false;
	/* The end of a terminal's line is told to its session's leader alone (drivers/tty, tty_signal_session_leader()). */
	return info->si_code != SI_KERNEL || (info->si_signo == SIGHUP && getsid(0) == getpid());
}

/* Until the guest ends; its wait status. Signals of the terminal it has got by itself. */
static int wait_for_guest(const struct run *run)
{
	sigset_t set;
	siginfo_t info;
	int status = 0;
	pid_t ended;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	while ((ended = waitpid(run->guest, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
		int signal_number = sigwaitinfo(&set, &info);

		if (signal_number > 0 && run_hands_on(&info))
			kill(run->guest, signal_number);
	}
	return status;
}

static int run_command(struct run *run)
{
	_cleanup_(visit_done) struct visit visit = { .lock = -1 };
	sigset_t set;
	int r, status;

	r = visit_open(run->session, &visit);
	if (r != EXIT_GOOD)
		return r;
	if (leases_find(&visit.guests.leases, run->vm->name)) {
		char holder[LEASE_HOLDER_MAX];

		complain("%s: it is held by %s", run->vm->name,
		         lease_holder(&run->session->root, leases_find(&visit.guests.leases, run->vm->name), holder));
		return EXIT_UNMET;
	}
	r = prepare(run, &visit);
	visit_tell(&visit);
	if (r < 0) {
		complain("%s: the command is not run", run->vm->name);
		return visit_exit_code(r);
	}
	visit_done(&visit);
	/* From here on its end, however it comes, is what gives back. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (write(run->go, "g", 1) != 1)
		complain("%s: it cannot be started: %s", run->vm->name, strerror(errno));
	close(run->go);
	status = wait_for_guest(run);
	if (keeper_give_back(run->session, run->vm->name) < 0)
		complain("%s: not all of it is given back: the next call tries again", run->vm->name);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int mode_run(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	struct run run = { .options = options, .session = &session, .go = -1 };
	struct held_signals held;
	int r = session_open(options, true, true, &session);

	if (r != EXIT_GOOD)
		return r;
	run.vm = find_vm(&session.config, options->operands[0]);
	if (!run.vm)
		return EXIT_USAGE;
	/* With POSIXLY_CORRECT set the parser leaves the mark in its place. */
	run.command = options->operands + 1 + (strcmp(options->operands[1], "--") == 0);
	if (!run.command[0]) {
		complain("--run; expected --run NAME -- COMMAND...");
		return EXIT_USAGE;
	}
	if (!session.config.enabled)
		return run_alone(&run);
	/* Who calls us may ignore it, and then the kernel would keep the guest's status from us (wait(2)). */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &run.child);
	signals_hold(&held);
	run.mask = held.mask;
	run.pipe = held.pipe;
	return run_command(&run);
}
