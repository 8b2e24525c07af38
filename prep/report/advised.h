/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The advice with all that a printer of it needs: the CPUs it is about, the boot loader, its command. */
#ifndef VFIO_PREP_REPORT_ADVISED_H
#define VFIO_PREP_REPORT_ADVISED_H

#include "host/loader.h"
#include "plan/advice.h"

struct advised {
	struct isolation isolation;
	struct advice advice;
	struct loader loader;
	char *command; /* of loader_command */
};

/* For a host that was read with this config, HOST_CPUS and HOST_LOG. 0 or -ENOMEM; advised_done releases either way. */
int advised_build(const struct root *root, const struct config *config, const struct host *host, struct advised *ret);
void advised_done(struct advised *advised);

#endif
