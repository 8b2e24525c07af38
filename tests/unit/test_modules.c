/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <string.h>

#include "apply/modules.h"
#include "base/array.h"

static void options(void **state)
{
	static const struct {
		const char *options, *kept, *dropped; /* dropped NULL: nothing is */
	} cases[] = {
		{ "", "", NULL },
		{ "disable_vga=1", "disable_vga=1", NULL },
		{ "ids=10de:2684", "", "ids=10de:2684" },
		{ "disable_vga=1 ids=10de:2684,10de:22ba disable_idle_d3=1", "disable_vga=1 disable_idle_d3=1",
		  "ids=10de:2684,10de:22ba" },
		{ "  disable_vga=1\t ids=1  ", "disable_vga=1", "ids=1" },
		{ "ids=1 ids=2", "", "ids=1" },
		{ "valids=1 ids_x=2 x=ids=3", "valids=1 ids_x=2 x=ids=3", NULL },
		{ "a=\"b ids=1 c\" d", "a=\"b ids=1 c\" d", NULL }, /* inside of quotes it is a value */
		{ "ids=\"1 2\" d", "d", "ids=\"1 2\"" },
		{ "\"ids=1\" d", "d", "\"ids=1\"" }, /* the kernel takes quotes around a whole parameter away */
		{ "ids", "ids", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char kept[200], dropped[80] = "";
		bool any = module_options_keep(cases[i].options, kept, dropped, sizeof(dropped));

		assert_int_equal(any, cases[i].dropped != NULL);
		assert_string_equal(kept, cases[i].kept);
		assert_string_equal(dropped, cases[i].dropped ? cases[i].dropped : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(options) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
