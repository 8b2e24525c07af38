/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_PLAN_NETBOOT_H
#define VFIO_PREP_PLAN_NETBOOT_H

#include "host/host.h"

/*
 * What says that the root comes over the network: a parameter, or, where mounted is true, the root that is
 * mounted. NULL nothing. Before the root is mounted there are only parameters.
 */
const char *netboot_reason(const struct host *host, bool mounted);

#endif
