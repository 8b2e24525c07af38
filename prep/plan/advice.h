/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel command line lacks for the config, and what on it does harm or nothing: parameters to add and to
 * drop, each with its reason. Pure.
 *
 * Only what the config asks for is compared, sets as sets. What stands there and is not ours to judge stays:
 * isolcpus= without [cpus], iommu=pt, kvm.ignore_msrs=, rd.driver.pre=vfio-pci. So do video=efifb:off and
 * initcall_blacklist=sysfb_init: they are about what the console shows, which an administrator may want for other
 * reasons than a passed-through card.
 */
#ifndef VFIO_PREP_PLAN_ADVICE_H
#define VFIO_PREP_PLAN_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/config.h"
#include "host/host.h"
#include "plan/isolate.h"
#include "plan/pages.h"

enum advice_kind {
	ADVICE_ADD,
	ADVICE_DROP,
	ADVICE_KEEP, /* it stands there, and is what the config asks for */
};

struct advice_item {
	enum advice_kind kind;
	char *parameter; /* as on a command line, in quotes where its value has blanks */
	char why[200];
};

struct advice {
	bool unknown; /* the command line cannot be read: there are no items */
	struct advice_item *items; /* a parameter that has to stand before another one comes before it */
	size_t count;
};

/* Pages of one size on one node that the config asks for. */
struct advice_pages {
	uint64_t page_size; /* bytes */
	int node;           /* -1: the kernel's own spread */
	uint64_t wanted, missing; /* pages */
};

/*
 * The advice for a host that was read with this config; with HOST_LOG it also knows what the kernel did not
 * understand. Pages below 1G give none: they can be had at run time. 0 or -ENOMEM; advice_done releases either way.
 */
int advice_build(const struct config *config, const struct host *host, const struct isolation *isolation,
                 const struct advice_pages *pages, size_t page_count, struct advice *ret);
void advice_done(struct advice *advice);

/* The same with the pages of a plan (pages_build). */
int advice_build_all(const struct config *config, const struct host *host, const struct isolation *isolation,
                     const struct pages *pages, struct advice *ret);

/* How many items are of a kind. */
size_t advice_count(const struct advice *advice, enum advice_kind kind);

/* The item of this parameter (its whole text) and kind; NULL. */
const struct advice_item *advice_find(const struct advice *advice, enum advice_kind kind, const char *parameter);

/* True where the kernel log (HOST_LOG) tells that the kernel has no parameter of this key. */
bool advice_unknown_to_kernel(const struct host *host, const char *key);

#endif
