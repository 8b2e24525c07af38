/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts, by /proc/irq: each has a folder, and in it one for each handler (kernel/irq/proc.c). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/pci.h"
#include "host/tuning.h"

static bool is_file_of_kernel(const char *name)
{
	static const char *const files[] = {
		"smp_affinity", "smp_affinity_list", "affinity_hint", "effective_affinity", "effective_affinity_list", "node",
		"spurious",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strcmp(name, files[i]) == 0)
			return true;
	return false;
}

/* Where the kernel places it by itself, newer kernels make the file read-only (register_irq_proc()); older say so by
 * EIO. */
static bool is_read_only(const struct root *root, unsigned int number)
{
	char path[ROOT_PATH_MAX];
	struct stat status;
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), IRQ_DIRECTORY "/%u/smp_affinity_list", number);
	fd = root_openat(root, path, O_PATH, 0);
	return fd >= 0 && fstat(fd, &status) == 0 && !(status.st_mode & 0222);
}

static int read_irq(const struct root *root, unsigned int number, struct tuning *tuning)
{
	_cleanup_(names_done) struct names names = { 0 };
	struct irq irq = { .number = number }, *added;
	char path[ROOT_PATH_MAX];
	bool handled = false;

	snprintf(path, sizeof(path), IRQ_DIRECTORY "/%u", number);
	if (root_list(root, path, &names) < 0)
		return 0; /* freed since */
	for (size_t i = 0; i < names.count; i++) {
		if (is_file_of_kernel(names.items[i]))
			continue;
		if (strncmp(names.items[i], "vfio-", 5) == 0)
			irq.owner = IRQ_OWNER_VFIO;
		if (!handled || strcmp(names.items[i], irq.action) < 0)
			snprintf(irq.action, sizeof(irq.action), "%s", names.items[i]);
		handled = true;
	}
	snprintf(path, sizeof(path), IRQ_DIRECTORY "/%u/smp_affinity_list", number);
	/* One that nobody handles is never raised, and goes by the default when somebody requests it. */
	if (!handled || tuning_read_set(root, path, &irq.affinity) < 0)
		return 0;
	snprintf(path, sizeof(path), IRQ_DIRECTORY "/%u/effective_affinity_list", number);
	if (tuning_read_set(root, path, &irq.effective) < 0 || cpus_empty(&irq.effective))
		irq.effective = irq.affinity;
	if (irq.owner == IRQ_OWNER_HOST && is_read_only(root, number))
		irq.owner = IRQ_OWNER_KERNEL;
	added = array_add(&tuning->irqs, &tuning->irq_count, sizeof(irq));
	if (!added)
		return -ENOMEM;
	*added = irq;
	return 0;
}

static int compare_irqs(const void *a, const void *b)
{
	unsigned int left = ((const struct irq *)a)->number, right = ((const struct irq *)b)->number;

	return left < right ? -1 : left > right;
}

static struct irq *find_irq(struct tuning *tuning, unsigned int number)
{
	const struct irq key = { .number = number };

	return tuning->irq_count ? bsearch(&key, tuning->irqs, tuning->irq_count, sizeof(key), compare_irqs) : NULL;
}

/*
 * Drivers of storage have the kernel spread their queues, one a CPU, and only then nobody may move them
 * (drivers/pci/msi/api.c, PCI_IRQ_AFFINITY). The first vector is for the device itself, and may be moved.
 */
static void mark_queues(const struct root *root, const struct pci_function *function, struct tuning *tuning)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];
	uint64_t first = UINT64_MAX, number;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/msi_irqs", pci_address_format(&function->address, address));
	if (root_list(root, path, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (parse_number(names.items[i], CPUS_MAX - 1, &number) == 0 && number < first)
			first = number;
	for (size_t i = 0; i < names.count; i++) {
		struct irq *irq = parse_number(names.items[i], CPUS_MAX - 1, &number) < 0 || number == first
		                          ? NULL : find_irq(tuning, (unsigned int)number);

		if (irq && irq->owner == IRQ_OWNER_HOST)
			irq->owner = IRQ_OWNER_KERNEL;
	}
}

int tuning_read_irqs(const struct root *root, const struct pci *pci, struct tuning *tuning)
{
	_cleanup_(names_done) struct names names = { 0 };

	tuning->irqs_error = root_list(root, IRQ_DIRECTORY, &names);
	if (tuning->irqs_error)
		return tuning->irqs_error == -ENOMEM ? -ENOMEM : 0;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t number;
		int r = parse_number(names.items[i], CPUS_MAX - 1, &number);

		if (r == 0)
			r = read_irq(root, (unsigned int)number, tuning);
		if (r == -ENOMEM)
			return r;
	}
	if (tuning->irq_count)
		qsort(tuning->irqs, tuning->irq_count, sizeof(*tuning->irqs), compare_irqs);
	for (size_t i = 0; i < pci->count; i++)
		if (PCI_CLASS_BASE(pci->functions[i].class) == PCI_BASE_STORAGE)
			mark_queues(root, &pci->functions[i], tuning);
	return 0;
}
