/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/root.h"

#define OUTPUT_MAX (256 << 20)

/* The errno that writing to path would meet now: for a file, in making another one beside it. */
static int probe(const char *path)
{
	char copy[PATH_MAX], folder[PATH_MAX + 2];
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return -EISDIR;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return access(path, W_OK) < 0 ? -errno : 0;
	strcpy(copy, path);
	snprintf(folder, sizeof(folder), "%s/.", dirname(copy)); /* "/.": ENOTDIR where it is none */
	return access(folder, W_OK) < 0 ? -errno : 0;
}

int output_begin(const char *path, struct output *ret)
{
	_cleanup_close_ int memory = -1;
	int r;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= sizeof(ret->path))
		return -ENAMETOOLONG;
	if (!realpath(path, ret->path))
		strcpy(ret->path, path); /* a new file */
	r = probe(ret->path);
	if (r < 0)
		return r;
	memory = memfd_create("output", MFD_CLOEXEC);
	return memory < 0 || dup2(memory, STDOUT_FILENO) < 0 ? -errno : 0;
}

/* Ends with the descriptor closed. */
static int write_to_disk(int fd, const char *bytes, size_t size)
{
	FILE *file = fdopen(fd, "w");
	int r = 0;

	if (!file) {
		r = -errno;
		close(fd);
		return r;
	}
	errno = EIO;
	/* EINVAL: a FIFO or a device has nothing to synchronize (fsync(2)). */
	if (fwrite(bytes, 1, size, file) != size || fflush(file) == EOF || (fsync(fd) < 0 && errno != EINVAL))
		r = -errno;
	if (fclose(file) == EOF && r == 0)
		r = -errno;
	return r;
}

/* A name that nobody can have put there before, as the folder may be of another user. */
static int replace(const char *path, const char *bytes, size_t size)
{
	const char *slash = strrchr(path, '/');
	int directory = slash ? (int)(slash - path) + 1 : 0, fd, r;
	char fresh[PATH_MAX];

	if ((size_t)snprintf(fresh, sizeof(fresh), "%.*s.%s.XXXXXX", directory, path, path + directory) >= sizeof(fresh))
		return -ENAMETOOLONG;
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0644) < 0 ? -errno : 0; /* mkostemp(3): 0600, whatever the umask */
	if (r < 0)
		close(fd);
	else
		r = write_to_disk(fd, bytes, size);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(fresh);
	return r;
}

int output_commit(const struct output *output)
{
	_cleanup_free_ char *bytes = NULL;
	struct stat status;
	size_t size;
	int fd, r;

	if (lseek(STDOUT_FILENO, 0, SEEK_SET) < 0)
		return -errno;
	r = root_slurp(STDOUT_FILENO, OUTPUT_MAX, &bytes, &size);
	if (r < 0)
		return r;
	if (stat(output->path, &status) < 0 || S_ISREG(status.st_mode))
		return replace(output->path, bytes, size);
	fd = open(output->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : write_to_disk(fd, bytes, size);
}
