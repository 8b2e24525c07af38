/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/pages.h"
#include "apply/tuning.h"
#include "base/cleanup.h"
#include "base/cpus.h"
#include "base/root.h"

struct walk {
	const struct effects *effects;
	const struct steps *steps;
	enum writer writer;
	struct record *record;
	struct apply_result *result;
	size_t first; /* this walk's first entry of the record */
};

static void device_path(const char *address, const char *attribute, char *path)
{
	snprintf(path, ROOT_PATH_MAX, PCI_DEVICES "/%s/%s", address, attribute);
}

static void save(struct walk *walk)
{
	int r = record_save(walk->effects->root, walk->record);

	if (r < 0)
		walk->result->save_error = r;
}

int apply_read_driver(const struct root *root, const char *address, char *driver)
{
	char path[ROOT_PATH_MAX];
	int r;

	device_path(address, "driver", path);
	r = root_link_name(root, path, driver, STEP_TEXT_MAX);
	if (r == 0)
		return 0;
	driver[0] = '\0';
	snprintf(path, sizeof(path), PCI_DEVICES "/%s", address);
	return root_exists(root, path) ? 0 : -ENODEV;
}

/* The override of a device now, "" for none. */
static int read_override(const struct effects *effects, const char *address, char *override)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	ssize_t length;

	device_path(address, "driver_override", path);
	length = root_read(effects->root, path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	snprintf(override, STEP_TEXT_MAX, "%s", strcmp(text, "(null)") == 0 ? "" : text);
	return 0;
}

static int do_override(const struct walk *walk, struct record_entry *entry)
{
	char path[ROOT_PATH_MAX], now[STEP_TEXT_MAX];
	int r = read_override(walk->effects, entry->target, entry->before);

	if (r < 0) {
		record_explain(entry, "its driver_override cannot be read");
		return r;
	}
	/* Kept before the write, so that whoever finishes after us knows what to restore. */
	record_save(walk->effects->root, walk->record);
	device_path(entry->target, "driver_override", path);
	/* A write of no bytes never reaches the kernel: one newline clears (drivers/base/driver.c). */
	r = walk->effects->write(walk->effects, path, entry->value[0] ? entry->value : "\n");
	if (r < 0) {
		record_explain(entry, "its driver_override cannot be written");
		return r;
	}
	r = read_override(walk->effects, entry->target, now);
	if (r == 0 && strcmp(now, entry->value) != 0) {
		record_explain(entry, "driver_override reads '%s' after the write", now);
		r = -EIO;
	}
	return r;
}

static int do_load(const struct walk *walk, struct record_entry *entry)
{
	char note[EFFECT_NOTE_MAX] = "";
	int r = walk->effects->load(walk->effects, entry->target, note);

	if (note[0])
		record_explain(entry, "%s", note);
	else if (r == -ENOENT)
		record_explain(entry, "no module %s here", entry->target);
	return r;
}

#define PLATFORM_DEVICES "sys/bus/platform/devices"

/*
 * Takes the boot framebuffer from its driver: the memory in the BAR is free then. The device is a platform
 * device ("efi-framebuffer.0", "simple-framebuffer.0"), and there is one in a machine.
 */
static int do_release(const struct walk *walk, struct record_entry *entry)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(walk->effects->root, PLATFORM_DEVICES, &names);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		char path[ROOT_PATH_MAX], driver[STEP_TEXT_MAX];

		if (!strstr(names.items[i], "-framebuffer."))
			continue;
		snprintf(path, sizeof(path), PLATFORM_DEVICES "/%s/driver", names.items[i]);
		if (root_link_name(walk->effects->root, path, driver, sizeof(driver)) < 0)
			continue;
		snprintf(entry->before, sizeof(entry->before), "%s/%s", driver, names.items[i]);
		snprintf(path, sizeof(path), PLATFORM_DEVICES "/%s/driver/unbind", names.items[i]);
		r = walk->effects->write(walk->effects, path, names.items[i]);
		if (r < 0)
			record_explain(entry, "%s does not let go of %s", driver, names.items[i]);
	}
	return r;
}

/* The other way, for a device that goes back to the host: its console as well. */
static void restore_framebuffer(const struct walk *walk, const char *address)
{
	for (size_t i = walk->first; i < walk->record->count; i++) {
		const struct record_entry *entry = &walk->record->entries[i];
		const char *name = strchr(entry->before, '/');
		char path[ROOT_PATH_MAX];

		if (entry->kind != STEP_RELEASE_FRAMEBUFFER || !name || strcmp(entry->target, address) != 0)
			continue;
		snprintf(path, sizeof(path), "sys/bus/platform/drivers/%.*s/bind", (int)(name - entry->before), entry->before);
		walk->effects->write(walk->effects, path, name + 1);
	}
}

static bool driver_registered(const struct effects *effects, const char *driver)
{
	char path[ROOT_PATH_MAX];

	snprintf(path, sizeof(path), PCI_DRIVERS "/%s", driver);
	return root_exists(effects->root, path);
}

/* The driver that a device's probe in this walk wants; "" for its own. */
static const char *wanted_driver(const struct walk *walk, const char *address)
{
	for (size_t i = 0; i < walk->steps->count; i++)
		if (walk->steps->items[i].kind == STEP_PROBE && strcmp(walk->steps->items[i].target, address) == 0)
			return walk->steps->items[i].value;
	return "";
}

static int do_unbind(const struct walk *walk, struct record_entry *entry)
{
	const char *wanted = wanted_driver(walk, entry->target);
	char path[ROOT_PATH_MAX], driver[STEP_TEXT_MAX];
	int r = apply_read_driver(walk->effects->root, entry->target, entry->before);

	if (r < 0 || !entry->before[0])
		return r;
	/* Loading the driver may have failed: a device keeps the one that it has until there is another. */
	if (wanted[0] && !driver_registered(walk->effects, wanted)) {
		record_explain(entry, "%s keeps it, because there is no driver %s", entry->before, wanted);
		return -ENODEV;
	}
	device_path(entry->target, "driver/unbind", path);
	r = walk->effects->write(walk->effects, path, entry->target);
	if (r < 0) {
		record_explain(entry, "%s does not let go", entry->before);
		return r;
	}
	r = apply_read_driver(walk->effects->root, entry->target, driver);
	if (r == 0 && driver[0]) {
		record_explain(entry, "%s still has it", driver);
		r = -EBUSY;
	}
	return r;
}

/* Why vfio-pci says no: probing through drivers_probe hides it, binding by name tells the errno. */
static int bind_by_name(const struct walk *walk, struct record_entry *entry)
{
	char path[ROOT_PATH_MAX], driver[STEP_TEXT_MAX];
	int r;

	if (!driver_registered(walk->effects, entry->value)) {
		record_explain(entry, "there is no driver %s", entry->value);
		return -ENODEV;
	}
	snprintf(path, sizeof(path), PCI_DRIVERS "/%s/bind", entry->value);
	r = walk->effects->write(walk->effects, path, entry->target);
	if (r == 0 && apply_read_driver(walk->effects->root, entry->target, driver) == 0 &&
	    strcmp(driver, entry->value) == 0)
		return 0;
	if (r == -EINVAL) {
		device_path(entry->target, "iommu_group", path);
		record_explain(entry, root_exists(walk->effects->root, path) ? "%s refuses it" :
		               "%s refuses it: it has no IOMMU group", entry->value);
	} else {
		record_explain(entry, "%s did not take it", entry->value);
	}
	return r < 0 ? r : -EIO;
}

static int do_probe(const struct walk *walk, struct record_entry *entry)
{
	char path[ROOT_PATH_MAX], driver[STEP_TEXT_MAX];
	int r = apply_read_driver(walk->effects->root, entry->target, driver);

	if (r < 0)
		return r;
	if (!driver[0]) {
		/* Success is no proof: it says so too where nothing was bound (drivers/pci/pci-sysfs.c). */
		r = walk->effects->write(walk->effects, "sys/bus/pci/drivers_probe", entry->target);
		if (r == 0)
			r = apply_read_driver(walk->effects->root, entry->target, driver);
		if (r < 0)
			return r;
	}
	if (!entry->value[0]) {
		if (driver[0])
			return 0;
		/* Its own driver is not loaded, maybe: udev loads it for an "add" event. */
		device_path(entry->target, "uevent", path);
		walk->effects->write(walk->effects, path, "add");
		record_explain(entry, "no driver has taken it yet");
		return 0;
	}
	if (strcmp(driver, entry->value) == 0 || pci_driver_is_vfio(driver))
		return 0;
	if (driver[0]) {
		record_explain(entry, "%s took it", driver);
		return -EBUSY;
	}
	return bind_by_name(walk, entry);
}

static int do_confine(const struct walk *walk, struct record_entry *entry)
{
	struct cpus wanted = { 0 }, before;
	int r;

	if (!walk->effects->confine)
		return -EOPNOTSUPP;
	if (strcmp(entry->value, CONFINE_ANY) != 0 && cpus_parse_short(entry->value, &wanted) < 0)
		return -EINVAL;
	r = walk->effects->read_unit(walk->effects, entry->target, &before);
	if (r < 0) {
		record_explain(entry, "which CPUs %s may use cannot be told", entry->target);
		return r;
	}
	/* A unit that may use any has no text to restore, and "" stands for a step that had not begun to. */
	if (cpus_empty(&before))
		snprintf(entry->before, sizeof(entry->before), CONFINE_ANY);
	else if (!cpus_format_short(&before, entry->before, sizeof(entry->before)))
		return -EOVERFLOW;
	record_save(walk->effects->root, walk->record);
	return walk->effects->confine(walk->effects, entry->target, &wanted, entry->why);
}

static bool is_of_device(enum step_kind kind)
{
	return kind == STEP_OVERRIDE || kind == STEP_RELEASE_FRAMEBUFFER || kind == STEP_UNBIND || kind == STEP_PROBE;
}

/* True where an earlier step of the same device failed in this walk. */
static bool target_failed(const struct walk *walk, const char *target)
{
	for (size_t i = walk->first; i < walk->record->count; i++) {
		const struct record_entry *entry = &walk->record->entries[i];

		if (is_of_device(entry->kind) && entry->result == RESULT_FAILED && strcmp(entry->target, target) == 0)
			return true;
	}
	return false;
}

static int do_entry(const struct walk *walk, struct record_entry *entry)
{
	switch (entry->kind) {
	case STEP_OVERRIDE:
		return do_override(walk, entry);
	case STEP_LOAD:
		return do_load(walk, entry);
	case STEP_RELEASE_FRAMEBUFFER:
		return do_release(walk, entry);
	case STEP_UNBIND:
		return do_unbind(walk, entry);
	case STEP_PROBE:
		return do_probe(walk, entry);
	case STEP_PAGES:
		return pages_step(walk->effects, walk->steps->keep_free, walk->record, walk->first, entry);
	case STEP_IRQ_AFFINITY:
	case STEP_WORKQUEUES:
	case STEP_GOVERNOR:
	case STEP_PREFERENCE:
	case STEP_IDLE_STATE:
		return tuning_step(walk->effects, walk->record, entry);
	case STEP_CONFINE:
		return do_confine(walk, entry);
	case STEP_KINDS:
		break;
	}
	return -EINVAL;
}

static int run_entry(struct walk *walk, struct record_entry *entry, enum result good)
{
	int r;

	entry->at_usec = walk->effects->now(walk->effects);
	save(walk);
	/* Clearing many pages takes its time, and the kernel comes back from it when it is told to. */
	if (walk->effects->on_step && entry->kind != STEP_PAGES)
		walk->effects->on_step(walk->effects, entry->target);
	r = do_entry(walk, entry);
	if (walk->effects->on_step)
		walk->effects->on_step(walk->effects, NULL);
	entry->usec = walk->effects->now(walk->effects) - entry->at_usec;
	entry->result = r < 0 ? RESULT_FAILED : good;
	entry->error = r < 0 ? -r : 0;
	save(walk);
	return r;
}

/*
 * Gives a device back whose driver did not take it: the override as it was before, then its own driver.
 * Without this it would stay without any driver at all.
 */
static void give_back(struct walk *walk, const char *address)
{
	const struct record_entry *written = NULL;
	struct step step = { .kind = STEP_OVERRIDE };
	struct record_entry *entry;

	for (size_t i = walk->first; i < walk->record->count; i++)
		if (walk->record->entries[i].kind == STEP_OVERRIDE &&
		    strcmp(walk->record->entries[i].target, address) == 0) {
			written = &walk->record->entries[i];
			break;
		}
	/* No override of this walk: one was there before, and it must not hold its driver off either. */
	snprintf(step.target, sizeof(step.target), "%s", address);
	if (written && !pci_driver_is_vfio(written->before))
		memcpy(step.value, written->before, sizeof(step.value));
	entry = record_add(walk->record, walk->writer, &step);
	if (entry)
		run_entry(walk, entry, RESULT_RETURNED);
	step = (struct step){ .kind = STEP_PROBE };
	snprintf(step.target, sizeof(step.target), "%s", address);
	entry = record_add(walk->record, walk->writer, &step);
	if (entry)
		run_entry(walk, entry, RESULT_RETURNED);
	restore_framebuffer(walk, address);
	walk->result->returned++;
}

void apply_steps(const struct effects *effects, const struct steps *steps, enum writer writer, struct record *record,
                 struct apply_result *ret)
{
	struct walk walk = { effects, steps, writer, record, ret, record->count };

	*ret = (struct apply_result){ 0 };
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->items[i];
		bool skip = is_of_device(step->kind) && target_failed(&walk, step->target);
		struct record_entry *entry = record_add(record, writer, step);

		if (!entry)
			return; /* not reserved: a mistake of the caller, seen in its tests */
		if (skip) {
			entry->result = RESULT_SKIPPED;
			record_explain(entry, "an earlier step of it failed");
			continue;
		}
		if (run_entry(&walk, entry, RESULT_DONE) == 0)
			continue;
		ret->failed++;
		if (is_of_device(step->kind) && writer != WRITER_UNDO && writer != WRITER_RELEASE)
			give_back(&walk, step->target);
	}
	save(&walk);
}
