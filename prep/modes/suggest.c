/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --suggest: a config for devices, or for libvirt what a [vm] asks for. Changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "modes/guest.h"
#include "modes/modes.h"
#include "plan/guards.h"
#include "report/domain.h"
#include "report/suggest.h"

static void warn_of_vm(const struct session *session, const struct vm_section *vm)
{
	const struct topology *topology = &session->host.topology;
	struct cpus absent = vm->cpus;
	char list[160];

	if (!session->config.enabled)
		complain("warning: enabled = no in [vfio-prep]: nothing is taken for it");
	cpus_minus(&absent, &topology->online);
	if (!vm->has_cpus || cpus_empty(&absent))
		return;
	cpus_format(&absent, list, sizeof(list));
	if (topology->error)
		complain("warning: /sys/devices/system/cpu/online: %s; its CPUs are left out", strerror(-topology->error));
	else
		complain("warning: [vm %s]: CPU%s %s: not online here, and left out", vm->name,
		         cpus_count(&absent) == 1 ? "" : "s", list);
}

static int suggest_domain(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(goals_done) struct goals goals = { 0 };
	_cleanup_(isolation_done) struct isolation isolation = { 0 };
	const struct goals_of of = { .every = true };
	const struct vm_section *vm = NULL;
	int r = session_open(options, true, false, &session);

	if (r != EXIT_GOOD)
		return r;
	if (options->operand_count > 1) {
		complain("unknown argument '%s'; expected the NAME of one guest", options->operands[1]);
		return EXIT_USAGE;
	}
	vm = find_vm(&session.config, options->operands[0]);
	if (!vm)
		return EXIT_USAGE;
	r = session_read_host(&session, HOST_STORAGE | HOST_CPUS | HOST_MEMORY | HOST_CHECKS);
	if (r != EXIT_GOOD)
		return r;
	warn_of_vm(&session, vm);
	r = goals_build_of(&of, &session.config, &session.host, &goals);
	if (r == 0)
		guards_apply(&goals, &session.host, VIEW_NEXT_BOOT);
	r = r < 0 ? r : isolation_build(&session.config, &session.host, &isolation);
	r = r < 0 ? r : domain_print(stdout, &session.config, vm, &session.host, &goals, &isolation);
	if (r < 0) {
		complain("the domain cannot be written: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	return EXIT_GOOD;
}

static bool can_be_given(const struct host *host, const struct pci_function *function)
{
	return !pci_is_bridge(function) && !host_leaves_out(host, function);
}

/* "0000:01:00.0, 0000:02:00.0": endpoints around an address, as many on each side. */
static void list_nearest(const struct host *host, const struct pci_address *address, char *text, size_t size)
{
	const struct pci *pci = &host->pci;
	size_t first = 0, behind, used = 0;

	while (first < pci->count && pci_address_compare(&pci->functions[first].address, address) < 0)
		first++;
	behind = first;
	for (unsigned int found = 0; first > 0 && found < 2;)
		found += can_be_given(host, &pci->functions[--first]);
	for (unsigned int found = 0; behind < pci->count && found < 2;)
		found += can_be_given(host, &pci->functions[behind++]);
	text[0] = '\0';
	for (; first < behind && used < size; first++) {
		char name[PCI_ADDRESS_MAX];

		if (can_be_given(host, &pci->functions[first]))
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
			                         pci_address_format(&pci->functions[first].address, name));
	}
}

/* The number of the function that an operand names. EXIT_GOOD, or EXIT_USAGE with a complaint. */
static int find_function(const char *operand, const struct host *host, size_t *ret)
{
	const struct pci *pci = &host->pci;
	char nearest[5 * PCI_ADDRESS_MAX + 8], name[PCI_ADDRESS_MAX];
	const struct pci_function *function;
	struct pci_address address;

	if (pci_address_parse(operand, &address) < 0) {
		complain("'%s' is no PCI address; expected [DDDD:]BB:DD.F, such as 0000:01:00.0 (for [vm %s] of the config, "
		         "--format libvirt)", operand, operand);
		return EXIT_USAGE;
	}
	function = pci_find(pci, &address);
	if (function && !pci_is_bridge(function)) {
		*ret = (size_t)(function - pci->functions);
		return EXIT_GOOD;
	}
	list_nearest(host, &address, nearest, sizeof(nearest));
	pci_address_format(&address, name);
	if (function)
		complain("%s is a bridge, and vfio-pci takes endpoints only; nearest: %s", name, nearest);
	else
		complain("there is no device at %s; nearest: %s (vfio-prep --list shows all)", name,
		         nearest[0] ? nearest : "none");
	return EXIT_USAGE;
}

static int compare_numbers(const void *a, const void *b)
{
	const size_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* The functions that the operands name, ascending, each once; all operands that name none are told. */
static int find_functions(const struct options *options, const struct host *host, size_t *functions, size_t *ret_count)
{
	size_t count = 0;
	int r = EXIT_GOOD;

	for (size_t i = 0; i < options->operand_count; i++)
		if (find_function(options->operands[i], host, &functions[i]) != EXIT_GOOD)
			r = EXIT_USAGE;
	if (r != EXIT_GOOD)
		return r;
	qsort(functions, options->operand_count, sizeof(*functions), compare_numbers);
	for (size_t i = 0; i < options->operand_count; i++)
		if (!count || functions[count - 1] != functions[i])
			functions[count++] = functions[i];
	*ret_count = count;
	return EXIT_GOOD;
}

static int suggest_config(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(suggestion_done) struct suggestion suggestion = { 0 };
	_cleanup_free_ size_t *functions = calloc(options->operand_count, sizeof(*functions));
	size_t count;
	int r = session_open(options, false, false, &session);

	if (r == EXIT_GOOD)
		r = session_read_host(&session, HOST_ALL_DETAILS | HOST_STORAGE | HOST_CPUS | HOST_MEMORY | HOST_LOG);
	if (r != EXIT_GOOD)
		return r;
	if (session.host.pci_error) {
		complain("/" PCI_DEVICES ": %s; expected sysfs mounted at /sys", strerror(-session.host.pci_error));
		return EXIT_TROUBLE;
	}
	r = functions ? find_functions(options, &session.host, functions, &count) : EXIT_TROUBLE;
	if (r == EXIT_USAGE)
		return r;
	if (r != EXIT_GOOD || suggestion_build(&session.host, functions, count, &suggestion) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	suggestion_print(stdout, &suggestion, session.names);
	return EXIT_GOOD;
}

int mode_suggest(const struct options *options)
{
	return options->format == FORMAT_LIBVIRT ? suggest_domain(options) : suggest_config(options);
}
