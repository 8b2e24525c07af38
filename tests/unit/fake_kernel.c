/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fake_tuning.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"
#define BLOCKS "sys/class/block"

/* Small text */

static bool is_vfio(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

/* '-' and '_' are the same in a module's name. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

static void copy_name(char *target, const char *text)
{
	assert_true(strlen(text) < FAKE_NAME);
	strcpy(target, text);
}

/* Text that is taken over by the caller's buffer. */
static void take_name(char *target, char *text)
{
	copy_name(target, text ? text : "");
	free(text);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool exists(const struct fake_kernel *kernel, const char *path)
{
	return root_exists(&kernel->tree->root, path);
}

/* Replaces the file by "TEXT\n". */
static void put(const struct fake_kernel *kernel, const char *path, const char *text)
{
	char *line = format_text("%s\n", text);

	tree_write(kernel->tree, path, line);
	free(line);
}

/* Removes what is in a folder, not links' targets. */
static void clear_folder(const struct fake_kernel *kernel, const char *path)
{
	struct names names;

	if (root_list(&kernel->tree->root, path, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char *below = format_text("%s/%s", path, names.items[i]), *target = tree_readlink(kernel->tree, below);

		if (!target)
			clear_folder(kernel, below);
		tree_remove(kernel->tree, below);
		free(target);
		free(below);
	}
	names_done(&names);
}

/* Devices and drivers */

struct fake_device *fake_device(const struct fake_kernel *kernel, const char *address)
{
	for (size_t i = 0; i < kernel->device_count; i++)
		if (strcmp(kernel->devices[i].address, address) == 0)
			return &kernel->devices[i];
	return NULL;
}

static struct fake_driver *find_driver(const struct fake_kernel *kernel, const char *name)
{
	for (size_t i = 0; i < kernel->driver_count; i++)
		if (strcmp(kernel->drivers[i].name, name) == 0)
			return &kernel->drivers[i];
	return NULL;
}

static struct fake_driver *add_driver(struct fake_kernel *kernel, const char *name, const char *module)
{
	struct fake_driver *driver = find_driver(kernel, name);

	if (driver)
		return driver;
	driver = array_add(&kernel->drivers, &kernel->driver_count, sizeof(*driver));
	assert_non_null(driver);
	copy_name(driver->name, name);
	copy_name(driver->module, module);
	return driver;
}

static bool is_registered(const struct fake_kernel *kernel, const char *driver)
{
	char *path = format_text(DRIVERS "/%s", driver);
	bool registered = exists(kernel, path);

	free(path);
	return registered;
}

char *fake_driver_of(const struct fake_kernel *kernel, const char *address)
{
	char *path = format_text(DEVICES "/%s/driver", address), name[FAKE_NAME] = "";

	root_link_name(&kernel->tree->root, path, name, sizeof(name));
	free(path);
	return format_text("%s", name);
}

char *fake_override_of(const struct fake_kernel *kernel, const char *address)
{
	const struct fake_device *device = fake_device(kernel, address);
	char *path, *text;

	assert_non_null(device);
	path = format_text("%s/driver_override", device->directory);
	text = tree_read(kernel->tree, path);
	free(path);
	return text;
}

static char *attribute_of(const struct fake_kernel *kernel, const struct fake_device *device, const char *name)
{
	char *path = format_text("%s/%s", device->directory, name), *text = tree_read(kernel->tree, path);

	free(path);
	return text;
}

/* drivers/pci/pci-driver.c, pci_match_device(): an override decides alone, else the ids. */
static bool matches(const struct fake_kernel *kernel, const char *driver, const struct fake_device *device)
{
	char *override = fake_override_of(kernel, device->address);
	bool match = override && strcmp(override, "(null)") != 0 ? strcmp(override, driver) == 0
	                                                         : strcmp(device->native, driver) == 0;

	free(override);
	return match;
}

static bool is_pci_bridge(const struct fake_kernel *kernel, const struct fake_device *device)
{
	char *class = attribute_of(kernel, device, "class");
	bool bridge = class && (strncmp(class, "0x0604", 6) == 0 || strncmp(class, "0x0609", 6) == 0);

	free(class);
	return bridge;
}

static bool has_functions_enabled(const struct fake_kernel *kernel, const struct fake_device *device)
{
	char *count = attribute_of(kernel, device, "sriov_numvfs");
	bool enabled = count && atoi(count) > 0;

	free(count);
	return enabled;
}

/* The number of its IOMMU group, to be freed; NULL without. */
static char *group_of(const struct fake_kernel *kernel, const struct fake_device *device)
{
	char *path = format_text("%s/iommu_group", device->directory), *target = tree_readlink(kernel->tree, path);
	char *group = target ? format_text("%s", last_part(target)) : NULL;

	free(target);
	free(path);
	return group;
}

static int fault(struct fake_kernel *kernel, enum fake_call call, const char *text, bool *ret_silent);

/* drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_register_device() */
static int vfio_takes(struct fake_kernel *kernel, const struct fake_device *device)
{
	char *group = group_of(kernel, device);
	bool grouped = group != NULL, silent = false;
	int r = fault(kernel, FAKE_TAKE, device->address, &silent);

	free(group);
	if (r < 0)
		return r;
	if (!grouped || is_pci_bridge(kernel, device))
		return -EINVAL;
	return has_functions_enabled(kernel, device) ? -EBUSY : 0;
}

/* The line DRIVER= stands first (drivers/base/core.c, dev_uevent()); driver "" takes it away. */
static void set_uevent(const struct fake_kernel *kernel, const struct fake_device *device, const char *driver)
{
	char *path = format_text("%s/uevent", device->directory), *text = tree_read(kernel->tree, path), *rest = text,
		 *fresh;

	assert_non_null(text);
	if (strncmp(text, "DRIVER=", 7) == 0) {
		rest = strchr(text, '\n');
		rest = rest ? rest + 1 : strchr(text, '\0');
	}
	fresh = format_text("%s%s%s%s", *driver ? "DRIVER=" : "", driver, *driver ? "\n" : "", rest);
	put(kernel, path, fresh);
	free(fresh);
	free(text);
	free(path);
}

/* "../../../", from a folder back to sys/ */
static char *way_up(const char *directory)
{
	char *up = format_text("%s", "");

	for (const char *c = directory; *c; c++)
		if (*c == '/') {
			char *longer = format_text("../%s", up);

			free(up);
			up = longer;
		}
	return up;
}

static void set_group_node(const struct fake_kernel *kernel, const struct fake_device *device, bool there)
{
	char *group = group_of(kernel, device), *path;

	if (!group)
		return;
	path = format_text("dev/vfio/%s", group);
	if (there)
		put(kernel, path, "");
	else
		tree_remove(kernel->tree, path);
	free(path);
	free(group);
}

/* Block devices */

static struct fake_block *find_block(const struct fake_kernel *kernel, const char *name)
{
	for (size_t i = 0; i < kernel->block_count; i++)
		if (strcmp(kernel->blocks[i].name, name) == 0)
			return &kernel->blocks[i];
	return NULL;
}

static bool may_be_there(const struct fake_kernel *kernel, const struct fake_block *block)
{
	if (block->owner[0]) {
		char *driver = fake_driver_of(kernel, block->owner);
		bool driven = *driver && !is_vfio(driver);

		free(driver);
		return driven;
	}
	for (size_t i = 0; i < block->slaves.count; i++) {
		const struct fake_block *slave = find_block(kernel, block->slaves.items[i]);

		if (!slave || !slave->there)
			return false;
	}
	return true;
}

static void show_block(const struct fake_kernel *kernel, const struct fake_block *block)
{
	char *path = format_text(BLOCKS "/%s", block->name);

	if (block->there)
		tree_link(kernel->tree, path, block->link);
	else
		tree_remove(kernel->tree, path);
	free(path);
	if (block->path && block->there && exists(kernel, "run/."))
		put(kernel, block->path, block->udev);
	else if (block->path)
		tree_remove(kernel->tree, block->path);
}

static void update_blocks(struct fake_kernel *kernel)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < kernel->block_count; i++) {
			struct fake_block *block = &kernel->blocks[i];
			bool there = may_be_there(kernel, block);

			if (there == block->there)
				continue;
			block->there = there;
			show_block(kernel, block);
			changed = true;
		}
	} while (changed);
}

static int bind_device(struct fake_kernel *kernel, const struct fake_device *device, const char *driver)
{
	char *link = format_text("%s/driver", device->directory), *up = way_up(device->directory), *target;
	char *back = format_text(DRIVERS "/%s/%s", driver, device->address);
	int r = is_vfio(driver) ? vfio_takes(kernel, device) : 0;

	if (r == 0) {
		target = format_text("%sbus/pci/drivers/%s", up, driver);
		tree_link(kernel->tree, link, target);
		free(target);
		target = format_text("../../../../%s", device->directory + strlen("sys/"));
		tree_link(kernel->tree, back, target);
		free(target);
		set_uevent(kernel, device, driver);
		if (is_vfio(driver))
			set_group_node(kernel, device, true);
		update_blocks(kernel);
	}
	free(back);
	free(up);
	free(link);
	return r;
}

static void unbind_device(struct fake_kernel *kernel, const struct fake_device *device)
{
	char *driver = fake_driver_of(kernel, device->address);
	char *link = format_text("%s/driver", device->directory);
	char *back = format_text(DRIVERS "/%s/%s", driver, device->address);

	tree_remove(kernel->tree, link);
	tree_remove(kernel->tree, back);
	set_uevent(kernel, device, "");
	if (is_vfio(driver))
		set_group_node(kernel, device, false);
	update_blocks(kernel);
	free(back);
	free(link);
	free(driver);
}

/* drivers/base/dd.c: the first registered driver that matches and takes it; only one, where it is registered. */
static void attach_one(struct fake_kernel *kernel, const struct fake_device *device, const struct fake_driver *only)
{
	char *bound = fake_driver_of(kernel, device->address);

	for (size_t i = 0; !*bound && i < kernel->driver_count; i++) {
		const char *driver = kernel->drivers[i].name;

		if (only && strcmp(only->name, driver) != 0)
			continue;
		if (is_registered(kernel, driver) && matches(kernel, driver, device) &&
		    bind_device(kernel, device, driver) == 0)
			break;
	}
	free(bound);
}

static void attach(struct fake_kernel *kernel, const struct fake_device *device)
{
	attach_one(kernel, device, NULL);
}

static void register_driver(struct fake_kernel *kernel, const struct fake_driver *driver)
{
	char *path = format_text(DRIVERS "/%s", driver->name), *link = format_text("%s/module", path);
	char *target = format_text("../../../../module/%s", driver->module);
	char *state = format_text("sys/module/%s/initstate", driver->module);

	tree_mkdir(kernel->tree, path);
	tree_link(kernel->tree, link, target);
	put(kernel, state, "live");
	free(state);
	free(target);
	free(link);
	free(path);
	for (size_t i = 0; i < kernel->device_count; i++)
		attach_one(kernel, &kernel->devices[i], driver);
}

static void load_parts(const struct fake_kernel *kernel)
{
	if (!exists(kernel, "sys/module/vfio"))
		put(kernel, "sys/module/vfio/initstate", "live");
	if (!exists(kernel, "dev/vfio/vfio"))
		put(kernel, "dev/vfio/vfio", "");
}

/* Loads a module that the machine has. */
static int load_module(struct fake_kernel *kernel, const char *module)
{
	if (same_module(module, "vfio_iommu_type1")) {
		load_parts(kernel);
		if (!exists(kernel, "sys/module/vfio_iommu_type1"))
			put(kernel, "sys/module/vfio_iommu_type1/initstate", "live");
		return 0;
	}
	for (size_t i = 0; i < kernel->driver_count; i++) {
		const struct fake_driver *driver = &kernel->drivers[i];

		if (!same_module(*driver->module ? driver->module : driver->name, module))
			continue;
		if (is_vfio(driver->name))
			load_parts(kernel);
		if (!is_registered(kernel, driver->name))
			register_driver(kernel, driver);
		return 0;
	}
	return -ENOENT;
}

/* Loads the module of a driver. */
static void load_driver(struct fake_kernel *kernel, const char *name)
{
	const struct fake_driver *driver = find_driver(kernel, name);

	assert_non_null(driver);
	assert_int_equal(load_module(kernel, *driver->module ? driver->module : driver->name), 0);
}

/* The effects */

__attribute__((format(printf, 2, 3)))
static void note_call(struct fake_kernel *kernel, const char *format, ...)
{
	char *line, *longer;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&line, format, arguments);
	va_end(arguments);
	assert_true(length >= 0);
	if (length && line[length - 1] == '\n')
		line[length - 1] = '\0';
	longer = format_text("%s%s\n", kernel->log, line);
	free(line);
	free(kernel->log);
	kernel->log = longer;
}

static int fault(struct fake_kernel *kernel, enum fake_call call, const char *text, bool *ret_silent)
{
	for (size_t i = 0; i < kernel->fault_count; i++) {
		struct fake_fault *fault = &kernel->faults[i];

		if (fault->call != call || (fault->contains && !strstr(text, fault->contains)))
			continue;
		fault->seen++;
		if (fault->nth && fault->seen != fault->nth)
			continue;
		*ret_silent = fault->silent;
		return fault->error;
	}
	return 0;
}

/* drivers/base/driver.c, driver_set_override() */
static int write_override(struct fake_kernel *kernel, const struct fake_device *device, const char *text)
{
	size_t size = strcspn(text, "\n");
	char *path, *value;

	if (!*text)
		return 0;
	path = format_text("%s/driver_override", device->directory);
	if (!exists(kernel, path)) {
		free(path);
		return -ENOENT;
	}
	value = format_text("%.*s", (int)size, text);
	put(kernel, path, *value ? value : "(null)");
	free(value);
	free(path);
	return 0;
}

static int write_bind(struct fake_kernel *kernel, const char *driver, const char *address, bool bind)
{
	const struct fake_device *device = fake_device(kernel, address);
	char *bound;
	int r = 0;

	if (!device)
		return -ENODEV;
	bound = fake_driver_of(kernel, address);
	if (!bind && strcmp(bound, driver) != 0)
		r = -ENODEV;
	else if (!bind)
		unbind_device(kernel, device);
	else if (!matches(kernel, driver, device))
		r = -ENODEV;
	else
		r = *bound ? -EBUSY : bind_device(kernel, device, driver);
	free(bound);
	return r;
}

static int write_uevent(struct fake_kernel *kernel, const struct fake_device *device, const char *text)
{
	if (strncmp(text, "add", 3) != 0)
		return -EINVAL;
	if (!kernel->no_udev && device->native[0]) {
		load_driver(kernel, device->native);
		attach(kernel, device);
	}
	return 0;
}

/* Cuts the next component off a path. */
static const char *component(char **path)
{
	const char *part = strsep(path, "/");

	return part ? part : "";
}

static int write_device(struct fake_kernel *kernel, char *rest, const char *text)
{
	const struct fake_device *device = fake_device(kernel, component(&rest));

	if (!device || !rest)
		return -ENOENT;
	if (strcmp(rest, "driver_override") == 0)
		return write_override(kernel, device, text);
	if (strcmp(rest, "uevent") == 0)
		return write_uevent(kernel, device, text);
	if (strcmp(rest, "driver/unbind") == 0) {
		char *driver = fake_driver_of(kernel, device->address);
		int r = *driver ? write_bind(kernel, driver, text, false) : -ENOENT;

		free(driver);
		return r;
	}
	return -ENOENT;
}

static int write_driver(struct fake_kernel *kernel, char *rest, const char *text)
{
	const char *driver = component(&rest);

	if (!is_registered(kernel, driver) || !rest)
		return -ENOENT;
	if (strcmp(rest, "bind") == 0 || strcmp(rest, "unbind") == 0)
		return write_bind(kernel, driver, text, *rest == 'b');
	return -ENOENT;
}

static int write_path(struct fake_kernel *kernel, const char *path, const char *text)
{
	char *copy = format_text("%s", path), *value = format_text("%s", text);
	int r;

	if (strncmp(path, ".units/", 7) == 0) {
		put(kernel, path, text);
		free(copy);
		free(value);
		return 0;
	}
	/* What names a device is compared with sysfs_streq(): one newline at its end is nothing. */
	if (!strstr(path, "driver_override"))
		value[strcspn(value, "\n")] = '\0';
	if (strcmp(path, "sys/bus/pci/drivers_probe") == 0) {
		const struct fake_device *device = fake_device(kernel, value);

		r = device ? 0 : -ENODEV;
		if (device)
			attach(kernel, device);
	} else if (strncmp(path, DEVICES "/", strlen(DEVICES "/")) == 0) {
		r = write_device(kernel, copy + strlen(DEVICES "/"), value);
	} else if (strncmp(path, DRIVERS "/", strlen(DRIVERS "/")) == 0) {
		r = write_driver(kernel, copy + strlen(DRIVERS "/"), value);
	} else if (!fake_pages_write(&kernel->pages, path, value, &r) &&
	           !fake_tuning_write(kernel->tree, path, value, &r)) {
		r = root_write(&kernel->tree->root, path, text);
	}
	free(value);
	free(copy);
	return r;
}

static int fake_write(const struct effects *effects, const char *path, const char *text)
{
	struct fake_kernel *kernel = (struct fake_kernel *)effects;
	bool silent = false;
	int r;

	kernel->writes++;
	note_call(kernel, "write %s %s", path, text);
	r = fault(kernel, FAKE_WRITE, path, &silent);
	if (r < 0 || silent)
		return silent ? 0 : r;
	return write_path(kernel, path, text);
}

static int fake_load(const struct effects *effects, const char *module, char *note)
{
	struct fake_kernel *kernel = (struct fake_kernel *)effects;
	bool silent = false;
	int r;

	note[0] = '\0';
	kernel->loads++;
	note_call(kernel, "load %s", module);
	r = fault(kernel, FAKE_LOAD, module, &silent);
	return r < 0 ? r : load_module(kernel, module);
}

static uint64_t fake_now(const struct effects *effects)
{
	struct fake_kernel *kernel = (struct fake_kernel *)effects;

	return kernel->usec += 7;
}

/* The machine */

static void read_drivers(struct fake_kernel *kernel)
{
	struct names names;

	if (root_list(&kernel->tree->root, DRIVERS, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char *link = format_text(DRIVERS "/%s/module", names.items[i]), *target = tree_readlink(kernel->tree, link);

		add_driver(kernel, names.items[i], target ? last_part(target) : "");
		free(target);
		free(link);
	}
	names_done(&names);
}

static void read_devices(struct fake_kernel *kernel)
{
	struct names names;

	assert_int_equal(root_list(&kernel->tree->root, DEVICES, &names), 0);
	for (size_t i = 0; i < names.count; i++) {
		struct fake_device *device = array_add(&kernel->devices, &kernel->device_count, sizeof(*device));
		char *link = format_text(DEVICES "/%s", names.items[i]), *target = tree_readlink(kernel->tree, link);
		char *native = format_text(".native/%s", names.items[i]);

		assert_non_null(device);
		assert_non_null(target);
		copy_name(device->address, names.items[i]);
		device->directory = format_text("sys/%s", target + strspn(target, "./"));
		take_name(device->native, exists(kernel, native) ? tree_read(kernel->tree, native)
		                                                 : fake_driver_of(kernel, device->address));
		if (device->native[0] && !is_vfio(device->native))
			add_driver(kernel, device->native, device->native);
		free(native);
		free(target);
		free(link);
	}
	names_done(&names);
}

static void read_blocks(struct fake_kernel *kernel)
{
	struct names names;

	if (root_list(&kernel->tree->root, BLOCKS, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		struct fake_block *block = array_add(&kernel->blocks, &kernel->block_count, sizeof(*block));
		char *link = format_text(BLOCKS "/%s", names.items[i]), *slaves = format_text("%s/slaves", link);
		char *attribute = format_text("%s/dev", link), *number = tree_read(kernel->tree, attribute), *next, *part;

		assert_non_null(block);
		copy_name(block->name, names.items[i]);
		block->link = tree_readlink(kernel->tree, link);
		assert_non_null(block->link);
		block->there = true;
		root_list(&kernel->tree->root, slaves, &block->slaves);
		part = next = format_text("%s", block->link);
		for (char *component = strsep(&next, "/"); component; component = strsep(&next, "/"))
			if (fake_device(kernel, component))
				copy_name(block->owner, component);
		free(part);
		if (number) {
			block->path = format_text("run/udev/data/b%s", number);
			block->udev = tree_read(kernel->tree, block->path);
		}
		if (!block->udev) {
			free(block->path);
			block->path = NULL;
		}
		free(number);
		free(attribute);
		free(slaves);
		free(link);
	}
	names_done(&names);
}

void fake_kernel_new(struct fake_kernel *kernel, const struct tree *tree)
{
	*kernel = (struct fake_kernel){
		.effects = { .root = &tree->root, .write = fake_write, .load = fake_load, .now = fake_now },
		.tree = tree,
		.log = format_text("%s", ""),
		.pages.tree = tree,
	};
	tree_mkdir(tree, "run");
	read_drivers(kernel);
	read_devices(kernel);
	read_blocks(kernel);
	kernel->mounts = tree_read(tree, "proc/mounts");
	kernel->swaps = tree_read(tree, "proc/swaps");
	add_driver(kernel, "vfio-pci", "vfio_pci");
}

void fake_kernel_done(struct fake_kernel *kernel)
{
	for (size_t i = 0; i < kernel->device_count; i++)
		free(kernel->devices[i].directory);
	for (size_t i = 0; i < kernel->block_count; i++) {
		free(kernel->blocks[i].link);
		free(kernel->blocks[i].path);
		free(kernel->blocks[i].udev);
		names_done(&kernel->blocks[i].slaves);
	}
	free(kernel->blocks);
	free(kernel->mounts);
	free(kernel->swaps);
	free(kernel->devices);
	free(kernel->drivers);
	free(kernel->log);
	*kernel = (struct fake_kernel){ 0 };
}

/* Forgets a driver that is a module. */
static void unregister(struct fake_kernel *kernel, const struct fake_driver *driver)
{
	char *folder = format_text(DRIVERS "/%s", driver->name), *module = format_text("sys/module/%s", driver->module);

	for (size_t i = 0; i < kernel->device_count; i++) {
		char *bound = fake_driver_of(kernel, kernel->devices[i].address);

		if (strcmp(bound, driver->name) == 0)
			unbind_device(kernel, &kernel->devices[i]);
		free(bound);
	}
	clear_folder(kernel, folder);
	tree_remove(kernel->tree, folder);
	clear_folder(kernel, module);
	tree_remove(kernel->tree, module);
	free(module);
	free(folder);
}

/* Virtual functions exist only after their physical one has its driver and somebody enabled them. */
static void remove_virtual_functions(struct fake_kernel *kernel)
{
	size_t kept = 0;

	for (size_t i = 0; i < kernel->device_count; i++) {
		struct fake_device *device = &kernel->devices[i];
		char *physical = format_text("%s/physfn", device->directory), *target = tree_readlink(kernel->tree, physical);
		char *count = format_text("%s/sriov_numvfs", device->directory);

		if (target) {
			char *group = group_of(kernel, device), *bus = format_text(DEVICES "/%s", device->address);
			char *member = format_text("sys/kernel/iommu_groups/%s/devices/%s", group, device->address);

			unbind_device(kernel, device);
			tree_remove(kernel->tree, member);
			tree_remove(kernel->tree, bus);
			free(member);
			free(bus);
			free(group);
			free(device->directory);
		} else {
			if (exists(kernel, count))
				put(kernel, count, "0");
			kernel->devices[kept++] = *device;
		}
		free(count);
		free(target);
		free(physical);
	}
	kernel->device_count = kept;
}

void fake_kernel_early(struct fake_kernel *kernel)
{
	remove_virtual_functions(kernel);
	fake_pages_reset(&kernel->pages);
	fake_tuning_reset(kernel->tree);
	for (size_t i = 0; i < kernel->device_count; i++) {
		const struct fake_device *device = &kernel->devices[i];
		char *bound = fake_driver_of(kernel, device->address);
		int r = write_override(kernel, device, "\n");

		assert_true(r == 0 || r == -ENOENT);
		if (is_vfio(bound))
			unbind_device(kernel, device);
		free(bound);
	}
	for (size_t i = 0; i < kernel->driver_count; i++)
		if (kernel->drivers[i].module[0] && is_registered(kernel, kernel->drivers[i].name))
			unregister(kernel, &kernel->drivers[i]);
	for (size_t i = 0; i < 2; i++) {
		static const char *const modules[] = { "vfio", "vfio_iommu_type1" };
		char *state = format_text("sys/module/%s/initstate", modules[i]),
			 *folder = format_text("sys/module/%s", modules[i]);

		if (exists(kernel, state)) {
			clear_folder(kernel, folder);
			tree_remove(kernel->tree, folder);
		}
		free(folder);
		free(state);
	}
	if (!exists(kernel, "sys/module/vfio"))
		clear_folder(kernel, "dev/vfio");
	clear_folder(kernel, "run");
	tree_remove(kernel->tree, "proc/mounts");
	tree_remove(kernel->tree, "proc/swaps");
	tree_remove(kernel->tree, "proc/net/route");
}

void fake_kernel_coldplug(struct fake_kernel *kernel)
{
	for (size_t i = 0; i < kernel->device_count; i++)
		if (kernel->devices[i].native[0])
			load_driver(kernel, kernel->devices[i].native);
	for (size_t i = 0; i < kernel->device_count; i++)
		attach(kernel, &kernel->devices[i]);
	for (size_t i = 0; i < kernel->block_count; i++)
		show_block(kernel, &kernel->blocks[i]); /* those of built-in drivers: udev looks at them now */
}

void fake_kernel_refresh(struct fake_kernel *kernel)
{
	for (size_t i = 0; i < kernel->block_count; i++) {
		char *path = format_text(BLOCKS "/%s", kernel->blocks[i].name), *target = tree_readlink(kernel->tree, path);

		kernel->blocks[i].there = target != NULL;
		free(target);
		free(path);
	}
}

void fake_kernel_mount(struct fake_kernel *kernel)
{
	if (kernel->mounts)
		put(kernel, "proc/mounts", kernel->mounts);
	if (kernel->swaps)
		put(kernel, "proc/swaps", kernel->swaps);
}

void fake_kernel_fail(struct fake_kernel *kernel, struct fake_fault fault)
{
	assert_true(kernel->fault_count < FAKE_FAULTS);
	kernel->faults[kernel->fault_count++] = fault;
}
