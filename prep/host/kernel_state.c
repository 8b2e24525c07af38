/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/kernel_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

enum answer module_parameter_answer(const struct module_parameter *parameter)
{
	if (!parameter->value[0] || parameter->value[1])
		return ANSWER_UNKNOWN;
	return strchr("Yy1", parameter->value[0]) ? ANSWER_YES :
	       strchr("Nn0", parameter->value[0]) ? ANSWER_NO :
	                                            ANSWER_UNKNOWN;
}

static struct module_parameter read_parameter(const struct root *root, const char *module, const char *name)
{
	struct module_parameter parameter = { .module = module, .name = name, .loaded = ANSWER_UNKNOWN };
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	ssize_t length;

	if (!root_exists(root, "sys/module"))
		return parameter;
	snprintf(path, sizeof(path), "sys/module/%s", module);
	parameter.loaded = root_exists(root, path) ? ANSWER_YES : ANSWER_NO;
	snprintf(path, sizeof(path), "sys/module/%s/parameters/%s", module, name);
	length = root_read(root, path, text, sizeof(text));
	parameter.missing = length == -ENOENT;
	if (length >= 0)
		snprintf(parameter.value, sizeof(parameter.value), "%s", text);
	return parameter;
}

static void read_kvm(const struct root *root, struct kernel_state *state)
{
	static const struct { const char *module, *name; } settings[] = {
		{ "kvm_intel", "nested" }, { "kvm_amd", "nested" }, { "kvm", "ignore_msrs" }, { "kvm", "halt_poll_ns" },
		{ "kvm", "nx_huge_pages" }, { "kvm_intel", "enable_apicv" }, { "kvm_amd", "avic" },
	};
	struct module_parameter parameter;

	_Static_assert(ARRAY_SIZE(settings) <= KVM_SETTINGS, "room for each");
	state->kvm = root_exists(root, "dev/kvm") ? ANSWER_YES : root_exists(root, "dev") ? ANSWER_NO : ANSWER_UNKNOWN;
	parameter = read_parameter(root, "kvm_intel", "ept");
	if (parameter.loaded != ANSWER_YES)
		parameter = read_parameter(root, "kvm_amd", "npt");
	if (parameter.loaded == ANSWER_YES)
		state->paging = parameter;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		parameter = read_parameter(root, settings[i].module, settings[i].name);
		if (parameter.value[0])
			state->kvm_settings[state->kvm_setting_count++] = parameter;
	}
}

/* The first processor of /proc/cpuinfo speaks for all; the file as a whole has megabytes on a large server. */
static void read_cpuinfo(const struct root *root, struct kernel_state *state)
{
	_cleanup_close_ int fd = root_openat(root, "proc/cpuinfo", O_RDONLY | O_NOCTTY, 0);
	char text[8192], *next = text, *line;
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (length < 0)
		return;
	text[length] = '\0';
	while ((line = parse_word(&next, "\n"))) {
		if (strncmp(line, "vendor_id", 9) == 0 && !state->vendor[0])
			sscanf(line, "vendor_id : %15s", state->vendor);
		if (strncmp(line, "flags", 5) != 0)
			continue;
		state->virtualization = ANSWER_NO;
		for (char *word = parse_word(&line, " \t"); word; word = parse_word(&line, " \t"))
			if (strcmp(word, "vmx") == 0 || strcmp(word, "svm") == 0)
				state->virtualization = ANSWER_YES;
		return;
	}
}

void kernel_state_read(const struct root *root, struct kernel_state *ret)
{
	char text[ROOT_ATTRIBUTE];

	*ret = (struct kernel_state){ .taint = TAINT_UNKNOWN, .virtualization = ANSWER_UNKNOWN };
	if (root_read(root, "proc/sys/kernel/tainted", text, sizeof(text)) < 0 ||
	    parse_number(text, TAINT_UNKNOWN - 1, &ret->taint) < 0)
		ret->taint = TAINT_UNKNOWN;
	ret->unsafe_interrupts = read_parameter(root, "vfio_iommu_type1", "allow_unsafe_interrupts");
	ret->noiommu = read_parameter(root, "vfio", "enable_unsafe_noiommu_mode");
	read_kvm(root, ret);
	read_cpuinfo(root, ret);
}
