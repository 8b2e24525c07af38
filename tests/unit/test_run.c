/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which signals a guest of --run is handed, and what becomes of it where all is switched off (modes/run.c, guest.c). */
#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "modes/modes.h"
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

/* Nothing is acquired, and nobody is kept from starting without it. */
static void what_is_switched_off_is_in_nobodys_way(void **state)
{
	const struct tree *tree = *state;
	char one[] = "one", two[] = "two", shell[] = "sh", option[] = "-c", command[] = "exit 7";
	char *words[] = { one, shell, option, command, NULL }, *unknown[] = { two, NULL };
	struct options options = { .root_directory = tree->directory, .operands = words, .operand_count = 4,
		                       .verbosity = VERBOSITY_QUIET };
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip(); /* a config of anybody but root is not used */
	tree_write(tree, "etc/vfio-prep.conf", "[vfio-prep]\nenabled = no\n[vm one]\ncpus = 1\n");
	assert_int_equal(mode_acquire(&options), EXIT_GOOD);
	assert_false(root_exists(&tree->root, "run"));
	child = fork();
	if (child == 0)
		_exit(mode_run(&options));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_false(root_exists(&tree->root, "run"));
	options.operands = unknown;
	assert_int_equal(mode_acquire(&options), EXIT_USAGE);
	/* What was acquired before may change hands: this one is damaged, and so it is looked at. */
	options.operands = words;
	tree_write(tree, "run/vfio-prep/leases/one.lease", "?\n");
	assert_int_not_equal(mode_acquire(&options), EXIT_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_sends_to_both_is_not),
		cmocka_unit_test(the_leader_of_a_session_hands_on_its_end),
		tree_test(what_is_switched_off_is_in_nobodys_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
