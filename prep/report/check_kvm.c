/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether guests run on the processor itself, and how KVM is set. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"

#define GUESTS(config) ((config)->enabled && ((config)->device_count || (config)->pool_count || (config)->vm_count))

static void explain_missing(const struct check_input *input, struct finding *finding)
{
	const struct kernel_state *kernel = &input->surroundings->kernel;
	bool intel = strcmp(kernel->vendor, "GenuineIntel") == 0, amd = strcmp(kernel->vendor, "AuthenticAMD") == 0;

	FINDING_SET(finding->want, "/dev/kvm");
	if (input->host->x86 != ANSWER_NO && kernel->virtualization == ANSWER_NO) {
		FINDING_SET(finding->have, "no virtualization among the CPU's flags");
		FINDING_SET(finding->fix, intel ? "# switch VT-x (VMX) on in the firmware's setup" : amd ?
		            "# switch SVM on in the firmware's setup" : "# switch virtualization on in the firmware's setup");
	} else {
		FINDING_SET(finding->have, "none");
		FINDING_SET(finding->fix, "modprobe %s",
		            input->host->x86 == ANSWER_NO ? "kvm" :
		            intel                         ? "kvm_intel" :
		            amd                           ? "kvm_amd" :
		                                            "-a kvm_intel kvm_amd  # the one of the two that fits");
	}
}

void check_kvm_module(const struct check_input *input, struct report *report)
{
	const struct kernel_state *kernel = input->surroundings ? &input->surroundings->kernel : NULL;
	struct finding *finding;

	if (!kernel || !GUESTS(input->config))
		return;
	if (kernel->kvm == ANSWER_YES && kernel->paging.module) {
		const struct module_parameter *paging = &kernel->paging;

		switch (module_parameter_answer(paging)) {
		case ANSWER_NO:
			finding = report_add(report, "kvm.module", "", STATUS_FAIL,
			                     "KVM keeps page tables of guests by software (%s is off): many "
			                     "times slower",
			                     paging->name);
			FINDING_SET(finding->want, "%s on", paging->name);
			FINDING_SET(finding->have, "%s", paging->value);
			FINDING_SET(finding->fix,
			            "rmmod %s && modprobe %s %s=1  # with no guest running; and take %s= off /etc/modprobe.d",
			            paging->module, paging->module, paging->name, paging->name);
			break;
		case ANSWER_YES:
			finding = report_add(report, "kvm.module", "", STATUS_PASS, "/dev/kvm is there, with %s", paging->name);
			break;
		default:
			finding = report_add(report, "kvm.module", "", STATUS_UNKNOWN, "/dev/kvm is there; %s cannot be read",
			                     paging->name);
		}
		FINDING_SET(finding->source, "/sys/module/%s/parameters/%s", paging->module, paging->name);
		return;
	}
	if (kernel->kvm == ANSWER_YES) {
		finding = report_add(report, "kvm.module", "", STATUS_PASS, "/dev/kvm is there");
	} else if (kernel->kvm == ANSWER_UNKNOWN) {
		finding = report_add(report, "kvm.module", "", STATUS_UNKNOWN, "there is no /dev to look into");
	} else {
		finding =
			report_add(report, "kvm.module", "", STATUS_FAIL, "there is no /dev/kvm: guests do not start, or crawl");
		explain_missing(input, finding);
	}
	FINDING_SET(finding->source, "/dev/kvm");
}

/* What a value means that is not what most hosts have: the one that costs most; NULL. */
static const char *remark(const struct kernel_state *kernel)
{
	static const struct { const char *name; enum answer value; const char *text;
	} remarks[] = {
		/* Documentation/admin-guide/hw-vuln/multihit.rst */
		{ "nx_huge_pages", ANSWER_YES,
		  "executable memory of guests is in small pages, against the iTLB multihit fault of this CPU" },
		{ "enable_apicv", ANSWER_NO, "each interrupt leaves the guest (no APICv)" },
		{ "ignore_msrs", ANSWER_YES,
		  "registers that the CPU does not have read as 0, which hides faults; some guests need it" },
		{ "nested", ANSWER_NO, "no hypervisor inside of a guest (Hyper-V, WSL2)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(remarks); i++)
		for (unsigned int j = 0; j < kernel->kvm_setting_count; j++)
			if (strcmp(remarks[i].name, kernel->kvm_settings[j].name) == 0 &&
			    module_parameter_answer(&kernel->kvm_settings[j]) == remarks[i].value)
				return remarks[i].text;
	return NULL;
}

void check_kvm_settings(const struct check_input *input, struct report *report)
{
	const struct kernel_state *kernel = input->surroundings ? &input->surroundings->kernel : NULL;
	struct finding *finding;
	const char *said;
	char values[160] = "";
	size_t used = 0;

	if (!kernel || !GUESTS(input->config) || !kernel->kvm_setting_count)
		return;
	for (unsigned int i = 0; i < kernel->kvm_setting_count; i++) {
		const struct module_parameter *setting = &kernel->kvm_settings[i];

		used += (size_t)snprintf(values + used, sizeof(values) - used, "%s%s %s", used ? ", " : "", setting->name,
		                         setting->value);
		if (used >= sizeof(values))
			break;
	}
	said = remark(kernel);
	finding = report_add(report, "kvm.settings", "", STATUS_INFO, "%s%s%s", values, said ? ": " : "", said ?: "");
	FINDING_SET(finding->have, "%s", values);
	FINDING_SET(finding->source, "/sys/module/kvm*/parameters");
}
