/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all modes begin with (modes/session.c). */
#include "support.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modes/modes.h"

/* 0 where the next file is none of the standard ones, and what is written to a closed one is still lost with an
 * error. */
static int look(void)
{
	int fd;

	keep_standard_files();
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd <= STDERR_FILENO)
		return 1;
	return fcntl(STDERR_FILENO + 1, F_GETFD) < 0 || write(STDOUT_FILENO, "x", 1) >= 0 ? 2 : 0;
}

static void nothing_takes_the_place_of_a_closed_file(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		close_range(STDIN_FILENO, ~0U, 0);
		_exit(look());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_takes_the_place_of_a_closed_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
