/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "report/json_parts.h"
#include "report/marks.h"
#include "report/names.h"

static void add_hex(struct json_object *object, const char *key, int digits, unsigned int value)
{
	char text[12];

	snprintf(text, sizeof(text), "%0*x", digits, value);
	json_put_text(object, key, text);
}

int json_report(FILE *out, const char *version, const struct report *report)
{
	struct json_object *document = json_map(), *counts = json_map();
	struct json_object *checks = json_list_of();

	json_put_number(document, "schema", 1);
	json_put_text(document, "version", version);
	json_put_text(document, "status", status_name(report_status(report)));
	for (int status = 0; status < STATUSES; status++)
		json_put_number(counts, status_name((enum status)status), report_count(report, (enum status)status));
	json_put_value(document, "counts", counts);
	for (size_t i = 0; i < report->count; i++) {
		const struct reported *finding = &report->findings[i];
		struct json_object *check = json_map();

		json_put_text(check, "id", finding->id);
		json_put_text(check, "target", finding->target);
		json_put_text(check, "status", status_name(finding->status));
		json_put_text(check, "summary", finding->summary);
		json_put_text(check, "want", finding->want);
		json_put_text(check, "have", finding->have);
		json_put_text(check, "fix", finding->fix);
		json_put_text(check, "source", finding->source);
		json_append(checks, check);
	}
	json_put_value(document, "checks", checks);
	return json_write(out, document);
}

static void add_cpus(struct json_object *object, const char *key, const struct cpus *cpus)
{
	char text[CPUS_TEXT_MAX];

	cpus_format(cpus, text, sizeof(text));
	json_put_text(object, key, text);
}

static void add_advice(struct json_object *object, const struct advised *advised)
{
	struct json_object *lists[] = { [ADVICE_ADD] = json_list_of(), [ADVICE_DROP] = json_list_of() };
	struct json_object *why = json_map();

	for (size_t i = 0; i < advised->advice.count; i++) {
		const struct advice_item *item = &advised->advice.items[i];

		if (item->kind == ADVICE_KEEP)
			continue;
		json_append(lists[item->kind], json_text(item->parameter));
		json_put_text(why, item->parameter, item->why);
	}
	add_cpus(object, "isolated", &advised->isolation.guest);
	add_cpus(object, "housekeeping", &advised->isolation.housekeeping);
	json_put_value(object, "add", lists[ADVICE_ADD]);
	json_put_value(object, "drop", lists[ADVICE_DROP]);
	json_put_value(object, "why", why);
	json_put_text(object, "loader", advised->loader.name);
	json_put_text(object, "command", advised->command);
}

int json_advice(FILE *out, const struct advised *advised)
{
	struct json_object *document = json_map();

	json_put_number(document, "schema", 1);
	add_advice(document, advised);
	return json_write(out, document);
}

int json_plan(FILE *out, const struct plan *plan, const struct host *host, const struct advised *advised)
{
	struct json_object *document = json_map(), *steps = json_list_of();
	struct json_object *refused = json_list_of(), *missing = json_list_of();
	struct json_object *advice = json_map();

	for (size_t i = 0; i < plan->steps.count; i++) {
		struct json_object *step = json_map();

		json_put_text(step, "kind", step_kind_name(plan->steps.items[i].kind));
		json_put_text(step, "target", plan->steps.items[i].target);
		json_put_text(step, "value", plan->steps.items[i].value);
		json_put_text(step, "stage", stage_name(plan->steps.items[i].stage));
		json_append(steps, step);
	}
	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct goal *goal = &plan->goals.items[i];
		struct json_object *refusal;
		char address[PCI_ADDRESS_MAX];

		if (goal->guard == GUARD_NONE)
			continue;
		refusal = json_map();
		json_put_text(refusal, "target", pci_address_format(&host->pci.functions[goal->function].address, address));
		json_put_text(refusal, "guard", guard_name(goal->guard));
		json_put_text(refusal, "why", goal->why);
		json_append(refused, refusal);
	}
	for (size_t i = 0; i < plan->pages.count; i++) {
		const struct page_goal *goal = &plan->pages.items[i];
		struct json_object *refusal;

		if (goal->guard == GUARD_NONE)
			continue;
		refusal = json_map();
		json_put_text(refusal, "target", goal->target);
		json_put_text(refusal, "guard", guard_name(goal->guard));
		json_put_text(refusal, "why", goal->why);
		json_append(refused, refusal);
	}
	if (isolation_refusal(&plan->isolation)) {
		struct json_object *refusal = json_map();

		json_put_text(refusal, "target", "cpus");
		json_put_text(refusal, "guard", guard_name(GUARD_CPUS));
		json_put_text(refusal, "why", isolation_refusal(&plan->isolation)->text);
		json_append(refused, refusal);
	}
	for (size_t i = 0; i < plan->goals.missing_count; i++)
		json_append(missing, json_text(plan->goals.missing[i]->name));
	json_put_number(document, "schema", 1);
	json_put_value(document, "steps", steps);
	json_put_value(document, "refused", refused);
	json_put_value(document, "missing", missing);
	add_advice(advice, advised);
	json_put_value(document, "advice", advice);
	return json_write(out, document);
}

static struct json_object *list_device(const struct host *host, size_t number, struct pci_access *names)
{
	const struct pci_function *function = &host->pci.functions[number];
	const struct pci_detail *detail = function->detail;
	struct json_object *device = json_map(), *marks = json_list_of();
	struct json_object *reset = json_list_of(), *bars = json_list_of();
	char address[PCI_ADDRESS_MAX], name[160], size[16], methods[sizeof(detail->reset)], *next = methods, *word;
	const char *found[MARKS];
	size_t count = marks_of(host, number, found);

	json_put_text(device, "address", pci_address_format(&function->address, address));
	json_put_text(device, "path", detail->path);
	add_hex(device, "class", 6, function->class);
	add_hex(device, "vendor", 4, function->vendor);
	add_hex(device, "device", 4, function->device);
	add_hex(device, "subvendor", 4, function->subvendor);
	add_hex(device, "subdevice", 4, function->subdevice);
	json_put_text(device, "name", names_device(names, function, name, sizeof(name)));
	json_put_value(device, "driver", function->driver[0] ? json_text(function->driver) : NULL);
	for (size_t i = 0; i < count; i++)
		json_append(marks, json_text(found[i]));
	json_put_value(device, "marks", marks);
	memcpy(methods, detail->reset, sizeof(methods));
	while ((word = parse_word(&next, " ")))
		json_append(reset, json_text(word));
	json_put_value(device, "reset", reset);
	json_put_value(device, "node", json_number(detail->node));
	for (size_t i = 0; i < PCI_BARS; i++)
		if (detail->bars[i].size)
			json_append(bars, json_text(bar_size(&detail->bars[i], size)));
	json_put_value(device, "bars", bars);
	return device;
}

int json_list(FILE *out, const struct host *host, struct pci_access *names)
{
	struct json_object *document = json_map(), *groups = json_list_of();
	struct json_object *alone = json_list_of();

	for (size_t i = 0; i < host->group_count; i++) {
		struct json_object *group = json_map(), *devices = json_list_of();

		for (size_t j = 0; j < host->groups[i].member_count; j++)
			json_append(devices, list_device(host, host->groups[i].members[j], names));
		json_put_value(group, "group", json_number(host->groups[i].number));
		json_put_value(group, "devices", devices);
		json_append(groups, group);
	}
	for (size_t i = 0; i < host->pci.count; i++)
		if (host->pci.functions[i].detail->group < 0)
			json_append(alone, list_device(host, i, names));
	if (json_length(alone)) {
		struct json_object *group = json_map();

		json_put_value(group, "group", NULL);
		json_put_value(group, "devices", alone);
		json_append(groups, group);
	} else {
		json_drop(alone);
	}
	json_put_number(document, "schema", 1);
	json_put_value(document, "groups", groups);
	return json_write(out, document);
}

/* The groups of CPUs that share a level, in the order of their numbers. */
static struct json_object *topology_level(const struct topology *topology, enum level level, const char *key)
{
	struct json_object *list = json_list_of();
	int next = 0;

	CPUS_FOR_EACH(number, &topology->online) {
		const struct topology_cpu *cpu = &topology->cpus[number];
		struct json_object *group;
		struct cpus cpus;

		if (cpu->in[level] != next)
			continue; /* unknown, or of a group before */
		group = json_map();
		json_put_value(group, key, json_number(next++));
		topology_sharing(topology, level, number, &cpus);
		add_cpus(group, "cpus", &cpus);
		json_append(list, group);
	}
	return list;
}

/* What the node has of memory, in bytes, and of huge pages; nothing where it is unknown. */
static void add_memory(struct json_object *node, const struct memory *memory, const struct memory_node *of)
{
	struct json_object *pools = json_list_of();

	if (of && of->total != MEMORY_UNKNOWN)
		json_put_value(node, "memory", json_number((int64_t)of->total));
	for (size_t i = 0; of && i < memory->size_count; i++) {
		struct json_object *pool = json_map();
		char size[FORMAT_SIZE_MAX];

		json_put_value(pool, "size", json_text(format_size(memory->sizes[i], size)));
		if (of->pages[i].pages != MEMORY_UNKNOWN)
			json_put_value(pool, "pages", json_number((int64_t)of->pages[i].pages));
		if (of->pages[i].free != MEMORY_UNKNOWN)
			json_put_value(pool, "free", json_number((int64_t)of->pages[i].free));
		json_append(pools, pool);
	}
	json_put_value(node, "pages", pools);
}

static struct json_object *topology_nodes(const struct topology *topology, const struct memory *memory)
{
	struct json_object *list = json_list_of();

	for (size_t i = 0; i < topology->node_count; i++) {
		struct json_object *node = json_map(), *distances = json_list_of();

		json_put_value(node, "node", json_number(topology->nodes[i].number));
		add_cpus(node, "cpus", &topology->nodes[i].cpus);
		for (size_t j = 0; j < topology->node_count; j++)
			json_append(distances, json_number(topology_distance(topology, i, j)));
		json_put_value(node, "distances", distances);
		add_memory(node, memory, memory_node(memory, (int)topology->nodes[i].number));
		json_append(list, node);
	}
	return list;
}

static struct json_object *topology_kinds(const struct topology *topology)
{
	struct json_object *list = json_list_of();

	for (size_t i = 0; topology->kind_count > 1 && i < topology->kind_count; i++) {
		struct json_object *kind = json_map();

		json_put_text(kind, "kind", topology->kinds[i].name);
		add_cpus(kind, "cpus", &topology->kinds[i].cpus);
		json_append(list, kind);
	}
	return list;
}

static struct json_object *topology_devices(const struct host *host, const struct goals *goals)
{
	struct json_object *list = json_list_of();

	for (size_t i = 0; i < goals->count; i++) {
		const struct pci_function *function = &host->pci.functions[goals->items[i].function];
		struct json_object *device;
		char address[PCI_ADDRESS_MAX];

		if (goals->items[i].guard == GUARD_IDENTITY)
			continue;
		device = json_map();
		json_put_text(device, "section", goals->items[i].section->name);
		json_put_text(device, "address", pci_address_format(&function->address, address));
		json_put_value(device, "node", json_number(function->detail->node));
		json_append(list, device);
	}
	return list;
}

int json_topology(FILE *out, const struct host *host, const struct goals *goals, const struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	struct json_object *document = json_map(), *faults = json_list_of();
	struct cpus offline = topology->present;

	cpus_minus(&offline, &topology->online);
	json_put_number(document, "schema", 1);
	add_cpus(document, "online", &topology->online);
	add_cpus(document, "offline", &offline);
	add_cpus(document, "guest", &isolation->guest);
	add_cpus(document, "housekeeping", &isolation->housekeeping);
	if (topology->isolated_error)
		json_put_value(document, "isolated", NULL);
	else
		add_cpus(document, "isolated", &topology->isolated);
	if (topology->nohz_full_error)
		json_put_value(document, "nohz_full", NULL);
	else
		add_cpus(document, "nohz_full", &topology->nohz_full);
	json_put_value(document, "smt", topology->smt[0] ? json_text(topology->smt) : NULL);
	json_put_value(document, "packages", topology_level(topology, LEVEL_PACKAGE, "package"));
	json_put_value(document, "dies", topology_level(topology, LEVEL_DIE, "die"));
	json_put_value(document, "nodes", topology_nodes(topology, &host->memory));
	json_put_value(document, "caches", topology_level(topology, LEVEL_L3, "l3"));
	json_put_value(document, "kinds", topology_kinds(topology));
	json_put_value(document, "cores", topology_level(topology, LEVEL_CORE, "core"));
	json_put_value(document, "devices", topology_devices(host, goals));
	for (size_t i = 0; i < isolation->fault_count; i++) {
		const struct isolation_fault *found = &isolation->faults[i];
		struct json_object *fault = json_map();

		json_put_text(fault, "section", found->section);
		json_put_text(fault, "status", isolation_fault_is_fatal(found) ? "fail" : "warn");
		json_put_text(fault, "why", found->text);
		json_put_text(fault, "fix", found->cure);
		json_append(faults, fault);
	}
	json_put_value(document, "faults", faults);
	return json_write(out, document);
}
