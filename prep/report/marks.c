/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/marks.h"

#include <stdio.h>

#include "host/holders.h"
#include "host/usage.h"

size_t marks_of(const struct host *host, size_t function, const char **marks)
{
	const struct pci_function *f = &host->pci.functions[function];
	size_t count = 0;

	if (!f->detail || pci_is_bridge(f))
		return 0;
	if (f->detail->boot_vga == 1 || f->detail->framebuffer[0] || f->detail->shows_console)
		marks[count++] = "boot-display";
	if (f->detail->usage & USAGE_ROOT)
		marks[count++] = "root";
	if (f->detail->usage & USAGE_MOUNTED)
		marks[count++] = "mounted";
	if (f->detail->usage & USAGE_SWAP)
		marks[count++] = "swap";
	if (f->detail->usage & USAGE_DEFAULT_ROUTE)
		marks[count++] = "default-route";
	if (host_holder(host, function))
		marks[count++] = "in-use";
	return count;
}

const char *bar_size(const struct pci_bar *bar, char *text)
{
	static const char units[] = { 'B', 'K', 'M', 'G', 'T' };
	uint64_t size = bar->size;
	size_t unit = 0;

	while (size >= 1024 && size % 1024 == 0 && unit + 1 < sizeof(units)) {
		size /= 1024;
		unit++;
	}
	snprintf(text, 16, "%llu%c", (unsigned long long)size, units[unit]);
	return text;
}
