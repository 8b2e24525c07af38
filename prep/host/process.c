/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"
#include "base/root.h"

static ssize_t read_file(const struct root *root, uint64_t pid, const char *name, char *text, size_t size)
{
	char path[ROOT_PATH_MAX];

	snprintf(path, sizeof(path), "proc/%llu/%s", (unsigned long long)pid, name);
	return root_read(root, path, text, size);
}

int process_read(const struct root *root, uint64_t pid, struct process *ret)
{
	char text[ROOT_ATTRIBUTE], *rest, *word, state = 0;
	uint64_t threads = 0, start;
	ssize_t length = read_file(root, pid, "stat", text, sizeof(text));

	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	/* The name is in brackets, and may hold brackets and blanks itself. */
	rest = strrchr(text, ')');
	if (!rest)
		return -EBADMSG;
	rest++;
	for (unsigned int field = 3; (word = parse_word(&rest, " ")); field++) {
		if (field == 3)
			state = *word;
		else if (field == 20 && parse_number(word, UINT64_MAX, &threads) < 0)
			return -EBADMSG;
		else if (field == 22)
			break;
	}
	if (!word || parse_number(word, UINT64_MAX, &start) < 0)
		return -EBADMSG;
	/* Of a process whose first thread ended the others may go on. */
	if ((state == 'Z' || state == 'X') && threads <= 1)
		return -ESRCH;
	*ret = (struct process){ pid, start };
	return 0;
}

enum answer process_lives(const struct root *root, const struct process *process)
{
	struct process now;
	int r = process_read(root, process->pid, &now);

	if (r == 0)
		return now.start == process->start ? ANSWER_YES : ANSWER_NO;
	return r == -ESRCH && root_exists(root, "proc/self") ? ANSWER_NO : ANSWER_UNKNOWN;
}

void process_command(const struct root *root, uint64_t pid, char *command, size_t size)
{
	char text[ROOT_ATTRIBUTE];

	snprintf(command, size, "%s", read_file(root, pid, "comm", text, sizeof(text)) < 0 ? "" : text);
}

int process_cgroup(const struct root *root, uint64_t pid, char *path, size_t size)
{
	char text[ROOT_ATTRIBUTE], *rest = text, *line;
	ssize_t length = read_file(root, pid, "cgroup", text, sizeof(text));

	if (length < 0)
		return (int)length;
	while ((line = parse_word(&rest, "\n"))) {
		char *own = strncmp(line, "0::/", 4) == 0 ? line + 4 : NULL;

		/* With version 1 alone systemd keeps its units in a hierarchy without a controller, "1:name=systemd:/PATH". */
		if (!own && (own = strstr(line, ":name=systemd:/")))
			own += strlen(":name=systemd:/");
		if (!own || !own[0])
			continue;
		if (strlen(own) >= size)
			return -ENAMETOOLONG;
		strcpy(path, own);
		return 0;
	}
	return -ENOENT;
}

enum answer cgroup_is_populated(const struct root *root, const char *path)
{
	/* Version 2; version 2 beside version 1; version 1 alone, which tells of no change. */
	static const char *const files[] = { "%s/cgroup.events", "unified/%s/cgroup.events", "systemd/%s/cgroup.procs" };
	char file[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t used = strlen(CGROUP_ROOT "/");
		ssize_t length;

		memcpy(file, CGROUP_ROOT "/", used);
		/* Formats are the table's. */
		if ((size_t)snprintf(file + used, sizeof(file) - used, files[i], path) >= sizeof(file) - used)
			return ANSWER_UNKNOWN;
		length = root_read(root, file, text, sizeof(text));
		if (length == -ENOENT || length == -ENODEV) /* removed before, or while it is read */
			continue;
		if (i == 2 && (length >= 0 || length == -EFBIG))
			return length ? ANSWER_YES : ANSWER_NO;
		if (length < 0)
			return ANSWER_UNKNOWN;
		return strstr(text, "populated 1") ? ANSWER_YES : strstr(text, "populated 0") ? ANSWER_NO : ANSWER_UNKNOWN;
	}
	return ANSWER_NO;
}
