/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config file, vfio-prep.conf(5), read whole: either it has no error, or nothing of it is used. */
#ifndef VFIO_PREP_HOST_CONFIG_H
#define VFIO_PREP_HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpus.h"
#include "host/address.h"

#define CONFIG_PATH "etc/vfio-prep.conf"
#define CONFIG_SIZE_MAX (1 << 20) /* no hand writes a megabyte; early boot must not read a disk */
#define CONFIG_NAME_MAX 64        /* names of sections, drivers, governors and users, with the NUL */

/* vendor:device[:subvendor:subdevice]; -1 stands for '*' and for what was left out. */
struct id_pattern {
	int32_t vendor, device, subvendor, subdevice;
};

/* The guards of design.md section 5 that `allow` can waive, as bits. */
enum waiver {
	WAIVE_BOOT_DISPLAY = 1 << 0,
	WAIVE_STORAGE = 1 << 1,
	WAIVE_NETWORK = 1 << 2,
	WAIVE_USB = 1 << 3,
	WAIVE_GROUP = 1 << 4,
};

enum also { ALSO_NONE, ALSO_SLOT, ALSO_GROUP };

/* [device NAME] */
struct device_section {
	char name[CONFIG_NAME_MAX];
	unsigned int line;
	struct id_pattern *ids;
	size_t id_count;
	struct pci_address *addresses;
	size_t address_count;
	char (*paths)[PCI_PATH_MAX]; /* canonical */
	size_t path_count;
	uint32_t class_value; /* compared with the upper class_digits of the six */
	unsigned int class_digits;
	enum also also;
	char driver[CONFIG_NAME_MAX];
	bool required;
	unsigned int allow; /* of enum waiver */
};

/* One line of [hugepages], or one value of a [vm]'s hugepages. */
struct page_pool {
	uint64_t page_size; /* bytes */
	int node;           /* -1: the kernel's own spread */
	uint64_t pages;
	unsigned int line;
};

enum isolate { ISOLATE_NONE, ISOLATE_AUTO, ISOLATE_LIST };

/* [cpus] */
struct cpus_section {
	enum isolate isolate;
	unsigned int auto_count; /* logical CPUs; 0: as many as the rule gives */
	struct cpus list;
	char near[CONFIG_NAME_MAX]; /* the name of a [device]; empty: the first */
	unsigned int near_line;
	bool tick, irqs;
	char governor[CONFIG_NAME_MAX]; /* empty: left alone */
	uint64_t max_latency_us;
	bool has_max_latency;
};

/* [vm NAME] */
struct vm_section {
	char name[CONFIG_NAME_MAX];
	unsigned int line;
	struct page_pool *pools;
	size_t pool_count;
	struct cpus cpus;
	bool has_cpus;
	char (*devices)[CONFIG_NAME_MAX];
	size_t device_count;
	unsigned int devices_line;
	char governor[CONFIG_NAME_MAX];
};

struct config_error {
	unsigned int line; /* 0: the file as a whole */
	char text[320];
};

struct config {
	bool enabled;
	uint64_t timeout_us;
	char user[CONFIG_NAME_MAX]; /* empty: libvirt's */
	struct device_section *devices;
	size_t device_count;
	struct page_pool *pools;
	size_t pool_count;
	uint64_t keep_free; /* bytes */
	struct cpus_section cpus;
	struct vm_section *vms;
	size_t vm_count;
	/* What is wrong with it, in the order of lines. With an error nothing above may be used. */
	struct config_error *errors;
	size_t error_count;
	/* The file as it was read, for the copy in /run and its comparison. */
	char *bytes;
	size_t size;
	/* Not empty where others than root own the file or may write it: modes that change something refuse it. */
	char unsafe[128];
};

/*
 * Reads the config from an open file. Errors in its text are no failure of this function: see errors.
 * Returns 0, -ENOMEM, or the errno of reading it (-EFBIG over CONFIG_SIZE_MAX, -EISDIR). Whatever it
 * returns, config_done releases the result.
 */
int config_read(int fd, struct config *ret);
void config_done(struct config *config);

/* The [device] section of this name; NULL. */
const struct device_section *config_device(const struct config *config, const char *name);

/* The [vm] section of this name; NULL. */
const struct vm_section *config_vm(const struct config *config, const char *name);

/* True where the guest has the [device] section of this name; the first guest that has it, NULL where none. */
bool vm_has_device(const struct vm_section *vm, const char *name);
const struct vm_section *config_vm_of_device(const struct config *config, const char *name);

/* "storage", as in `allow`; for one bit. */
const char *waiver_name(enum waiver waiver);

#endif
