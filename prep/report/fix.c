/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a finding is mended. A fix works when it is pasted: a command line of the shell (what else is to be known
 * stands behind '#'), or a line of the config (behind ';'), or where only hands help a comment of the shell.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"

const char *fix_file(const struct finding *finding)
{
	return finding->config ? finding->config : "/" CONFIG_PATH;
}

const char *fix_program(const struct finding *finding)
{
	return finding->program ? finding->program : "vfio-prep";
}

/* A word of the shell as it stands. */
static bool is_plain_word(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		      strchr("_./+,:@%=-", *c)))
			return false;
	return *text;
}

void fix_name_config(const char *file, struct report *report)
{
	const char *quote;

	if (!file || strcmp(file, "/" CONFIG_PATH) == 0)
		return;
	/* What would fill a fix, or not survive a shell: whoever gave it knows it. */
	if (strlen(file) > 100 || strchr(file, '\'') || strchr(file, '\n'))
		file = "FILE";
	quote = is_plain_word(file) ? "" : "'";
	snprintf(report->config, sizeof(report->config), "%s", file);
	snprintf(report->program, sizeof(report->program), "vfio-prep --config %s%s%s", quote, file, quote);
}

void fix_config(struct finding *finding, const char *section, const char *hint, const char *format, ...)
{
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, arguments);
	va_end(arguments);
	used = strlen(finding->fix);
	snprintf(finding->fix + used, sizeof(finding->fix) - used, "  ; in [%s] of %s%s%s", section,
	         fix_file(finding), *hint ? ", " : "", hint);
}

void fix_device(struct finding *finding, const struct device_section *section, const char *hint, const char *format,
                ...)
{
	char name[CONFIG_NAME_MAX + 8], line[120];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	snprintf(name, sizeof(name), "device %s", section->name);
	fix_config(finding, name, hint, "%s", line);
}

void fix_apply(const struct check_input *input, struct finding *finding)
{
	FINDING_SET(finding->fix, "%s --apply  # for the next boots: %s", fix_program(finding),
	            *input->rebuild ? input->rebuild : "rebuild the initramfs");
}

void fix_rebuild(const struct check_input *input, struct finding *finding)
{
	if (*input->rebuild)
		FINDING_SET(finding->fix, "%s  # then reboot", input->rebuild);
	else
		FINDING_SET(
			finding->fix,
			input->in_unified ?
				"# rebuild the unified kernel image (UKI) with what makes it here, its initramfs first, then reboot" :
				"# rebuild the initramfs with what makes it here, then reboot");
}

void fix_rebuild_config(const struct check_input *input, struct finding *finding)
{
	/* The word behind --config, in its quotes. */
	const char *file = finding->program ? strstr(finding->program, "--config ") + 9 : NULL;

	if (!file)
		fix_rebuild(input, finding);
	else
		FINDING_SET(finding->fix, "install -m 0644 -- %s /" CONFIG_PATH "%s%s  # %s", file,
		            *input->rebuild ? " && " : "", input->rebuild,
		            *input->rebuild ? "then reboot" : "then rebuild the initramfs, and reboot");
}

bool fix_is_advised(const struct check_input *input, const char *key, bool kept)
{
	for (size_t i = 0; i < input->advice->count; i++) {
		const struct advice_item *item = &input->advice->items[i];
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(item->parameter, "="), item->parameter);
		if ((item->kind == ADVICE_KEEP) == kept && cmdline_keys_equal(name, key))
			return true;
	}
	return false;
}

bool fix_cmdline(const struct check_input *input, struct finding *finding, const char *key)
{
	static const char then[] = "  # then reboot";

	if (!fix_is_advised(input, key, false) || !input->loader_command || !*input->loader_command)
		return false;
	if (strlen(input->loader_command) + sizeof(then) > sizeof(finding->fix))
		FINDING_SET(finding->fix, "%s --advise  # prints the command for the boot loader; then reboot",
		            fix_program(finding));
	else
		FINDING_SET(finding->fix, "%s%s", input->loader_command, then);
	return true;
}

void fix_iommu(const struct check_input *input, struct finding *finding)
{
	static const char *const keys[] = { "intel_iommu", "amd_iommu", "iommu" };
	const struct host *host = input->host;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (fix_cmdline(input, finding, keys[i]))
			return;
	if (host->iommu_firmware == ANSWER_NO && host->x86 != ANSWER_NO)
		FINDING_SET(finding->fix, "# switch VT-d (Intel) or AMD-Vi / IOMMU (AMD) on in the firmware's setup");
	else
		FINDING_SET(finding->fix, "# add intel_iommu=on to the kernel command line (Intel), or take amd_iommu=off and "
		            "iommu=off off it, then reboot");
}

void fix_no_group(const struct check_input *input, const struct pci_function *function, struct finding *finding)
{
	if (host_leaves_out(input->host, function))
		FINDING_SET(finding->fix, "# take it out of the config: no guest can have it");
	else
		fix_iommu(input, finding);
}
