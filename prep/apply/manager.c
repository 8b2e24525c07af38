/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "apply/effects.h"
#include "apply/unit_names.h"
#include "base/cleanup.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"
#define SYSTEMD_SOCKET "unix:path=/run/systemd/private"

#define CALL_USEC (10 * UINT64_C(1000000))
#define RELOAD_USEC (90 * UINT64_C(1000000)) /* it runs the generators; systemctl waits as long */

struct manager {
	sd_bus *bus;
};

static void error_done(sd_bus_error *error)
{
	sd_bus_error_free(error);
}

static void message_done(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

static void slot_done(sd_bus_slot **slot)
{
	sd_bus_slot_unref(*slot);
}

static int tell(char *note, const char *what, const sd_bus_error *error, int r)
{
	effect_note(note, "systemd: %s: %s", what, error->message ?: strerror(-r));
	return r;
}

bool manager_is_here(const struct root *root)
{
	return root_exists(root, "run/systemd/system");
}

/* A connection to a socket that is no bus: none of the bus's own names and rules there. */
static int open_socket(sd_bus **ret)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, SYSTEMD_SOCKET);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

int manager_open(struct manager **ret, char *note)
{
	_cleanup_free_ struct manager *manager = calloc(1, sizeof(*manager));
	int r;

	note[0] = '\0';
	if (!manager)
		return -ENOMEM;
	r = open_socket(&manager->bus);
	if (r < 0)
		r = sd_bus_open_system(&manager->bus);
	if (r < 0) {
		effect_note(note, "systemd cannot be reached over D-Bus: %s", strerror(-r));
		return r;
	}
	sd_bus_set_method_call_timeout(manager->bus, CALL_USEC);
	*ret = manager;
	manager = NULL;
	return 0;
}

void manager_done(struct manager **manager)
{
	if (!*manager)
		return;
	sd_bus_flush_close_unref((*manager)->bus);
	free(*manager);
	*manager = NULL;
}

static const char *interface_of(const char *unit)
{
	return unit_has_type(unit, ".scope") ? SYSTEMD ".Scope" : SYSTEMD ".Slice";
}

int manager_list_units(struct manager *manager, struct names *ret, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_done) sd_bus_message *reply = NULL;
	_cleanup_(names_done) struct names names = { 0 };
	const char *name;
	int r;

	r = sd_bus_call_method(manager->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitsByPatterns", &error, &reply,
	                       "asas", 0, 1, "*.slice");
	if (r < 0)
		return tell(note, "slices cannot be listed", &error, r);
	for (size_t i = 0; unit_of_every_host(i); i++)
		if (unit_names_add(&names, unit_of_every_host(i)) < 0)
			return -ENOMEM;
	r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
	while (r >= 0) {
		r = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
		if (r <= 0)
			break;
		if (unit_is_host_slice(name) && unit_names_add(&names, name) < 0)
			return -ENOMEM;
	}
	if (r < 0)
		return tell(note, "slices cannot be listed", &error, r);
	*ret = names;
	names = (struct names){ 0 };
	return 0;
}

/* A property of a unit, as it is. The manager loads the unit where it is not. */
static int read_property(struct manager *manager, const char *unit, const char *interface, const char *property,
                         const char *type, sd_bus_message **ret, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	char what[80];
	int r;

	r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path);
	if (r < 0)
		return r;
	r = sd_bus_get_property(manager->bus, SYSTEMD, path, interface, property, &error, ret, type);
	if (r < 0) {
		snprintf(what, sizeof(what), "%s of %s cannot be read", property, unit);
		return tell(note, what, &error, r);
	}
	return 0;
}

int manager_read_cpus(struct manager *manager, const char *unit, struct cpus *ret, char *cgroup, char *note)
{
	_cleanup_(message_done) sd_bus_message *allowed = NULL, *group = NULL;
	const void *mask;
	const char *path;
	size_t size;
	int r;

	r = read_property(manager, unit, interface_of(unit), "AllowedCPUs", "ay", &allowed, note);
	if (r < 0)
		return r;
	if (cgroup) {
		r = read_property(manager, unit, interface_of(unit), "ControlGroup", "s", &group, note);
		if (r < 0)
			return r;
		r = sd_bus_message_read(group, "s", &path);
		if (r < 0)
			return r;
		snprintf(cgroup, ROOT_PATH_MAX, "%s", path);
	}
	r = sd_bus_message_read_array(allowed, 'y', &mask, &size);
	if (r < 0)
		return r;
	unit_mask_read(mask, size, ret);
	return 0;
}

/* ("AllowedCPUs", ay) at the end of a message with properties. */
static int append_cpus(sd_bus_message *message, const struct cpus *cpus)
{
	uint8_t mask[UNIT_MASK_MAX];
	size_t size = unit_mask_build(cpus, mask);
	int r;

	r = sd_bus_message_open_container(message, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", "AllowedCPUs");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', mask, size);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int manager_set_cpus(struct manager *manager, const char *unit, const struct cpus *cpus, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_done) sd_bus_message *call = NULL;
	char what[80];
	int r;

	r = sd_bus_message_new_method_call(manager->bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
	                                   "SetUnitProperties");
	if (r >= 0)
		r = sd_bus_message_append(call, "sb", unit, 1);
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = append_cpus(call, cpus);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = sd_bus_call(manager->bus, call, 0, &error, NULL);
	if (r < 0) {
		snprintf(what, sizeof(what), "AllowedCPUs of %s cannot be set", unit);
		return tell(note, what, &error, r);
	}
	return 0;
}

bool manager_is_stopping(struct manager *manager)
{
	_cleanup_free_ char *state = NULL;

	return sd_bus_get_property_string(manager->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "SystemState", NULL,
	                                  &state) >= 0 &&
	       strcmp(state, "stopping") == 0;
}

/* The manager calls units "changed on disk" until it has reloaded. */
static int reload(struct manager *manager, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_done) sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(manager->bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Reload");

	if (r >= 0)
		r = sd_bus_call(manager->bus, call, RELOAD_USEC, &error, NULL);
	return r < 0 ? tell(note, "its units cannot be reloaded", &error, r) : 0;
}

int manager_revert(struct manager *manager, const struct names *units, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_done) sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(manager->bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "RevertUnitFiles");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "s");
	for (size_t i = 0; i < units->count && r >= 0; i++)
		r = sd_bus_message_append(call, "s", units->items[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = sd_bus_call(manager->bus, call, 0, &error, NULL);
	return r < 0 ? tell(note, "drop-ins cannot be removed", &error, r) : reload(manager, note);
}

/* What became of a job. */
struct job {
	const char *path;
	bool removed;
	char result[24];
};

static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *result;

	(void)error;
	if (sd_bus_message_read(message, "uoss", NULL, &path, NULL, &result) < 0)
		return 0;
	if (job->path && strcmp(path, job->path) == 0) {
		job->removed = true;
		snprintf(job->result, sizeof(job->result), "%s", result);
	}
	return 0;
}

static uint64_t now_usec(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int wait_for(struct manager *manager, const struct job *job)
{
	uint64_t end = now_usec() + CALL_USEC, now;
	int r;

	while (!job->removed) {
		r = sd_bus_process(manager->bus, NULL);
		if (r < 0)
			return r;
		if (r > 0)
			continue;
		now = now_usec();
		if (now >= end)
			return -ETIMEDOUT;
		r = sd_bus_wait(manager->bus, end - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

static int append_scope(sd_bus_message *call, const char *unit, pid_t pid, const struct cpus *cpus,
                        const char *description, bool release)
{
	int r = sd_bus_message_append(call, "ss", unit, "fail");

	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_append(call, "(sv)(sv)(sv)(sv)", "Description", "s", description, "Slice", "s",
		                          "machine.slice", "CollectMode", "s", "inactive-or-failed", "PIDs", "au", 1,
		                          (uint32_t)pid);
	/* Where everybody else is killed, systemd itself sees the guest's end. */
	if (r >= 0 && release)
		r = sd_bus_message_append(call, "(sv)(sv)", "OnSuccess", "as", 1, RELEASE_UNIT, "OnFailure", "as", 1,
		                          RELEASE_UNIT);
	if (r >= 0 && !cpus_empty(cpus))
		r = append_cpus(call, cpus);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	return r < 0 ? r : sd_bus_message_append(call, "a(sa(sv))", 0); /* no other units with it */
}

static int call_scope(struct manager *manager, const char *unit, pid_t pid, const struct cpus *cpus,
                      const char *description, bool release, sd_bus_error *error, sd_bus_message **ret)
{
	_cleanup_(message_done) sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(manager->bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
	                                       "StartTransientUnit");

	if (r >= 0)
		r = append_scope(call, unit, pid, cpus, description, release);
	return r < 0 ? r : sd_bus_call(manager->bus, call, 0, error, ret);
}

int manager_start_scope(struct manager *manager, const char *unit, pid_t pid, const struct cpus *cpus,
                        const char *description, char *note)
{
	_cleanup_(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_done) sd_bus_message *reply = NULL;
	_cleanup_(slot_done) sd_bus_slot *slot = NULL;
	struct job job = { 0 };
	int r;

	/* Without a subscriber the manager sends no signals to the bus. */
	r = sd_bus_match_signal(manager->bus, &slot, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved", on_job_removed,
	                        &job);
	if (r >= 0)
		r = sd_bus_call_method(manager->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe", &error, NULL, "");
	if (r >= 0)
		r = call_scope(manager, unit, pid, cpus, description, true, &error, &reply);
	if (r == -EROFS) { /* OnSuccess= is of systemd 249 and later (systemd.unit(5)) */
		sd_bus_error_free(&error);
		r = call_scope(manager, unit, pid, cpus, description, false, &error, &reply);
	}
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job.path);
	if (r >= 0)
		r = wait_for(manager, &job);
	if (r < 0)
		return tell(note, "the guest's scope cannot be started", &error, r);
	if (strcmp(job.result, "done") != 0) {
		effect_note(note, "systemd: the start of %s ended as '%s'", unit, job.result);
		return -EIO;
	}
	return 0;
}
