/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that wait while leases are worked on (modes/guest.c). */
#include "support.h"

#include "modes/guest.h"

static void one_that_would_have_ended_us_waits(void **state)
{
	struct held_signals held;

	(void)state;
	signals_hold(&held);
	assert_false(signals_wait());
	raise(SIGTERM);
	assert_true(signals_wait());
	signal(SIGTERM, SIG_IGN); /* which takes it back */
	assert_false(signals_wait());
	signals_let(&held);
	signal(SIGTERM, SIG_DFL);
}

/* The kernel keeps a signal that is held back even where it is ignored. */
static void one_that_is_ignored_does_not(void **state)
{
	struct held_signals held;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	signals_hold(&held);
	raise(SIGHUP);
	assert_false(signals_wait());
	signals_let(&held);
	signal(SIGHUP, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_would_have_ended_us_waits),
		cmocka_unit_test(one_that_is_ignored_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
