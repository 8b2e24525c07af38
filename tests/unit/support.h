/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests stand on: directory trees that stand in for machines. Every function that cannot do
 * its work fails the running test.
 */
#ifndef VFIO_PREP_TESTS_SUPPORT_H
#define VFIO_PREP_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/root.h"

struct config;

struct tree {
	char *directory; /* in the folder for temporary files, with nothing but our own in it */
	struct root root;
};

/* An empty tree. */
void tree_new(struct tree *ret);

/* Fills an empty tree from tests/hosts/NAME.host (the format: tests/hosts/README.md). */
void tree_unpack(const struct tree *tree, const char *name);

/* Removes the tree. */
void tree_done(struct tree *tree);

/* Fixtures for cmocka: *state is an empty struct tree. Its removal runs after a failed test, too. */
int tree_setup(void **state);
int tree_teardown(void **state);
#define tree_test(function) cmocka_unit_test_setup_teardown(function, tree_setup, tree_teardown)

/* Paths are relative to the tree, and their parents are made. */
void tree_write(const struct tree *tree, const char *path, const char *text);
void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t size);
void tree_link(const struct tree *tree, const char *path, const char *target);
void tree_mkdir(const struct tree *tree, const char *path);

/* Removes a file or a link, or an empty directory; that it is not there is fine. */
void tree_remove(const struct tree *tree, const char *path);

/* The whole content, a final newline cut off, to be freed; NULL where there is no such file. */
char *tree_read(const struct tree *tree, const char *path);

/* The target of a link, to be freed; NULL where there is none. */
char *tree_readlink(const struct tree *tree, const char *path);

/* Fails the test where the file does not hold text. */
void tree_expect(const struct tree *tree, const char *path, const char *text);

/* What the programs log from now on goes nowhere. */
void quiet_log(void);

/* "A/B", to be freed, with A and B printed as by printf. */
__attribute__((format(printf, 1, 2))) char *format_text(const char *format, ...);

/* Names of tests/hosts/NAME.host, and of the configs in tests/hosts/NAME/; sorted, to be freed by names_done. */
struct names host_names(void);
struct names host_configs(const char *host);

/* The config in text; the test fails where it cannot be read, errors in it are for the test to look at. */
void config_from_text(const char *text, struct config *ret);
void config_from_bytes(const void *bytes, size_t size, struct config *ret);

/* The config tests/hosts/HOST/NAME.conf. */
void config_from_host(const char *host, const char *name, struct config *ret);

#endif
