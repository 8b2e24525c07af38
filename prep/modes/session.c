/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "apply/record.h"
#include "base/cleanup.h"
#include "host/usage.h"
#include "modes/modes.h"
#include "plan/tuning.h"
#include "report/names.h"

void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void complain(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs("vfio-prep: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* A path that cannot be what is meant, against one that may not be read now. */
static bool is_usage_error(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EISDIR || error == -EFBIG || error == -ELOOP ||
	       error == -ENAMETOOLONG;
}

static int open_config(const struct options *options, const struct root *root, char *name, size_t size)
{
	const char *directory = strcmp(options->root_directory, "/") == 0 ? "" : options->root_directory;

	if (options->config_file) {
		snprintf(name, size, "%s", options->config_file);
		return root_open_callers(options->config_file);
	}
	snprintf(name, size, "%s/" CONFIG_PATH, directory);
	return root_openat(root, CONFIG_PATH, O_RDONLY, 0);
}

static int load_config(const struct options *options, bool changes, struct session *session)
{
	const struct config *config = &session->config;
	char name[ROOT_PATH_MAX];
	_cleanup_close_ int fd = open_config(options, &session->root, name, sizeof(name));
	int r = fd < 0 ? fd : config_read(fd, &session->config);

	if (fd == -ENOENT) {
		complain("%s: there is no config; vfio-prep --suggest ADDR prints one, --config FILE names another", name);
		return EXIT_USAGE;
	}
	if (r < 0) {
		complain("%s: %s%s", name, strerror(-r), r == -EFBIG ? "; expected at most a megabyte" : "");
		return is_usage_error(r) ? EXIT_USAGE : EXIT_TROUBLE;
	}
	for (size_t i = 0; i < config->error_count; i++)
		if (config->errors[i].line)
			fprintf(stderr, "%s:%u: %s\n", name, config->errors[i].line, config->errors[i].text);
		else
			fprintf(stderr, "%s: %s\n", name, config->errors[i].text);
	if (config->error_count) {
		complain("%s has %zu error%s: nothing of it is used", name, config->error_count,
		         config->error_count == 1 ? "" : "s");
		return EXIT_USAGE;
	}
	if (changes && config->unsafe[0]) {
		complain("%s: %s; nothing is done", name, config->unsafe);
		return EXIT_USAGE;
	}
	return EXIT_GOOD;
}

int session_open(const struct options *options, bool with_config, bool changes, struct session *ret)
{
	int r;

	*ret = (struct session){ .config_file = options->config_file, .style = style_make(stdout, options->color) };
	r = root_open(options->root_directory, &ret->root);
	if (r < 0) {
		complain("--root %s: %s", options->root_directory, strerror(-r));
		return is_usage_error(r) ? EXIT_USAGE : EXIT_TROUBLE;
	}
	ret->rooted = true;
	ret->root.observer = options->observer;
	ret->names = names_open();
	if (!ret->names) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	return with_config ? load_config(options, changes, ret) : EXIT_GOOD;
}

int session_read_optional_config(const struct options *options, struct session *session)
{
	if (!options->config_file && !root_exists(&session->root, CONFIG_PATH))
		return EXIT_GOOD;
	return load_config(options, false, session);
}

int session_read_host(struct session *session, unsigned int scope)
{
	if (host_read(&session->root, &session->config, scope, &session->host) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	return EXIT_GOOD;
}

int session_read_leases(struct session *session)
{
	int r = leases_read(&session->root, session->host.boot_id, &session->leases);

	if (r == 0)
		r = leases_mark_pages(&session->leases, &session->host.memory);
	if (r == -ENOMEM) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (r < 0)
		complain("warning: /" LEASE_DIRECTORY ": %s: what guests have is not known", strerror(-r));
	return EXIT_GOOD;
}

void session_done(struct session *session)
{
	leases_done(&session->leases);
	host_done(&session->host);
	config_done(&session->config);
	names_close(session->names);
	if (session->rooted)
		root_done(&session->root);
}

void warn_default_route(const struct plan *plan, const struct host *host)
{
	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct pci_function *function = &host->pci.functions[plan->goals.items[i].function];
		char address[PCI_ADDRESS_MAX];

		if (plan->goals.items[i].guard == GUARD_NONE && function->detail->usage & USAGE_DEFAULT_ROUTE)
			complain("warning: %s carries the default route: this host may lose its network",
			         pci_address_format(&function->address, address));
	}
}

void warn_tuning(const struct session *session, const struct plan *plan)
{
	unsigned int lacks = tuning_lacks(&plan->isolation, &session->config, &session->host);

	if (lacks & LACK_FREQUENCY)
		complain("[cpus]: governor: the kernel drives no CPU's frequency here (no cpufreq): left alone");
	if (lacks & LACK_IDLE)
		complain("[cpus]: max-latency: the kernel has no idle states to choose from here (no cpuidle): left alone");
}

#define LOCK_PATH RUN_DIRECTORY "/lock"
#define LOCK_LOOK_USEC 20000
#define LOCK_LOOKS (120 * 1000000 / LOCK_LOOK_USEC) /* two minutes: the kernel clears 1G pages at some 10 GB a second */

/*
 * The kernel drops the lock with the last descriptor of it: who is killed leaves none behind. Who has it is in the
 * file, for those who wait. 0; -EWOULDBLOCK where it is not to be had, which is told; the errno of flock(2).
 */
static int wait_for_lock(const struct root *root, int fd)
{
	const struct timespec look = { .tv_nsec = LOCK_LOOK_USEC * 1000L };
	char holder[32] = "";

	for (unsigned int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (i == LOCK_LOOKS || i == 2 * 1000000 / LOCK_LOOK_USEC) {
			if (root_read(root, LOCK_PATH, holder, sizeof(holder)) < 0)
				holder[0] = '\0';
			complain("%s process %s, which changes this machine now",
			         i == LOCK_LOOKS ? "gave up waiting for" : "waiting for", holder[0] ? holder : "(unknown)");
		}
		if (i == LOCK_LOOKS)
			return -EWOULDBLOCK;
		nanosleep(&look, NULL);
	}
	snprintf(holder, sizeof(holder), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, holder, strlen(holder), 0) < 0)
		return 0; /* no room in /run: it is for people only */
	return 0;
}

int begin_changes(const struct session *session, int *ret_lock)
{
	int fd, r;

	if (geteuid() != 0) {
		complain("this changes the machine, and only root may: run it with sudo");
		return EXIT_TROUBLE;
	}
	root_mkdir(&session->root, RUN_DIRECTORY, 0755);
	fd = root_openat(&session->root, LOCK_PATH, O_RDWR | O_CREAT, 0600);
	r = fd < 0 ? fd : wait_for_lock(&session->root, fd);
	if (r < 0) {
		complain("/" LOCK_PATH ": %s", strerror(-r));
		if (fd >= 0)
			close(fd);
		return EXIT_TROUBLE;
	}
	*ret_lock = fd;
	return EXIT_GOOD;
}
