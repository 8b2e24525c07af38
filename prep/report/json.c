/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/format.h"
#include "report/json.h"
#include "report/json_parts.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "report/marks.h"
#include "report/names.h"

/* json-c takes over what is added to an object. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0)
		json_object_put(value);
}

/* JSON is UTF-8: text of a kernel or a file that is not, or that was cut in a character, loses those bytes. */
static struct json_object *new_text(const char *text)
{
	struct json_object *string;
	char *copy;

	if (parse_is_utf8(text, strlen(text)))
		return json_object_new_string(text);
	copy = strdup(text);
	for (char *c = copy; c && *c; c++)
		*c = (unsigned char)*c < 0x80 ? *c : '?';
	string = json_object_new_string(copy ? copy : "");
	free(copy);
	return string;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	add(object, key, new_text(text));
}

static void add_number(struct json_object *object, const char *key, size_t number)
{
	add(object, key, json_object_new_int64((int64_t)number));
}

static void add_hex(struct json_object *object, const char *key, int digits, unsigned int value)
{
	char text[12];

	snprintf(text, sizeof(text), "%0*x", digits, value);
	add_text(object, key, text);
}

static int print(FILE *out, struct json_object *document)
{
	const char *text = document ? json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY |
	                                                             JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	int r = text ? 0 : -ENOMEM;

	if (text && (fputs(text, out) == EOF || fputc('\n', out) == EOF || fflush(out) == EOF))
		r = -EIO;
	json_object_put(document);
	return r;
}

int json_report(FILE *out, const char *version, const struct report *report)
{
	struct json_object *document = json_object_new_object(), *counts = json_object_new_object();
	struct json_object *checks = json_object_new_array();

	add_number(document, "schema", 1);
	add_text(document, "version", version);
	add_text(document, "status", status_name(report_status(report)));
	for (int status = 0; status < STATUSES; status++)
		add_number(counts, status_name((enum status)status), report_count(report, (enum status)status));
	add(document, "counts", counts);
	for (size_t i = 0; i < report->count; i++) {
		const struct reported *finding = &report->findings[i];
		struct json_object *check = json_object_new_object();

		add_text(check, "id", finding->id);
		add_text(check, "target", finding->target);
		add_text(check, "status", status_name(finding->status));
		add_text(check, "summary", finding->summary);
		add_text(check, "want", finding->want);
		add_text(check, "have", finding->have);
		add_text(check, "fix", finding->fix);
		add_text(check, "source", finding->source);
		json_object_array_add(checks, check);
	}
	add(document, "checks", checks);
	return print(out, document);
}

static void add_cpus(struct json_object *object, const char *key, const struct cpus *cpus)
{
	char text[CPUS_TEXT_MAX];

	cpus_format(cpus, text, sizeof(text));
	add_text(object, key, text);
}

static void add_advice(struct json_object *object, const struct advised *advised)
{
	struct json_object *lists[] = { [ADVICE_ADD] = json_object_new_array(), [ADVICE_DROP] = json_object_new_array() };
	struct json_object *why = json_object_new_object();

	for (size_t i = 0; i < advised->advice.count; i++) {
		const struct advice_item *item = &advised->advice.items[i];

		if (item->kind == ADVICE_KEEP)
			continue;
		json_object_array_add(lists[item->kind], new_text(item->parameter));
		add_text(why, item->parameter, item->why);
	}
	add_cpus(object, "isolated", &advised->isolation.guest);
	add_cpus(object, "housekeeping", &advised->isolation.housekeeping);
	add(object, "add", lists[ADVICE_ADD]);
	add(object, "drop", lists[ADVICE_DROP]);
	add(object, "why", why);
	add_text(object, "loader", advised->loader.name);
	add_text(object, "command", advised->command);
}

int json_advice(FILE *out, const struct advised *advised)
{
	struct json_object *document = json_object_new_object();

	add_number(document, "schema", 1);
	add_advice(document, advised);
	return print(out, document);
}

int json_plan(FILE *out, const struct plan *plan, const struct host *host, const struct advised *advised)
{
	struct json_object *document = json_object_new_object(), *steps = json_object_new_array();
	struct json_object *refused = json_object_new_array(), *missing = json_object_new_array();
	struct json_object *advice = json_object_new_object();

	for (size_t i = 0; i < plan->steps.count; i++) {
		struct json_object *step = json_object_new_object();

		add_text(step, "kind", step_kind_name(plan->steps.items[i].kind));
		add_text(step, "target", plan->steps.items[i].target);
		add_text(step, "value", plan->steps.items[i].value);
		add_text(step, "stage", stage_name(plan->steps.items[i].stage));
		json_object_array_add(steps, step);
	}
	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct goal *goal = &plan->goals.items[i];
		struct json_object *refusal;
		char address[PCI_ADDRESS_MAX];

		if (goal->guard == GUARD_NONE)
			continue;
		refusal = json_object_new_object();
		add_text(refusal, "target", pci_address_format(&host->pci.functions[goal->function].address, address));
		add_text(refusal, "guard", guard_name(goal->guard));
		add_text(refusal, "why", goal->why);
		json_object_array_add(refused, refusal);
	}
	for (size_t i = 0; i < plan->pages.count; i++) {
		const struct page_goal *goal = &plan->pages.items[i];
		struct json_object *refusal;

		if (goal->guard == GUARD_NONE)
			continue;
		refusal = json_object_new_object();
		add_text(refusal, "target", goal->target);
		add_text(refusal, "guard", guard_name(goal->guard));
		add_text(refusal, "why", goal->why);
		json_object_array_add(refused, refusal);
	}
	if (isolation_refusal(&plan->isolation)) {
		struct json_object *refusal = json_object_new_object();

		add_text(refusal, "target", "cpus");
		add_text(refusal, "guard", guard_name(GUARD_CPUS));
		add_text(refusal, "why", isolation_refusal(&plan->isolation)->text);
		json_object_array_add(refused, refusal);
	}
	for (size_t i = 0; i < plan->goals.missing_count; i++)
		json_object_array_add(missing, json_object_new_string(plan->goals.missing[i]->name));
	add_number(document, "schema", 1);
	add(document, "steps", steps);
	add(document, "refused", refused);
	add(document, "missing", missing);
	add_advice(advice, advised);
	add(document, "advice", advice);
	return print(out, document);
}

static struct json_object *list_device(const struct host *host, size_t number, struct pci_access *names)
{
	const struct pci_function *function = &host->pci.functions[number];
	const struct pci_detail *detail = function->detail;
	struct json_object *device = json_object_new_object(), *marks = json_object_new_array();
	struct json_object *reset = json_object_new_array(), *bars = json_object_new_array();
	char address[PCI_ADDRESS_MAX], name[160], size[16], methods[sizeof(detail->reset)], *next = methods, *word;
	const char *found[MARKS];
	size_t count = marks_of(host, number, found);

	add_text(device, "address", pci_address_format(&function->address, address));
	add_text(device, "path", detail->path);
	add_hex(device, "class", 6, function->class);
	add_hex(device, "vendor", 4, function->vendor);
	add_hex(device, "device", 4, function->device);
	add_hex(device, "subvendor", 4, function->subvendor);
	add_hex(device, "subdevice", 4, function->subdevice);
	add_text(device, "name", names_device(names, function, name, sizeof(name)));
	add(device, "driver", function->driver[0] ? new_text(function->driver) : NULL);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(marks, json_object_new_string(found[i]));
	add(device, "marks", marks);
	memcpy(methods, detail->reset, sizeof(methods));
	while ((word = parse_word(&next, " ")))
		json_object_array_add(reset, json_object_new_string(word));
	add(device, "reset", reset);
	add(device, "node", json_object_new_int(detail->node));
	for (size_t i = 0; i < PCI_BARS; i++)
		if (detail->bars[i].size)
			json_object_array_add(bars, json_object_new_string(bar_size(&detail->bars[i], size)));
	add(device, "bars", bars);
	return device;
}

int json_list(FILE *out, const struct host *host, struct pci_access *names)
{
	struct json_object *document = json_object_new_object(), *groups = json_object_new_array();
	struct json_object *alone = json_object_new_array();

	for (size_t i = 0; i < host->group_count; i++) {
		struct json_object *group = json_object_new_object(), *devices = json_object_new_array();

		for (size_t j = 0; j < host->groups[i].member_count; j++)
			json_object_array_add(devices, list_device(host, host->groups[i].members[j], names));
		add(group, "group", json_object_new_int(host->groups[i].number));
		add(group, "devices", devices);
		json_object_array_add(groups, group);
	}
	for (size_t i = 0; i < host->pci.count; i++)
		if (host->pci.functions[i].detail->group < 0)
			json_object_array_add(alone, list_device(host, i, names));
	if (json_object_array_length(alone)) {
		struct json_object *group = json_object_new_object();

		add(group, "group", NULL);
		add(group, "devices", alone);
		json_object_array_add(groups, group);
	} else {
		json_object_put(alone);
	}
	add_number(document, "schema", 1);
	add(document, "groups", groups);
	return print(out, document);
}

/* The groups of CPUs that share a level, in the order of their numbers. */
static struct json_object *topology_level(const struct topology *topology, enum level level, const char *key)
{
	struct json_object *list = json_object_new_array();
	int next = 0;

	CPUS_FOR_EACH(number, &topology->online) {
		const struct topology_cpu *cpu = &topology->cpus[number];
		struct json_object *group;
		struct cpus cpus;

		if (cpu->in[level] != next)
			continue; /* unknown, or of a group before */
		group = json_object_new_object();
		add(group, key, json_object_new_int(next++));
		topology_sharing(topology, level, number, &cpus);
		add_cpus(group, "cpus", &cpus);
		json_object_array_add(list, group);
	}
	return list;
}

/* What the node has of memory, in bytes, and of huge pages; nothing where it is unknown. */
static void add_memory(struct json_object *node, const struct memory *memory, const struct memory_node *of)
{
	struct json_object *pools = json_object_new_array();

	if (of && of->total != MEMORY_UNKNOWN)
		add(node, "memory", json_object_new_int64((int64_t)of->total));
	for (size_t i = 0; of && i < memory->size_count; i++) {
		struct json_object *pool = json_object_new_object();
		char size[FORMAT_SIZE_MAX];

		add(pool, "size", json_object_new_string(format_size(memory->sizes[i], size)));
		if (of->pages[i].pages != MEMORY_UNKNOWN)
			add(pool, "pages", json_object_new_int64((int64_t)of->pages[i].pages));
		if (of->pages[i].free != MEMORY_UNKNOWN)
			add(pool, "free", json_object_new_int64((int64_t)of->pages[i].free));
		json_object_array_add(pools, pool);
	}
	add(node, "pages", pools);
}

static struct json_object *topology_nodes(const struct topology *topology, const struct memory *memory)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < topology->node_count; i++) {
		struct json_object *node = json_object_new_object(), *distances = json_object_new_array();

		add(node, "node", json_object_new_int(topology->nodes[i].number));
		add_cpus(node, "cpus", &topology->nodes[i].cpus);
		for (size_t j = 0; j < topology->node_count; j++)
			json_object_array_add(distances, json_object_new_int64(topology_distance(topology, i, j)));
		add(node, "distances", distances);
		add_memory(node, memory, memory_node(memory, (int)topology->nodes[i].number));
		json_object_array_add(list, node);
	}
	return list;
}

static struct json_object *topology_kinds(const struct topology *topology)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; topology->kind_count > 1 && i < topology->kind_count; i++) {
		struct json_object *kind = json_object_new_object();

		add_text(kind, "kind", topology->kinds[i].name);
		add_cpus(kind, "cpus", &topology->kinds[i].cpus);
		json_object_array_add(list, kind);
	}
	return list;
}

static struct json_object *topology_devices(const struct host *host, const struct goals *goals)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < goals->count; i++) {
		const struct pci_function *function = &host->pci.functions[goals->items[i].function];
		struct json_object *device;
		char address[PCI_ADDRESS_MAX];

		if (goals->items[i].guard == GUARD_IDENTITY)
			continue;
		device = json_object_new_object();
		add_text(device, "section", goals->items[i].section->name);
		add_text(device, "address", pci_address_format(&function->address, address));
		add(device, "node", json_object_new_int(function->detail->node));
		json_object_array_add(list, device);
	}
	return list;
}

int json_topology(FILE *out, const struct host *host, const struct goals *goals, const struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	struct json_object *document = json_object_new_object(), *faults = json_object_new_array();
	struct cpus offline = topology->present;

	cpus_minus(&offline, &topology->online);
	add_number(document, "schema", 1);
	add_cpus(document, "online", &topology->online);
	add_cpus(document, "offline", &offline);
	add_cpus(document, "guest", &isolation->guest);
	add_cpus(document, "housekeeping", &isolation->housekeeping);
	if (topology->isolated_error)
		add(document, "isolated", NULL);
	else
		add_cpus(document, "isolated", &topology->isolated);
	if (topology->nohz_full_error)
		add(document, "nohz_full", NULL);
	else
		add_cpus(document, "nohz_full", &topology->nohz_full);
	add(document, "smt", topology->smt[0] ? new_text(topology->smt) : NULL);
	add(document, "packages", topology_level(topology, LEVEL_PACKAGE, "package"));
	add(document, "dies", topology_level(topology, LEVEL_DIE, "die"));
	add(document, "nodes", topology_nodes(topology, &host->memory));
	add(document, "caches", topology_level(topology, LEVEL_L3, "l3"));
	add(document, "kinds", topology_kinds(topology));
	add(document, "cores", topology_level(topology, LEVEL_CORE, "core"));
	add(document, "devices", topology_devices(host, goals));
	for (size_t i = 0; i < isolation->fault_count; i++) {
		const struct isolation_fault *found = &isolation->faults[i];
		struct json_object *fault = json_object_new_object();

		add_text(fault, "section", found->section);
		add_text(fault, "status", isolation_fault_is_fatal(found) ? "fail" : "warn");
		add_text(fault, "why", found->text);
		add_text(fault, "fix", found->cure);
		json_object_array_add(faults, fault);
	}
	add(document, "faults", faults);
	return print(out, document);
}

struct json_object *json_map(void)
{
	return json_object_new_object();
}

struct json_object *json_list_of(void)
{
	return json_object_new_array();
}

void json_put_value(struct json_object *map, const char *key, struct json_object *value)
{
	add(map, key, value);
}

void json_put_text(struct json_object *map, const char *key, const char *text)
{
	add_text(map, key, text);
}

void json_put_number(struct json_object *map, const char *key, size_t number)
{
	add_number(map, key, number);
}

void json_append(struct json_object *list, struct json_object *value)
{
	json_object_array_add(list, value);
}

void json_append_text(struct json_object *list, const char *text)
{
	json_object_array_add(list, new_text(text));
}

int json_write(FILE *out, struct json_object *document)
{
	return print(out, document);
}
