/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of advice_build. Each returns 0 or -ENOMEM. */
#ifndef VFIO_PREP_PLAN_ADVICE_PARTS_H
#define VFIO_PREP_PLAN_ADVICE_PARTS_H

#include "plan/advice.h"

/* isolcpus=, nohz_full=, rcu_nocbs=, irqaffinity=. */
int advise_cpus(const struct config *config, const struct host *host, const struct isolation *isolation,
                struct advice *advice);

/* hugepagesz= with hugepages=. */
int advise_pages(const struct host *host, const struct advice_pages *pages, size_t count, struct advice *advice);

/* What keeps the IOMMU off, and what is wrong with a device however it is prepared. */
int advise_devices(const struct config *config, const struct host *host, struct advice *advice);

/* Adds an item, unless there is one of this kind for the parameter; its reason is printed. */
__attribute__((format(printf, 4, 5)))
int advise(struct advice *advice, enum advice_kind kind, const char *parameter, const char *why, ...);

/* advise() for a parameter as it stands on the running command line, and for a key with its value. */
__attribute__((format(printf, 4, 5)))
int advise_given(struct advice *advice, enum advice_kind kind, const struct cmdline_parameter *parameter,
                 const char *why, ...);
__attribute__((format(printf, 5, 6)))
int advise_value(struct advice *advice, enum advice_kind kind, const char *key, const char *value,
                 const char *why, ...);

/* The next parameter of this key from *from on, which is moved behind it; NULL. Those behind "--" are init's. */
const struct cmdline_parameter *advice_next(const struct host *host, const char *key, size_t *from);

/* Cuts the next word off a comma-separated list: its size, 0 at the end. *text is moved behind its comma. */
size_t advice_word(const char **text, const char **ret_word);

#endif
