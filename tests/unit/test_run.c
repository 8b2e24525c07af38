/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which signals a guest of --run is handed (modes/run.c). */
#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "modes/run.h"

static const siginfo_t typed = { .si_signo = SIGINT, .si_code = SI_KERNEL },
					   hangup = { .si_signo = SIGHUP, .si_code = SI_KERNEL };

static void what_a_terminal_sends_to_both_is_not(void **state)
{
	const siginfo_t sent = { .si_signo = SIGINT, .si_code = SI_USER },
					child = { .si_signo = SIGCHLD, .si_code = CLD_EXITED };

	(void)state;
	assert_true(run_hands_on(&sent));
	assert_false(run_hands_on(&typed));
	assert_false(run_hands_on(&child));
}

/* As with "ssh -t HOST vfio-prep --run ...", whose line is cut. */
static void the_leader_of_a_session_hands_on_its_end(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		bool before = run_hands_on(&hangup);

		setsid();
		_exit(!before && run_hands_on(&hangup) && !run_hands_on(&typed) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_sends_to_both_is_not),
		cmocka_unit_test(the_leader_of_a_session_hands_on_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
