/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel says of itself: settings of vfio and KVM, and what tainted it. Read only for the report. */
#ifndef VFIO_PREP_HOST_KERNEL_STATE_H
#define VFIO_PREP_HOST_KERNEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

struct root;

#define TAINT_UNKNOWN UINT64_MAX
#define KVM_SETTINGS 8

/* A parameter of a module below /sys/module. */
struct module_parameter {
	const char *module, *name;
	enum answer loaded; /* the module is there, loaded or built in */
	bool missing;       /* it is, and has no such parameter */
	char value[24];     /* "" it cannot be read, or there is none */
};

struct kernel_state {
	uint64_t taint; /* bits as in Documentation/admin-guide/tainted-kernels.rst */
	struct module_parameter unsafe_interrupts, noiommu;
	enum answer kvm;    /* /dev/kvm is there */
	struct module_parameter paging; /* second level page tables: kvm_intel's ept, kvm_amd's npt; module NULL neither */
	struct module_parameter kvm_settings[KVM_SETTINGS]; /* those that are there */
	unsigned int kvm_setting_count;
	/* Of the first CPU; "" unknown, or not x86. */
	char vendor[16]; /* GenuineIntel, AuthenticAMD, ... */
	enum answer virtualization; /* it has vmx or svm: firmware that switches it off takes vmx away (since Linux 5.6) */
};

/* Whatever cannot be read is unknown. */
void kernel_state_read(const struct root *root, struct kernel_state *ret);

/* Y, y and 1 are yes, N, n and 0 no (lib/params.c, param_get_bool; older modules have numbers); else unknown. */
enum answer module_parameter_answer(const struct module_parameter *parameter);

#endif
