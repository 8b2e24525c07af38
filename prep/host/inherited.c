/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/inherited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/inherited_parts.h"

const char inherited_places[] =
	"vfio-pci.ids= and hugepages=, isolcpus= on the kernel command line and in the boot loader's files; modprobe.d, "
	"modules-load.d, /etc/modules, sysctl.d; /etc/initramfs-tools, dracut.conf.d, mkinitcpio.conf; /etc/driverctl.d; "
	"/etc/libvirt/qemu";

struct inherited_item *inherited_add(struct inherited *inherited, enum inherited_kind kind, enum inherited_form form,
                                     const char *file, const struct line *line, const char *text, const char *value)
{
	struct inherited_item *item = array_add(&inherited->items, &inherited->count, sizeof(*item));

	if (!item)
		return NULL;
	item->kind = kind;
	item->form = form;
	snprintf(item->file, sizeof(item->file), "%s", file);
	item->line = line ? line->number : 0;
	item->joined = line && line->joined;
	item->raw = strdup(line ? line->raw : "");
	item->text = strdup(text ? text : line ? line->text : "");
	item->value = strdup(value ? value : "");
	return item->raw && item->text && item->value ? item : NULL;
}

int inherited_lines(const struct root *root, const char *path, enum lines_rule rule, struct inherited *inherited,
                    struct lines *ret)
{
	int r = lines_read(root, path, rule, ret);

	if (r == 0)
		return ret->count > 0;
	if (r == -ENOMEM || r == -ENOENT || r == -ENOTDIR)
		return r == -ENOMEM ? r : 0;
	return inherited_add(inherited, INHERITED_UNREADABLE, FORM_NOTHING, path, NULL, path, strerror(-r)) ? 0 : -ENOMEM;
}

static bool begins(const char *word, size_t size, const char *with)
{
	return size >= strlen(with) && strncmp(word, with, strlen(with)) == 0;
}

bool inherited_is_vfio(const char *word, size_t size)
{
	if (begins(word, size, "vfio-prep") || begins(word, size, "vfio_prep"))
		return false;
	if (begins(word, size, "vfio"))
		return true;
	for (size_t i = 0; i + 9 <= size; i++)
		if (strncmp(word + i, "_vfio_pci", 9) == 0 || strncmp(word + i, "-vfio-pci", 9) == 0)
			return true;
	return false;
}

bool inherited_is_driver(const char *word, size_t size)
{
	static const char *const drivers[] = {
		"nouveau", "nvidia", "nvidiafb",       "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nova_core",
		"amdgpu",  "radeon", "i915",           "xe",         "snd_hda_intel",  "xhci_pci",   "xhci_hcd",
		"nvme",    "ahci",   "i2c_nvidia_gpu", "ucsi_ccg",
	};
	char name[DRIVER_NAME_MAX];

	if (size >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)size, word);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (cmdline_keys_equal(name, drivers[i]))
			return true;
	return false;
}

void inherited_count(const char *text, const char *separators, size_t *ret_vfio, size_t *ret_others)
{
	*ret_vfio = *ret_others = 0;
	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		size_t size = strcspn(text, separators);

		*(inherited_is_vfio(text, size) ? ret_vfio : ret_others) += 1;
		text += size;
	}
}

int inherited_read(const struct root *root, const struct cmdline *cmdline, const struct loader *loader,
                   struct inherited *ret)
{
	int r;

	*ret = (struct inherited){ 0 };
	r = inherited_read_modprobe(root, ret);
	if (r == 0)
		r = inherited_read_cmdline(cmdline, loader, ret);
	if (r == 0)
		r = inherited_read_lists(root, ret);
	if (r == 0)
		r = inherited_read_shell(root, ret);
	return r < 0 ? r : inherited_read_others(root, ret);
}

void inherited_done(struct inherited *inherited)
{
	if (!inherited)
		return;
	for (size_t i = 0; i < inherited->count; i++) {
		free(inherited->items[i].raw);
		free(inherited->items[i].text);
		free(inherited->items[i].value);
	}
	free(inherited->items);
	*inherited = (struct inherited){ 0 };
}
