/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers that hang, die, or take their time. What they did is told by files. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apply/record.h"
#include "early.h"
#include "early_supervisor.h"
#include "fake_kernel.h"
#include "host/stuck.h"

#define SECOND UINT64_C(1000000)

static void append(const struct effects *effects, const char *text)
{
	int fd = root_openat(effects->root, "story", O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(EXIT_FAILURE);
	close(fd);
}

/* What is known to be stuck, as a worker finds it. */
static void tell_stuck(const struct effects *effects)
{
	char *text;

	if (stuck_read(effects->root, &text) < 0)
		_exit(EXIT_FAILURE);
	for (char *c = text; c && *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	append(effects, text ? text : "");
	append(effects, "| ");
	free(text);
}

static bool is_stuck(const struct effects *effects, const char *name)
{
	char *text;
	bool is;

	stuck_read(effects->root, &text);
	is = stuck_has(text, name);
	free(text);
	return is;
}

static void hang(void)
{
	for (;;)
		pause();
}

static void give_back(const struct effects *effects)
{
	append(effects, "given back");
}

/* Runs work with a deadline and compares the story; returns what supervisor_run did. */
static bool run(const struct tree *tree, supervised_work *work, uint64_t deadline, const char *story)
{
	struct effects effects = { .root = &tree->root };
	struct timespec begin, end;
	bool good;

	quiet_log();
	tree_mkdir(tree, "run/vfio-prep");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	good = supervisor_run(&effects, work, give_back, deadline);
	clock_gettime(CLOCK_MONOTONIC, &end);
	tree_expect(tree, "story", story);
	/* Far more than any machine needs, and far less than for ever. */
	assert_true(end.tv_sec - begin.tv_sec < 50);
	return good;
}

static void work_well(const struct effects *effects)
{
	effects->on_step(effects, "one");
	effects->on_step(effects, NULL);
	append(effects, "well");
}

static void one_that_ends_well(void **state)
{
	assert_true(run(*state, work_well, 60 * SECOND, "well"));
	tree_expect(*state, "story", "well");
}

static void hang_in_two(const struct effects *effects)
{
	static const char *const names[] = { "one", "two", "three", "four" };

	tell_stuck(effects);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_stuck(effects, names[i]))
			continue;
		effects->on_step(effects, names[i]);
		if (i == 1 || i == 3)
			hang();
		effects->on_step(effects, NULL);
		append(effects, names[i]);
		append(effects, " ");
	}
}

static void the_next_worker_goes_on_without_it(void **state)
{
	assert_false(run(*state, hang_in_two, 4 * SECOND, "| one two | one three two four | one three given back"));
}

static void die_in_one(const struct effects *effects)
{
	tell_stuck(effects);
	if (is_stuck(effects, "one"))
		return;
	effects->on_step(effects, "one");
	raise(SIGKILL);
}

static void one_that_dies_in_a_step(void **state)
{
	assert_false(run(*state, die_in_one, 60 * SECOND, "| one | given back"));
}

static void die_between(const struct effects *effects)
{
	effects->on_step(effects, "one");
	effects->on_step(effects, NULL);
	append(effects, "died ");
	raise(SIGKILL);
}

static void one_that_dies_elsewhere(void **state)
{
	assert_false(run(*state, die_between, 60 * SECOND, "died given back"));
}

static void hang_between(const struct effects *effects)
{
	supervisor_tell_timeout(SECOND / 2);
	effects->on_step(effects, "one");
	effects->on_step(effects, NULL);
	append(effects, "hangs ");
	hang();
}

/* The config's deadline counts from then on, not the one that was there first. */
static void the_deadline_that_a_worker_tells(void **state)
{
	assert_false(run(*state, hang_between, 100 * SECOND, "hangs given back"));
}

static void take_a_second(const struct effects *effects)
{
	if (is_stuck(effects, "one"))
		return;
	effects->on_step(effects, "one");
	sleep(1);
	append(effects, "it went on");
}

static void what_is_given_up_does_not_go_on(void **state)
{
	assert_false(run(*state, take_a_second, SECOND / 2, "given back"));
	sleep(2);
	tree_expect(*state, "story", "given back");
}

static void hang_in_any(const struct effects *effects)
{
	char name[2] = "a";

	while (is_stuck(effects, name))
		name[0]++;
	append(effects, name);
	effects->on_step(effects, name);
	hang();
}

/* Each has its share of what the others left; at last it is over. */
static void where_everything_hangs(void **state)
{
	const struct tree *tree = *state;
	struct effects effects = { .root = &tree->root };
	char *story;

	quiet_log();
	tree_mkdir(tree, "run/vfio-prep");
	assert_false(supervisor_run(&effects, hang_in_any, give_back, SECOND));
	story = tree_read(tree, "story");
	assert_memory_equal(story, "ab", 2);
	assert_non_null(strstr(story, "given back"));
	assert_true(strlen(story) <= 8 + strlen("given back"));
	free(story);
}

static void hang_in_every_way(const struct effects *effects)
{
	append(effects, "hangs ");
	effects->on_step(effects, "one");
	hang();
}

/* Who could not be told what to leave alone does not begin. */
static void without_room_for_the_name(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, STUCK_PATH, "");
	tree_remove(tree, STUCK_PATH);
	tree_mkdir(tree, STUCK_PATH "/in-the-way");
	assert_false(run(tree, hang_in_every_way, 2 * SECOND, "hangs given back"));
}

#define GPU "0000:0c:00.0"
#define AUDIO "0000:0c:00.1"
#define AUDIO_OVERRIDE "sys/bus/pci/devices/" AUDIO "/driver_override"

static struct fake_kernel kernel;
static int (*fake_write)(const struct effects *effects, const char *path, const char *text);
static int (*fake_load)(const struct effects *effects, const char *module, char *note);

/* Loading binds at once whatever has the override, and the audio function's probe holds its lock for ever. */
static int load_and_hang(const struct effects *effects, const char *module, char *note)
{
	int r = fake_load(effects, module, note);

	if (strcmp(module, "vfio-pci") != 0)
		return r;
	tree_remove(kernel.tree, AUDIO_OVERRIDE);
	if (mkfifoat(kernel.tree->root.fd, AUDIO_OVERRIDE, 0600) == 0)
		hang();
	return -EIO;
}

static int write_or_hang(const struct effects *effects, const char *path, const char *text)
{
	struct stat about;

	if ((strstr(path, AUDIO) || strcmp(text, AUDIO) == 0) &&
	    fstatat(kernel.tree->root.fd, AUDIO_OVERRIDE, &about, 0) == 0 && S_ISFIFO(about.st_mode))
		hang();
	return fake_write(effects, path, text);
}

static void first_stage(const struct effects *effects)
{
	fake_kernel_refresh(&kernel);
	early_work(effects, supervisor_tell_timeout);
}

static void a_hang_costs_one_device(void **state)
{
	const struct tree *tree = *state;
	struct record record;
	size_t running = 0;
	char *driver;
	pid_t child;

	tree_unpack(tree, "desktop-amd-x570");
	fake_kernel_new(&kernel, tree);
	fake_kernel_early(&kernel);
	fake_kernel_fail(&kernel, (struct fake_fault){ .call = FAKE_TAKE, .contains = AUDIO, .error = -EIO });
	tree_write(tree, CONFIG_PATH, "[vfio-prep]\ntimeout = 3s\n[device gpu]\naddress = 0c:00.0\nalso = slot\n");
	fake_write = kernel.effects.write;
	fake_load = kernel.effects.load;
	kernel.effects.write = write_or_hang;
	kernel.effects.load = load_and_hang;
	child = fork();
	if (child == 0) {
		/* A session of its own: what is left behind in it ends with this test. */
		setsid();
		_exit(supervisor_run(&kernel.effects, first_stage, early_give_back, 60 * SECOND));
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	kill(-child, SIGKILL);
	kernel.effects.write = fake_write;
	kernel.effects.load = fake_load;
	fake_kernel_refresh(&kernel);
	driver = fake_driver_of(&kernel, GPU);
	assert_string_equal(driver, "vfio-pci");
	free(driver);
	tree_expect(tree, STUCK_PATH, "vfio-pci\n" AUDIO);
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_string_equal(record.early, "done");
	assert_int_equal(record.refusal_count, 1);
	assert_string_equal(record.refusals[0].target, AUDIO);
	assert_string_equal(record.refusals[0].guard, "stuck");
	for (size_t i = 0; i < record.count; i++)
		running += record.entries[i].result == RESULT_RUNNING;
	assert_int_equal(running, 1); /* the load: in which probe it hangs shows by the attribute that cannot be read */
	record_done(&record);
	fake_kernel_done(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(one_that_ends_well),
		tree_test(the_next_worker_goes_on_without_it),
		tree_test(one_that_dies_in_a_step),
		tree_test(one_that_dies_elsewhere),
		tree_test(the_deadline_that_a_worker_tells),
		tree_test(what_is_given_up_does_not_go_on),
		tree_test(where_everything_hangs),
		tree_test(without_room_for_the_name),
		tree_test(a_hang_costs_one_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
