/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/surroundings.h"

int surroundings_read(const struct root *root, const struct config *config, const struct host *host,
                      struct surroundings *ret)
{
	int r;

	*ret = (struct surroundings){ 0 };
	kernel_state_read(root, &ret->kernel);
	r = vfio_nodes_read(root, &host->pci, &ret->nodes);
	if (r == 0)
		r = rivals_read(root, &ret->rivals);
	if (r == 0)
		r = account_read(root, config->user, &ret->account);
	if (r == 0 && ret->account.state == ACCOUNT_FOUND)
		r = memlock_read(root, &ret->account, &ret->memlock);
	return r;
}

void surroundings_done(struct surroundings *surroundings)
{
	if (!surroundings)
		return;
	vfio_nodes_done(&surroundings->nodes);
	rivals_done(&surroundings->rivals);
	account_done(&surroundings->account);
}
