/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all guests together ask of the host: LEASE_HOST keeps what was before the first one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/tenants.h"
#include "apply/slices.h"
#include "apply/unit_names.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "plan/share.h"
#include "plan/tuning_parts.h"
#include "version.h"

/* The CPUs of leases that are held or being made. */
static void sum_cpus(const struct tenants *guests, struct share *share)
{
	for (size_t i = 0; i < guests->leases.count; i++) {
		const struct lease *lease = guests->leases.items[i];
		struct cpus cpus;

		if (lease->error || strcmp(lease->record.lease.state, LEASE_RELEASING) == 0)
			continue;
		lease_cpus(lease, &cpus);
		cpus_or(&share->guests, &cpus);
		if (lease->record.lease.irqs)
			cpus_or(&share->quiet, &cpus);
		if (lease->record.lease.started)
			cpus_or(&share->started, &cpus);
	}
}

static bool is_acquiring(const struct tenants *guests)
{
	for (size_t i = 0; i < guests->leases.count; i++)
		if (strcmp(guests->leases.items[i]->record.lease.state, LEASE_ACQUIRING) == 0)
			return true;
	return false;
}

/* A slice that was stopped since is in no list, and its CPUs come back with it as the first guest left them. */
static int add_confined(const struct tenants *guests, struct names *names)
{
	for (size_t i = 0; i < guests->host.count; i++) {
		const struct record_entry *entry = &guests->host.entries[i];
		bool known = entry->kind != STEP_CONFINE;

		for (size_t j = 0; j < names->count && !known; j++)
			known = strcmp(names->items[j], entry->target) == 0;
		if (!known && unit_names_add(names, entry->target) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The host's units as they are now. *ret_error: units that cannot be had are no reason to leave interrupts as they
 * are. */
static int read_units(struct tenants *guests, struct share_unit **ret, size_t *ret_count, int *ret_error)
{
	_cleanup_(names_done) struct names names = { 0 };
	const struct effects *effects = guests->effects;
	char note[EFFECT_NOTE_MAX] = "";
	struct share_unit *units;

	*ret_error = effects->list_units ? effects->list_units(effects, &names, note) : -EOPNOTSUPP;
	if (*ret_error == 0)
		*ret_error = add_confined(guests, &names);
	units = calloc(names.count + 1, sizeof(*units));
	*ret = units;
	*ret_count = 0;
	if (!units || *ret_error == -ENOMEM)
		return -ENOMEM;
	if (*ret_error < 0) {
		/* Whoever takes back needs not be told again what they were told as they took. */
		if (*ret_error != -EOPNOTSUPP || is_acquiring(guests))
			tenants_tell(guests, "", "the host's own processes cannot be kept off a guest's CPUs: %s",
		            note[0] ? note : strerror(-*ret_error));
		/* Nobody can: a guest does without. Who could before and cannot now has something to give back. */
		if (*ret_error == -EOPNOTSUPP)
			*ret_error = 0;
		return 0;
	}
	for (size_t i = 0; i < names.count; i++) {
		struct share_unit *unit = &units[*ret_count];
		int r = effects->read_unit(effects, names.items[i], &unit->cpus);

		if (r == -ENOENT || r == -ENODATA)
			continue; /* it has ended since */
		if (r < 0) {
			tenants_tell(guests, "", "which CPUs %s may use cannot be told: %s", names.items[i], strerror(-r));
			*ret_error = r;
			continue;
		}
		snprintf(unit->name, sizeof(unit->name), "%s", names.items[i]);
		unit->started_only = strcmp(unit->name, SLICES_PARTITION) == 0;
		(*ret_count)++;
	}
	return 0;
}

static void drop_entry(struct record *record, size_t number)
{
	memmove(&record->entries[number], &record->entries[number + 1],
	        (record->count - number - 1) * sizeof(*record->entries));
	record->count--;
}

static bool is_irq_list(const struct record_entry *entry)
{
	return entry->kind == STEP_IRQ_AFFINITY && strcmp(entry->target, IRQ_TARGET_DEFAULT) != 0;
}

/* The step before this one that was of the same things, or of some of them; NULL. */
static struct record_entry *find_earlier(struct record *record, size_t number)
{
	const struct record_entry *entry = &record->entries[number];

	for (size_t i = number; i-- > 0;)
		if (record->entries[i].kind == entry->kind && is_irq_list(&record->entries[i]) == is_irq_list(entry) &&
		    (is_irq_list(entry) || strcmp(record->entries[i].target, entry->target) == 0))
			return &record->entries[i];
	return NULL;
}

/* True where no step before this one was of an interrupt of its list: those that follow the default leave no trace. */
static bool undoes_nothing(const struct record *record, size_t number)
{
	struct cpus members, others;

	if (cpus_parse(record->entries[number].target, &members) < 0)
		return false;
	for (size_t i = 0; i < number; i++)
		if (is_irq_list(&record->entries[i]) && cpus_parse(record->entries[i].target, &others) == 0 &&
		    cpus_overlap(&members, &others))
			return false;
	return true;
}

/*
 * Guests that come and go beside one that stays would let the record grow without end: a step that went on where the
 * one before it had ended becomes one with it, and one that took back what that had done goes with it.
 */
static void compact(struct record *record)
{
	for (size_t i = 0; i < record->count;) {
		struct record_entry *later = &record->entries[i], *earlier = find_earlier(record, i);
		bool back = later->writer == WRITER_UNDO, note;

		if (back && is_irq_list(later) && later->result == RESULT_DONE && undoes_nothing(record, i)) {
			drop_entry(record, i);
			continue;
		}
		if (!earlier || strcmp(earlier->target, later->target) != 0 || earlier->writer == WRITER_UNDO ||
		    earlier->result != RESULT_DONE || later->result != RESULT_DONE ||
		    strcmp(earlier->value, later->before) != 0 || (back && strcmp(later->value, earlier->before) != 0)) {
			i++;
			continue;
		}
		note = strcmp(earlier->value, earlier->before) == 0; /* an interrupt that was so by itself: it stays noted */
		memcpy(earlier->value, later->value, sizeof(earlier->value));
		drop_entry(record, i);
		if (strcmp(earlier->value, earlier->before) == 0 && !note)
			drop_entry(record, (size_t)(earlier - record->entries));
		i = 0; /* others may be neighbours now */
	}
}

/* CPUs that no work of the host is on in any case. */
static int other_cpus(const struct tenants *guests, const struct host *host, struct cpus *ret)
{
	_cleanup_(isolation_done) struct isolation isolation = { 0 };
	int r = guests->config->enabled ? isolation_build(guests->config, host, &isolation) : 0;

	*ret = isolation.guest;
	cpus_or(ret, &host->topology.isolated);
	return r;
}

/* The units have their CPUs back either way: what is left of it does nothing. */
static void tidy_units(struct tenants *guests)
{
	char note[EFFECT_NOTE_MAX] = "";
	int r = guests->effects->tidy_units ? guests->effects->tidy_units(guests->effects, note) : 0;

	if (r < 0)
		tenants_tell(guests, "", "drop-ins of the host's units stay until the next boot: %s",
		             note[0] ? note : strerror(-r));
}

/* *ret_again: things went back that others of their step may still have to follow, after a call that was cut off. */
static int share_once(struct tenants *guests, bool *ret_again)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(share_steps_done) struct share_steps steps = { 0 };
	_cleanup_free_ struct share_unit *units = NULL;
	_cleanup_free_ struct tuned *tuned = NULL;
	struct share share = { 0 };
	int unit_error, r;

	*ret_again = false;
	sum_cpus(guests, &share);
	if (cpus_empty(&share.guests) && !guests->host.count)
		return 0;
	compact(&guests->host);
	tuned = calloc(guests->host.count + 1, sizeof(*tuned));
	if (!tuned || host_read(guests->effects->root, guests->config, HOST_TUNING, &host) < 0 ||
	    other_cpus(guests, &host, &share.others) < 0 || read_units(guests, &units, &share.unit_count, &unit_error) < 0)
		return -ENOMEM;
	if (host.topology.error) { /* what is wanted cannot be told, and what was before is still needed */
		tenants_tell(guests, "", "which CPUs are online cannot be read: what was done to the host for guests stays");
		return -EIO;
	}
	share.units = units;
	share.tuned = tuned;
	share.tuned_count = record_tuned(&guests->host, tuned, guests->host.count);
	if (share_build(&share, &host, &steps) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < steps.foreign_count; i++)
		tenants_tell(guests, "", "%s: %s", steps.foreign[i].target, steps.foreign[i].why);
	snprintf(guests->host.version, sizeof(guests->host.version), "%s", VFIO_PREP_VERSION);
	strcpy(guests->host.state, "done");
	r = tenants_walk(guests, "", &steps.follow, WRITER_UNDO, &guests->host);
	if (r == 0)
		r = tenants_walk(guests, "", &steps.back, WRITER_UNDO, &guests->host);
	if (r == 0)
		r = tenants_walk(guests, "", &steps.on, WRITER_APPLY, &guests->host);
	if (r == -ENOMEM)
		return r;
	*ret_again = r == 0 && steps.back.count;
	if (r == 0 && unit_error == 0 && cpus_empty(&share.guests) && !*ret_again) {
		tidy_units(guests);
		guests->host.count = 0;
		r = root_remove(guests->effects->root, LEASE_HOST);
	}
	return r < 0 || unit_error ? -EIO : 0;
}

int tenants_share_host(struct tenants *guests)
{
	bool again = true;
	int r = 0;

	/* A step is of things that have the same now: of those that a cut off step has left in two states it is of one. */
	for (unsigned int i = 0; r == 0 && again && i < 4; i++)
		r = share_once(guests, &again);
	return r;
}
