/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --snapshot FILE: what the other modes read, for a bug report. Changes nothing but FILE. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/record.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "host/unified.h"
#include "modes/modes.h"
#include "report/advised.h"
#include "snapshot/recorder.h"
#include "snapshot/snapshot.h"
#include "snapshot/tar.h"

/* The modes that only read: run with somebody looking on, each of them says by itself what belongs in a snapshot. */
static const struct {
	int (*run)(const struct options *options);
	bool now;
} readers[] = {
	{ mode_check, false }, { mode_plan, false },     { mode_plan, true },
	{ mode_list, false },  { mode_topology, false }, { mode_advise, false },
	{ mode_import, false },
};

/* What they print goes nowhere, nor what they complain of: it will be told again where the snapshot is read. */
static int silence(int saved[2])
{
	_cleanup_close_ int nowhere = memfd_create("vfio-prep", MFD_CLOEXEC);

	fflush(stdout);
	saved[0] = dup(STDOUT_FILENO);
	saved[1] = dup(STDERR_FILENO);
	if (nowhere < 0 || saved[0] < 0 || saved[1] < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
	    dup2(nowhere, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static void speak_again(const int saved[2])
{
	fflush(stdout);
	for (int i = 0; i < 2; i++)
		if (saved[i] >= 0) {
			dup2(saved[i], i ? STDERR_FILENO : STDOUT_FILENO);
			close(saved[i]);
		}
}

/*
 * Everything that is read for any config: whoever gets the snapshot may try another one on it. What host_read says of
 * the machine stays in session->host.
 */
static int read_all(struct session *session)
{
	_cleanup_(advised_done) struct advised advised = { 0 };
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_free_ char *early_config = NULL;
	struct config config = session->config; /* shared but for one word of it */
	bool in_unified;
	size_t size;

	if (config.cpus.isolate == ISOLATE_NONE)
		config.cpus.isolate = ISOLATE_AUTO;
	if (host_read(&session->root, &config, ~0U, &session->host) < 0 ||
	    advised_build(&session->root, &config, &session->host, &advised) < 0 ||
	    record_read(&session->root, &record) == -ENOMEM ||
	    root_read_all(&session->root, RECORD_CONFIG_PATH, CONFIG_SIZE_MAX, &early_config, &size) == -ENOMEM)
		return -ENOMEM;
	unified_rebuild(&session->root, &in_unified);
	return 0;
}

/* The config that was named stands where it would be found. */
static int add_config(const struct options *options, struct recording *recording)
{
	_cleanup_close_ int fd = options->config_file ? root_open_callers(options->config_file) : -EBADF;
	_cleanup_free_ char *bytes = NULL;
	size_t size;
	int r;

	if (!options->config_file)
		return 0;
	r = fd < 0 ? fd : root_slurp(fd, CONFIG_SIZE_MAX, &bytes, &size);
	if (r == 0)
		recording_write(recording, CONFIG_PATH, bytes);
	return r;
}

static int collect(const struct options *options, struct session *session, struct recording *recording)
{
	struct recorder recorder;
	struct options quiet = *options;
	int r;

	recorder_make(&session->root, recording, &recorder);
	quiet.operand_count = 0;
	quiet.observer = session->root.observer = &recorder.observer;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		quiet.now = readers[i].now;
		readers[i].run(&quiet);
	}
	/* A config with errors is what the report may be about. */
	if (session_read_optional_config(&quiet, session) != EXIT_GOOD) {
		config_done(&session->config);
		session->config = (struct config){ 0 };
	}
	r = read_all(session);
	session->root.observer = NULL;
	return r;
}

/* The folder of a path, to be freed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

/* A file of this name is replaced as a whole. A node or a link is left: "/dev/null" must not become a file. */
static int write_file(const char *path, const char *bytes, size_t size)
{
	_cleanup_(root_done) struct root folder = { .fd = -1 };
	_cleanup_free_ char *directory = folder_of(path);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat stat;
	int r;

	if (strcmp(path, "-") == 0)
		return fwrite(bytes, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : -EIO;
	r = directory ? root_open(directory, &folder) : -ENOMEM;
	if (r < 0)
		return r;
	if (!*name || (fstatat(folder.fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(stat.st_mode)))
		return -EEXIST;
	return root_replace(&folder, name, bytes, size, 0644);
}

static int write_snapshot(const struct options *options, const struct recording *recording)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size, files = 0;
	FILE *out = open_memstream(&bytes, &size);
	int r = out ? tar_write(out, recording, &files) : -ENOMEM;

	if (out && fclose(out) == EOF && r == 0)
		r = -ENOMEM;
	if (r == 0)
		r = write_file(options->operands[0], bytes, size);
	if (r < 0) {
		complain("%s: %s", options->operands[0],
		         r == -EEXIST ? "it is no file; expected a name for one, or - for standard output" : strerror(-r));
		return EXIT_TROUBLE;
	}
	if (options->verbosity != VERBOSITY_QUIET)
		complain("wrote %s: %zu files; look into it before you send it (tar -xOf FILE prints all of it)",
		         strcmp(options->operands[0], "-") == 0 ? "the snapshot" : options->operands[0], files);
	return EXIT_GOOD;
}

int mode_snapshot(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(recording_done) struct recording recording = { 0 };
	_cleanup_(secrets_done) struct secrets secrets = { 0 };
	int saved[2] = { -1, -1 }, r = session_open(options, false, false, &session);

	if (r != EXIT_GOOD)
		return r;
	r = add_config(options, &recording);
	if (r < 0) {
		complain("%s: %s", options->config_file, strerror(-r));
		return EXIT_USAGE;
	}
	if (session.root.machine && geteuid() != 0)
		complain("warning: without root's rights much cannot be read, and is not in it: run it with sudo");
	r = silence(saved);
	if (r == 0)
		r = collect(options, &session, &recording);
	speak_again(saved);
	if (r == 0) {
		snapshot_trim(&session.host, &recording);
		secrets_read(&session.root, &session.host, &secrets);
		r = snapshot_hide(&secrets, &recording);
	}
	if (r < 0) {
		complain("%s", strerror(-r));
		return EXIT_TROUBLE;
	}
	recording_settle(&recording);
	return write_snapshot(options, &recording);
}
