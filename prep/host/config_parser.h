/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the three parts of the config reader share: sections (config.c), keys, rules over the whole. */
#ifndef VFIO_PREP_HOST_CONFIG_PARSER_H
#define VFIO_PREP_HOST_CONFIG_PARSER_H

#include "host/config.h"

enum section {
	SECTION_NONE,    /* before the first one */
	SECTION_UNKNOWN, /* reported, its keys are passed over */
	SECTION_GENERAL,
	SECTION_DEVICE,
	SECTION_HUGEPAGES,
	SECTION_CPUS,
	SECTION_VM,
};

struct config_parser {
	struct config *config;
	enum section section;
	unsigned int seen_sections; /* bits of enum section, for those without a name */
	unsigned int seen_keys;     /* bits of key numbers in this section */
	unsigned int line;          /* of the entry that is read */
	bool no_memory;
};

/* Reports what is wrong in a line: what was read, what is expected. */
__attribute__((format(printf, 3, 4)))
void config_add_error(struct config_parser *parser, unsigned int line, const char *format, ...);

/* array_add that notes a lack of memory in the parser. */
void *config_add_item(struct config_parser *parser, void *items, size_t *count, size_t size);

/* Takes "KEY = VALUE" into the current section (config_keys.c; an ini_events callback). */
void config_entry(void *context, unsigned int line, const char *key, const char *value);

/* What only a whole section or the whole file can break (config_rules.c). */
void config_check_rules(struct config_parser *parser);

#endif
