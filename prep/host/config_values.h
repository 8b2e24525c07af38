/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of the config's keys, each read from one string. They return NULL where the value is good,
 * else what is expected in its place: static text for "expected ...". Outputs are written on success only.
 */
#ifndef VFIO_PREP_HOST_CONFIG_VALUES_H
#define VFIO_PREP_HOST_CONFIG_VALUES_H

#include "host/config.h"

const char *value_id(const char *text, struct id_pattern *ret);
const char *value_class(const char *text, uint32_t *ret, unsigned int *ret_digits);
const char *value_also(const char *text, enum also *ret);
const char *value_driver(const char *text, char *ret);
const char *value_allow(const char *text, unsigned int *ret);
const char *value_isolate(const char *text, struct cpus_section *ret);
const char *value_name(const char *text, char *ret);

/* A pool from "SIZE[@NODE]" and its amount, bytes with a suffix or a bare number of pages. */
const char *value_pool_key(const char *text, struct page_pool *ret);
const char *value_pool_amount(const char *text, struct page_pool *pool);

#endif
