/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/root.h"

/* The child: what root_read returns, then what it read. Nothing else of ours may stay open in it. */
__attribute__((noreturn))
static void read_for_parent(const struct root *root, const char *path, int answer)
{
	char buffer[ROOT_ATTRIBUTE];
	ssize_t length;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	length = root_read(root, path, buffer, sizeof(buffer));
	/* Fewer bytes than PIPE_BUF go in as a whole (pipe(7)); of an attribute's page there may be one more. */
	if (write(answer, &length, sizeof(length)) == sizeof(length) && length > 0 &&
	    write(answer, buffer, (size_t)length) != length)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

static ssize_t take_answer(int answer, char *buffer, size_t size)
{
	ssize_t length, have = 0;

	if (read(answer, &length, sizeof(length)) != sizeof(length))
		return -EIO;
	if (length < 0)
		return length;
	if ((size_t)length >= size)
		return -EFBIG;
	while (have < length) {
		ssize_t got = read(answer, buffer + have, (size_t)(length - have));

		if (got <= 0)
			return -EIO;
		have += got;
	}
	buffer[length] = '\0';
	return length;
}

ssize_t root_read_patiently(const struct root *root, const char *path, char *buffer, size_t size, uint64_t usec)
{
	_cleanup_close_ int answer = -1;
	struct pollfd wait;
	ssize_t length;
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	answer = ends[0];
	child = fork();
	if (child < 0) {
		r = -errno;
		close(ends[1]);
		return r;
	}
	if (child == 0)
		read_for_parent(root, path, ends[1]);
	close(ends[1]);
	wait = (struct pollfd){ .fd = answer, .events = POLLIN };
	do
		r = poll(&wait, 1, (int)(usec / 1000));
	while (r < 0 && errno == EINTR);
	if (r == 0) {
		kill(child, SIGKILL); /* and not waited for: it may be where no signal reaches it */
		return -ETIMEDOUT;
	}
	waitpid(child, NULL, 0);
	length = take_answer(answer, buffer, size);
	/* The child's observer saw it, and is gone with it. */
	if (length >= 0 && root->observer)
		root->observer->opened(root->observer, path, O_RDONLY, 0);
	return length;
}
