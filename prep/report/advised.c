/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/advised.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/loader_command.h"

int advised_build(const struct root *root, const struct config *config, const struct host *host, struct advised *ret)
{
	_cleanup_(pages_done) struct pages pages = { 0 };
	int r;

	*ret = (struct advised){ 0 };
	r = isolation_build(config, host, &ret->isolation);
	if (r == 0)
		r = pages_build(config, host, VIEW_NOW, &pages);
	if (r == 0)
		r = advice_build_all(config, host, &ret->isolation, &pages, &ret->advice);
	if (r == 0)
		r = loader_read(root, &ret->loader);
	if (r < 0)
		return r;
	ret->command = loader_command(&ret->loader, &ret->advice, &host->cmdline);
	return ret->command ? 0 : -ENOMEM;
}

void advised_done(struct advised *advised)
{
	if (!advised)
		return;
	isolation_done(&advised->isolation);
	advice_done(&advised->advice);
	loader_done(&advised->loader);
	free(advised->command);
	*advised = (struct advised){ 0 };
}
