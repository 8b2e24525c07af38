/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modes/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "modes/guest.h"

#define LOOK_USEC 50000
#define LOOKS 40        /* two seconds for what a guest leaves running: swtpm, virtiofsd */
#define RETRIES 600     /* seconds: a device that somebody still has open */

static void wait_usec(long usec)
{
	const struct timespec time = { .tv_sec = usec / 1000000, .tv_nsec = usec % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

/* Descriptors of the caller's are the guest's, not the keeper's: a pipe would stay open for as long as it waits. */
static void close_all_but(const struct root *root, int kept)
{
	_cleanup_(names_done) struct names names = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (root_list(root, "proc/self/fd", &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t fd;

		if (parse_number(names.items[i], INT32_MAX, &fd) == 0 && fd > 2 && (int)fd != kept && (int)fd != root->fd)
			close((int)fd);
	}
}

static void wait_for_process(const struct root *root, int pidfd, const struct process *guest)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0) /* a kernel before 5.3 */
		while (process_lives(root, guest) != ANSWER_NO)
			wait_usec(1000000);
	else
		while (poll(&wait, 1, -1) < 0 && errno == EINTR)
			;
}

/* The kernel tells of a change of cgroup.events as of an exception (cgroup-v2.rst, "populated"). */
static void wait_for_cgroup(const struct root *root, const char *cgroup)
{
	char path[ROOT_PATH_MAX];

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/cgroup.events", cgroup);
	for (;;) {
		_cleanup_close_ int fd = root_openat(root, path, O_RDONLY, 0);
		struct pollfd wait = { .fd = fd, .events = POLLPRI };
		char text[256];

		/* It is to be read, or the kernel tells of nothing. Version 1 has no such file. */
		if ((fd >= 0 && read(fd, text, sizeof(text)) < 0) || cgroup_is_populated(root, cgroup) != ANSWER_YES)
			return;
		poll(&wait, 1, fd < 0 ? 1000 : 10000);
	}
}

static int settle(struct session *session, const char *name)
{
	_cleanup_(visit_done) struct visit visit = { .lock = -1 };
	const struct lease *lease;

	if (visit_open_only(session, &visit) != EXIT_GOOD)
		return -EAGAIN;
	lease = leases_find(&visit.guests.leases, name);
	/* Not one of this name that has begun since. */
	if (lease && lease_is_live(&session->root, lease) == ANSWER_NO)
		tenants_release(&visit.guests, name);
	visit.guests.note_count = 0; /* what it could not do is told by what follows */
	tenants_settle(&visit.guests);
	visit_tell(&visit);
	for (size_t i = 0; i < visit.guests.leases.count; i++)
		if (strcmp(visit.guests.leases.items[i]->record.lease.state, LEASE_RELEASING) == 0)
			return -EBUSY;
	return 0;
}

static void keep(struct session *session, const char *name, const struct process *guest, int pidfd, const char *cgroup)
{
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, "vfio-prep-keep");
	if (chdir("/") == 0)
		close_all_but(&session->root, pidfd);
	wait_for_process(&session->root, pidfd, guest);
	if (cgroup[0])
		wait_for_cgroup(&session->root, cgroup);
	for (unsigned int i = 0; i < RETRIES && settle(session, name) < 0; i++)
		wait_usec(1000000);
	_exit(EXIT_SUCCESS);
}

int keeper_start(struct session *session, const char *name, pid_t guest, const char *cgroup, int lock, int go)
{
	struct process process;
	pid_t keeper;
	int pidfd, r = process_read(&session->root, (uint64_t)guest, &process);

	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, guest, 0);
	keeper = fork();
	r = keeper < 0 ? -errno : 0;
	if (keeper == 0) {
		close(lock);
		close(go);
		keep(session, name, &process, pidfd, cgroup);
	}
	if (pidfd >= 0)
		close(pidfd);
	return r;
}

/* True while processes of the guest are left, its own has ended. */
static bool is_left(struct session *session, const char *name)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(leases_done) struct leases leases = { 0 };
	const struct lease *lease;

	if (host_read_kernel(&session->root, &host) < 0 || leases_read(&session->root, host.boot_id, &leases) < 0)
		return false;
	lease = leases_find(&leases, name);
	return lease && lease_is_live(&session->root, lease) == ANSWER_YES;
}

int keeper_give_back(struct session *session, const char *name)
{
	for (unsigned int i = 0; i < LOOKS && is_left(session, name); i++)
		wait_usec(LOOK_USEC);
	for (unsigned int i = 0;; i++) {
		int r = settle(session, name);

		if (r == 0 || i == LOOKS / 10)
			return r;
		wait_usec(500000);
	}
}
