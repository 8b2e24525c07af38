/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one gate to files. Every path that a program opens is looked up below a root directory, and no
 * symbolic link or ".." leads out of it: so any directory tree can stand in for a machine.
 *
 * Paths are relative to the root ("sys/bus/pci/devices"). Functions return 0 or a count, or a negative
 * errno; outputs are written only on success.
 */
#ifndef VFIO_PREP_BASE_ROOT_H
#define VFIO_PREP_BASE_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ROOT_PATH_MAX 512    /* the longest path that this project puts together, with its NUL */
#define ROOT_ATTRIBUTE 4097  /* sysfs gives a page at most (Documentation/filesystems/sysfs.rst) */

struct names;

/* Is told what is looked at below a root: so that all that a report was made of can be collected. */
struct root_observer {
	/* After each open below the root: its flags, and the descriptor or negative errno. It has not been read yet. */
	void (*opened)(struct root_observer *observer, const char *path, int flags, int result);
	/* The names that root_list and root_list_folders are about to return. */
	void (*listed)(struct root_observer *observer, const char *path, const struct names *names);
};

struct root {
	int fd;       /* O_PATH descriptor of the directory */
	bool machine; /* the running machine itself, "/" */
	bool walk;    /* the kernel has no openat2 (before 5.6, or a seccomp filter): resolve by hand */
	struct root_observer *observer; /* NULL: nobody looks on */
};

/* Opens directory as a root. -ENOENT, -ENOTDIR, -EACCES as open(2). */
int root_open(const char *directory, struct root *ret);
void root_done(struct root *root);

/* open(2) below the root, always with O_CLOEXEC. Returns a descriptor. */
int root_openat(const struct root *root, const char *path, int flags, mode_t mode);

/* The file that the caller itself named on its command line: the one path outside of every root. */
int root_open_callers(const char *path);

bool root_exists(const struct root *root, const char *path);

/*
 * Reads an attribute in one read(2) and ends it with a NUL, a final newline cut off. Returns its length;
 * -EFBIG where it does not fit into size - 1 bytes.
 */
ssize_t root_read(const struct root *root, const char *path, char *buffer, size_t size);

/* Reads a descriptor to its end, at most limit bytes (-EFBIG over it). *ret is NUL-ended, to be freed. */
int root_slurp(int fd, size_t limit, char **ret, size_t *ret_size);

/* root_slurp of a path. */
int root_read_all(const struct root *root, const char *path, size_t limit, char **ret, size_t *ret_size);

/* The text of a symbolic link (not followed). -EINVAL where path is none, -ENAMETOOLONG. */
int root_readlink(const struct root *root, const char *path, char *buffer, size_t size);

/* The last component of what a symbolic link says: the name of a driver, a group, a device. */
int root_link_name(const struct root *root, const char *path, char *buffer, size_t size);

/* The same rules for a path put together from two parts, "%s/%s". -ENAMETOOLONG over ROOT_PATH_MAX. */
int root_path(char *path, const char *directory, const char *name);

/*
 * Writes an attribute of sysfs or proc: O_WRONLY, never created or truncated, one write(2); a short
 * write is -EIO.
 */
int root_write(const struct root *root, const char *path, const char *text);

/* Replaces a file as a whole: readers see the old content or the new, never a part. */
int root_replace(const struct root *root, const char *path, const char *bytes, size_t size, mode_t mode);

/* unlink(2); that there is no such file is success. */
int root_remove(const struct root *root, const char *path);

/* mkdir(2); an existing directory is success. */
int root_mkdir(const struct root *root, const char *path, mode_t mode);

/*
 * The names in a directory without "." and "..", in the order of their numbers and letters (strverscmp): the
 * order of the directory is the kernel's hash of this boot, and "the first one" would be another one in a copy.
 */
struct names {
	char **items;
	size_t count;
};

int root_list(const struct root *root, const char *path, struct names *ret);

/* Only the directories in it: no files, and no links to directories. */
int root_list_folders(const struct root *root, const char *path, struct names *ret);
void names_done(struct names *names);

#endif
