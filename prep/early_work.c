/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Early boot before udev: the devices that are taken at once. */
#include "early.h"

#include <string.h>

#include "apply/advice_file.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "early_run.h"

static void only_log_plan(struct early *early)
{
	size_t lines = 0;

	for (size_t i = 0; i < early->plan.steps.count; i++) {
		const struct step *step = &early->plan.steps.items[i];

		if (step->kind == STEP_PROBE && lines++ < LINES_MAX)
			log_info("plan: would bind %s to %s", step->target, step->value);
		else if (step->kind == STEP_PAGES && lines++ < LINES_MAX)
			log_info("plan: would have %s hugepages %s", step->value, step->target);
		else if (step->kind == STEP_IRQ_AFFINITY && lines++ < LINES_MAX)
			log_info("plan: would keep new interrupts on CPUs %s", step->value);
		else if (step->kind == STEP_WORKQUEUES && lines++ < LINES_MAX)
			log_info("plan: would keep workers on CPUs %s", step->value);
	}
	log_info("plan: %zu steps, %zu refused; nothing is done (%s)", early->plan.steps.count, plan_refused(&early->plan),
	         early->host.switches.why);
	early_end_as(early, "plan", "%s", early->host.switches.why);
}

/* When all else is done, and the record says so: nothing of a boot depends on it. */
static void write_advice(const struct early *early)
{
	_cleanup_(advice_done) struct advice advice = { 0 };
	_cleanup_(pages_done) struct pages pages = { 0 };
	_cleanup_(memory_done) struct memory memory = { 0 };
	struct host host = early->host;
	int r = early->config.pool_count ? memory_read(early->root, &host.cmdline, &memory) : 0;

	host.memory = memory; /* with the pages that are there now */
	r = r < 0 ? r : pages_build(&early->config, &host, VIEW_NOW, &pages);
	for (size_t i = 0; i < pages.count; i++)
		pages.items[i].known &= pages.items[i].stage == STAGE_EARLY; /* the others are still to come */
	r = r < 0 ? r : advice_build_all(&early->config, &host, &early->plan.isolation, &pages, &advice);
	r = r < 0 ? r : advice_write(early->root, &advice);
	if (r < 0)
		log_warning("/" ADVICE_PATH " cannot be written: %s", strerror(-r));
}

void early_work(const struct effects *effects, void (*on_timeout)(uint64_t usec))
{
	_cleanup_(early_done) struct early early;
	int r;

	if (early_begin(&early, effects, WRITER_EARLY) < 0) {
		log_error("no memory; nothing is done");
		return;
	}
	if (!early_may_run(&early))
		return;
	on_timeout(early.config.timeout_us);
	host_done(&early.host);
	if (host_read(effects->root, &early.config, 0, &early.host) < 0 ||
	    plan_build(&early.config, &early.host, VIEW_EARLY, &early.plan) < 0 ||
	    record_reserve(&early.record, early.plan.steps.count,
	                   early.plan.goals.count + early.plan.goals.missing_count + early.plan.pages.count + 1) < 0) {
		log_error("no memory; nothing is done");
		early_end_as(&early, "error", "no memory");
		return;
	}
	if (early.host.pci_error) {
		log_error("/" PCI_DEVICES ": %s; nothing is done", strerror(-early.host.pci_error));
		early_end_as(&early, "error", "/" PCI_DEVICES ": %s", strerror(-early.host.pci_error));
		return;
	}
	root_mkdir(effects->root, RUN_DIRECTORY, 0755);
	r = root_replace(effects->root, RECORD_CONFIG_PATH, early.config.bytes, early.config.size, 0644);
	if (r < 0)
		log_warning("/" RECORD_CONFIG_PATH " cannot be written: %s", strerror(-r));
	early_note_refusals(&early);
	if (early.host.switches.mode == SWITCH_PLAN) {
		only_log_plan(&early);
		write_advice(&early);
		return;
	}
	early_walk(&early, "early");
	early_end_as(&early, "done", "%s", "");
	write_advice(&early);
}
