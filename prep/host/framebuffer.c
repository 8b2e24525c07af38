/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/framebuffer.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"

#define IORESOURCE_MEM 0x200 /* include/linux/ioport.h */

/* drivers/firmware/sysfb_simplefb.c, drivers/video/fbdev/{efifb,vesafb,simplefb}.c, drivers/gpu/drm/tiny */
static bool is_boot_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "simplefb", "vesafb", "simple-framebuffer", "simpledrm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	/* A platform device's memory may bear the device's name: "efi-framebuffer.0". */
	return strstr(name, "-framebuffer.") != NULL;
}

static void note(struct host *host, uint64_t start, uint64_t end, const char *name)
{
	for (size_t i = 0; i < host->pci.count; i++) {
		struct pci_detail *detail = host->pci.functions[i].detail;

		for (size_t j = 0; detail && j < PCI_BARS; j++)
			if (detail->bars[j].size && detail->bars[j].flags & IORESOURCE_MEM && start >= detail->bars[j].start &&
			    end <= detail->bars[j].start + detail->bars[j].size - 1)
				snprintf(detail->framebuffer, sizeof(detail->framebuffer), "%s", name);
	}
}

/* It is a platform device: "efi-framebuffer.0", "simple-framebuffer.0", "vesa-framebuffer.0". */
static bool driver_holds_one(const struct root *root)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, "sys/bus/platform/devices", &names) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], driver[64];

		snprintf(path, sizeof(path), "sys/bus/platform/devices/%s/driver", names.items[i]);
		if (strstr(names.items[i], "-framebuffer.") && root_link_name(root, path, driver, sizeof(driver)) == 0)
			return true;
	}
	return false;
}

/*
 * Once a driver has replaced the boot framebuffer, nothing in /proc/iomem tells where it was. A device of
 * class 0300 still has its boot_vga; for the others (0380, 0302) it is whoever shows the console now.
 */
static void note_console(const struct root *root, struct host *host)
{
	char target[ROOT_PATH_MAX], *path = target, *component;

	if (root_readlink(root, "sys/class/graphics/fb0", target, sizeof(target)) < 0)
		return;
	while ((component = parse_word(&path, "/"))) {
		struct pci_address address;
		const struct pci_function *function;

		if (pci_address_parse(component, &address) < 0)
			continue;
		function = pci_find(&host->pci, &address);
		if (function && function->detail && PCI_CLASS_BASE(function->class) == PCI_BASE_DISPLAY)
			function->detail->shows_console = function->detail->boot_vga < 0;
	}
}

void framebuffers_read(const struct root *root, struct host *host)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;

	note_console(root, host);
	host->framebuffer_driver = ANSWER_UNKNOWN;
	if (root_read_all(root, "proc/iomem", 1 << 22, &text, &size) < 0)
		return;
	host->framebuffer_driver = driver_holds_one(root) ? ANSWER_YES : ANSWER_NO;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		unsigned long long start, end;
		char name[64];

		if (sscanf(line, " %llx-%llx : %63[^\n]", &start, &end, name) != 3 || !is_boot_framebuffer(name))
			continue;
		if (end)
			note(host, start, end, name);
		else /* without CAP_SYS_ADMIN all addresses read as 0 (kernel/resource.c) */
			host->framebuffer_driver = ANSWER_UNKNOWN;
	}
}
