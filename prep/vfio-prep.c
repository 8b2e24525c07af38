/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep: the table of modes, and the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/output.h"
#include "base/parse.h"
#include "modes/modes.h"
#include "version.h"

#define BIT(format) (1U << (format))
#define TEXT BIT(FORMAT_TEXT)
#define JSON BIT(FORMAT_JSON)

static const struct mode {
	const char *name;
	int (*run)(const struct options *options);
	bool changes; /* the running machine, so never another root */
	unsigned int formats; /* bits of enum format */
	const char *help;
	const char *operands; /* what stands behind it, least to most of them */
	size_t least, most;
} modes[] = {
	{ "check", mode_check, false, TEXT | JSON | BIT(FORMAT_PROMETHEUS),
	  "is this host, or the guest NAME, as the config wants it: the health report", "[NAME]", 0, 1 },
	{ "plan", mode_plan, false, TEXT | JSON, "what the next boot would do; with --now, what --apply would do", "", 0,
	  0 },
	{ "apply", mode_apply, true, TEXT, "do it now, on the running system", "", 0, 0 },
	{ "undo", mode_undo, true, TEXT, "give back what vfio-prep took: devices, pages, settings", "", 0, 0 },
	{ "list", mode_list, false, TEXT | JSON, "the devices of this machine by IOMMU group", "", 0, 0 },
	{ "suggest", mode_suggest, false, TEXT | BIT(FORMAT_LIBVIRT),
	  "a config for these devices; with --format libvirt, a domain for [vm NAME]", "ADDR...|NAME", 1, SIZE_MAX },
	{ "import", mode_import, false, TEXT | JSON,
	  "a config that does what vfio-pci.ids=, driverctl and the like do here today", "", 0, 0 },
	{ "advise", mode_advise, false, TEXT | JSON, "kernel parameters to add and to drop, and how", "", 0, 0 },
	{ "topology", mode_topology, false, TEXT | JSON, "a picture of CPUs, caches, nodes and devices", "", 0, 0 },
	{ "snapshot", mode_snapshot, false, TEXT, "what these read, as a tar file for a bug report", "FILE", 1, 1 },
	{ "run", mode_run, true, TEXT, "what [vm NAME] asks for, for as long as COMMAND runs", "NAME -- COMMAND...", 2,
	  SIZE_MAX },
	{ "acquire", mode_acquire, true, TEXT, "what [vm NAME] asks for, until --release NAME", "NAME", 1, 1 },
	{ "release", mode_release, true, TEXT, "give back what the guest NAME has", "[NAME]", 0, 1 },
};

enum {
	OPTION_MODE = 256, /* and one more for each mode */
	OPTION_NOW = OPTION_MODE + ARRAY_SIZE(modes),
	OPTION_ROOT,
	OPTION_FORMAT,
	OPTION_COLOR,
	OPTION_STRICT,
	OPTION_TUNING,
	OPTION_HOLDER,
	OPTION_STALE,
};

static const struct {
	const char *name;
	int value;
	const char *argument;
	const char *help;
} settings[] = {
	{ "config", 'c', "FILE", "the config (default /etc/vfio-prep.conf below the root)" },
	{ "root", OPTION_ROOT, "DIR", "look at the machine recorded in DIR" },
	{ "now", OPTION_NOW, NULL, "of --plan: from the present state" },
	{ "format", OPTION_FORMAT, "FORMAT", "how to print it, see below (default text)" },
	{ "output", 'o', "FILE", "print into FILE, which is replaced as a whole (not with --run)" },
	{ "quiet", 'q', NULL, "only what is not as it should be" },
	{ "verbose", 'v', NULL, "more of it: where each thing was read" },
	{ "color", OPTION_COLOR, "auto|always|never", "colours (default auto: on a terminal, unless NO_COLOR is set)" },
	{ "strict", OPTION_STRICT, NULL, "of --check: a warning is exit code 3 too" },
	{ "tuning", OPTION_TUNING, NULL, "of --apply: only what is of interrupts and CPUs" },
	{ "holder", OPTION_HOLDER, "PID", "of --acquire: the end of this process gives it back, too" },
	{ "stale", OPTION_STALE, NULL, "of --release: what guests that are gone have left" },
	{ "help", 'h', NULL, "this text" },
	{ "version", 'V', NULL, "the version" },
};

static const char *const format_names[FORMATS] = { "text", "json", "prometheus", "libvirt" };

/* The modes that print it, as "--check, --plan". */
static const char *list_format_modes(enum format format, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(modes) && used < size; i++)
		if (modes[i].formats & BIT(format))
			used += (size_t)snprintf(text + used, size - used, "%s--%s", used ? ", " : "", modes[i].name);
	return text;
}

static void print_modes(FILE *out, bool changes)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char text[48];

		if (modes[i].changes != changes)
			continue;
		snprintf(text, sizeof(text), "%s %s", modes[i].name, modes[i].operands);
		fprintf(out, "  --%-29s %s\n", text, modes[i].help);
	}
}

static void print_settings(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char text[48];

		snprintf(text, sizeof(text), "%s%c%s--%s%s%s", settings[i].value < 256 ? "-" : "   ",
		         settings[i].value < 256 ? settings[i].value : ' ', settings[i].value < 256 ? ", " : "",
		         settings[i].name, settings[i].argument ? " " : "", settings[i].argument ? settings[i].argument : "");
		fprintf(out, "  %-31s %s\n", text, settings[i].help);
	}
}

/* conf/completions/ read this, too: headings, columns, "of --MODE:" and "(not with --MODE)". */
static void print_help(FILE *out)
{
	char text[256];

	fputs("Usage: vfio-prep MODE [OPTION]...\n"
	      "Prepares this host for handing PCI devices to virtual machines, and tells whether it is.\n"
	      "\nModes that only read:\n", out);
	print_modes(out, false);
	fputs("\nModes that change this machine (as root, without --root):\n", out);
	print_modes(out, true);
	fputs("\nOptions:\n", out);
	print_settings(out);
	fputs("\nFormats:\n", out);
	for (enum format i = 0; i < FORMATS; i++)
		fprintf(out, "  %-31s %s\n", format_names[i],
		        i == FORMAT_TEXT ? "every mode" : list_format_modes(i, text, sizeof(text)));
	fputs("\nExit codes: 0 good; 1 could not do its work; 2 usage or config error; 3 unhealthy, refused or unmet.\n"
	      "See vfio-prep(8), vfio-prep.conf(5), and vfio-prep(7): the guide from nothing to a guest.\n", out);
}

/* Makes getopt's tables from the two above, so that help and parser cannot differ. */
static void build_options(struct option *options, char *letters)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		options[count++] = (struct option){ modes[i].name, no_argument, NULL, OPTION_MODE + (int)i };
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		options[count++] = (struct option){ settings[i].name, settings[i].argument ? required_argument : no_argument,
		                                    NULL, settings[i].value };
		if (settings[i].value < 256) {
			*letters++ = (char)settings[i].value;
			if (settings[i].argument)
				*letters++ = ':';
		}
	}
	options[count] = (struct option){ 0 };
	*letters = '\0';
}

/* The number of text among words, or -1 with a complaint. */
static int choose(const char *option, const char *text, const char *const *words, size_t count, const char *expected)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	complain("--%s '%s'; expected %s", option, text, expected);
	return -1;
}

/* Takes one option into the two results; EXIT_GOOD, or EXIT_USAGE with a complaint. */
static int take_option(int value, const char *argument, struct options *options, const struct mode **mode)
{
	static const char *const colors[] = { "auto", "always", "never" };
	int chosen;

	if (value >= OPTION_MODE && value < OPTION_NOW) {
		const struct mode *wanted = &modes[value - OPTION_MODE];

		if (*mode && *mode != wanted) {
			complain("--%s and --%s; expected one mode", (*mode)->name, wanted->name);
			return EXIT_USAGE;
		}
		*mode = wanted;
		return EXIT_GOOD;
	}
	switch (value) {
	case 'c':
		options->config_file = argument;
		break;
	case 'o':
		options->output_file = argument;
		break;
	case 'q':
		options->verbosity = VERBOSITY_QUIET;
		break;
	case 'v':
		options->verbosity = VERBOSITY_VERBOSE;
		break;
	case OPTION_ROOT:
		options->root_directory = argument;
		break;
	case OPTION_NOW:
		options->now = true;
		break;
	case OPTION_STRICT:
		options->strict = true;
		break;
	case OPTION_TUNING:
		options->tuning = true;
		break;
	case OPTION_STALE:
		options->stale = true;
		break;
	case OPTION_HOLDER:
		if (parse_number(argument, INT32_MAX, &options->holder) < 0 || !options->holder) {
			complain("--holder '%s'; expected the number of a process", argument);
			return EXIT_USAGE;
		}
		break;
	case OPTION_FORMAT:
		chosen = choose("format", argument, format_names, FORMATS, "text, json, prometheus or libvirt");
		if (chosen < 0)
			return EXIT_USAGE;
		options->format = (enum format)chosen;
		break;
	case OPTION_COLOR:
		chosen = choose("color", argument, colors, ARRAY_SIZE(colors), "auto, always or never");
		if (chosen < 0)
			return EXIT_USAGE;
		options->color = (enum color_choice)chosen;
		break;
	default: /* getopt_long has told what is wrong */
		fputs("Try 'vfio-prep --help'.\n", stderr);
		return EXIT_USAGE;
	}
	return EXIT_GOOD;
}

/* What goes with what. */
static int check_combination(const struct options *options, const struct mode *mode)
{
	if (mode->changes && strcmp(options->root_directory, "/") != 0) {
		complain("--%s changes the running machine; expected no --root", mode->name);
		return EXIT_USAGE;
	}
	if (!(mode->formats & BIT(options->format))) {
		char text[256];

		complain("--format %s with --%s; expected %s", format_names[options->format], mode->name,
		         list_format_modes(options->format, text, sizeof(text)));
		return EXIT_USAGE;
	}
	if (options->operand_count > mode->most) {
		complain("unknown argument '%s'; expected %s", options->operands[mode->most],
		         mode->most ? mode->operands : "options only");
		return EXIT_USAGE;
	}
	if (options->operand_count < mode->least ||
	    (mode->run == mode_release && !options->operand_count != options->stale)) {
		complain("--%s; expected --%s %s%s", mode->name, mode->name, mode->operands,
		         mode->run == mode_release ? ", or --release --stale" : "");
		return EXIT_USAGE;
	}
	if (options->output_file && mode->run == mode_run) {
		complain("--output with --run; expected no file: the guest has the terminal");
		return EXIT_USAGE;
	}
	if (options->holder && mode->run != mode_acquire) {
		complain("--holder with --%s; expected --acquire", mode->name);
		return EXIT_USAGE;
	}
	if (options->stale && mode->run != mode_release) {
		complain("--stale with --%s; expected --release", mode->name);
		return EXIT_USAGE;
	}
	if (options->now && mode->run != mode_plan) {
		complain("--now with --%s; expected --plan", mode->name);
		return EXIT_USAGE;
	}
	if (options->tuning && mode->run != mode_apply) {
		complain("--tuning with --%s; expected --apply", mode->name);
		return EXIT_USAGE;
	}
	return EXIT_GOOD;
}

/* Many programs have their modes without dashes. */
static void complain_of_no_mode(const char *argument)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(argument, modes[i].name) == 0) {
			complain("unknown argument '%s'; expected --%s", argument, argument);
			return;
		}
	}
	complain("unknown argument '%s'; expected a mode, such as --check (see --help)", argument);
}

/* The exit code, unless what was printed did not arrive. */
static int finish(int code)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		complain("standard output cannot be written");
		return EXIT_TROUBLE;
	}
	return code;
}

/* Runs the mode, and where it gave a result, good or not, puts that into the caller's file. */
static int run_into_file(const struct mode *mode, const struct options *options)
{
	struct output output;
	int r = output_begin(options->output_file, &output), code;

	if (r < 0) {
		complain("--output %s: %s", options->output_file, strerror(-r));
		return EXIT_TROUBLE;
	}
	code = finish(mode->run(options));
	/* Where every check is unknown there is a report, though the exit code is the one of trouble. */
	if (code == EXIT_USAGE || (code == EXIT_TROUBLE && (ferror(stdout) || ftell(stdout) <= 0)))
		return code;
	r = output_commit(&output);
	if (r < 0) {
		complain("--output %s: %s", options->output_file, strerror(-r));
		return EXIT_TROUBLE;
	}
	return code;
}

int main(int argc, char **argv)
{
	struct option long_options[ARRAY_SIZE(modes) + ARRAY_SIZE(settings) + 1];
	struct options options = { .root_directory = "/", .verbosity = VERBOSITY_NORMAL };
	char letters[2 * ARRAY_SIZE(settings) + 1];
	const struct mode *mode = NULL;
	int value, r;

	keep_standard_files();
	build_options(long_options, letters);
	while ((value = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (value == 'h') {
			print_help(stdout);
			return finish(EXIT_GOOD);
		}
		if (value == 'V') {
			puts("vfio-prep " VFIO_PREP_VERSION);
			return finish(EXIT_GOOD);
		}
		r = take_option(value, optarg, &options, &mode);
		if (r != EXIT_GOOD)
			return r;
	}
	options.operands = argv + optind;
	options.operand_count = (size_t)(argc - optind);
	if (!mode && options.operand_count) {
		complain_of_no_mode(argv[optind]);
		return EXIT_USAGE;
	}
	if (!mode) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	r = check_combination(&options, mode);
	if (r != EXIT_GOOD)
		return r;
	return options.output_file ? run_into_file(mode, &options) : finish(mode->run(&options));
}
