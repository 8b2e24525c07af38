/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/guards.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/holders.h"
#include "host/usage.h"
#include "plan/netboot.h"

__attribute__((format(printf, 3, 4)))
static void refuse(struct goal *goal, enum guard guard, const char *format, ...)
{
	va_list arguments;

	goal->guard = guard;
	va_start(arguments, format);
	vsnprintf(goal->why, sizeof(goal->why), format, arguments);
	va_end(arguments);
}

static const struct pci_function *function_of(const struct host *host, const struct goal *goal)
{
	return &host->pci.functions[goal->function];
}

static unsigned int base_class(const struct host *host, const struct goal *goal)
{
	return PCI_CLASS_BASE(function_of(host, goal)->class);
}

static void guard_skip(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	(void)goals;
	(void)view;
	for (size_t i = 0; i < host->switches.skip_count; i++)
		if (pci_address_compare(&host->switches.skip[i], &function_of(host, goal)->address) == 0)
			refuse(goal, GUARD_SKIP, "vfio_prep.skip= on the kernel command line names it");
}

static void guard_stuck(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	(void)goals;
	if (view != VIEW_NEXT_BOOT && function_of(host, goal)->detail->stuck)
		refuse(goal, GUARD_STUCK, "its driver's probe or removal hangs in the kernel, and so would whoever touches it");
}

static void guard_bridge(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	(void)goals;
	(void)view;
	if (pci_is_bridge(function_of(host, goal)))
		refuse(goal, GUARD_BRIDGE, "it is a bridge (class %06x): vfio-pci takes endpoints only",
		       function_of(host, goal)->class);
}

static void guard_in_use(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	const struct pci_function *function = function_of(host, goal);
	const struct holder *holder = host_holder(host, goal->function);

	(void)goals;
	if (view == VIEW_NEXT_BOOT || pci_driver_is_vfio(function->driver))
		return; /* nobody holds it then; or it has what is wanted, and nothing is unbound */
	if (function->detail->enabled_vfs > 0)
		refuse(goal, GUARD_IN_USE, "%d of its virtual functions are enabled, and vfio-pci refuses it so (EBUSY): "
		       "write 0 to its sriov_numvfs first", function->detail->enabled_vfs);
	else if (function->detail->usage & (USAGE_ROOT | USAGE_MOUNTED | USAGE_SWAP))
		refuse(goal, GUARD_IN_USE, "it carries %s: every access would fail from then on",
		       function->detail->usage & USAGE_ROOT ? "the root" :
		       function->detail->usage & USAGE_MOUNTED ? "a mounted filesystem" : "active swap");
	else if (holder)
		refuse(goal, GUARD_IN_USE, "process %d (%s) holds %s open: end it first", holder->pid, holder->command,
		       holder->node);
}

static void guard_boot_display(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	const struct pci_detail *detail = function_of(host, goal)->detail;
	const char *shown_by = detail->boot_vga == 1 ? "boot_vga" : detail->framebuffer[0] ? detail->framebuffer :
	                       detail->shows_console ? "fb0" : NULL;

	(void)goals;
	(void)view;
	if (shown_by && !(goal->section->allow & WAIVE_BOOT_DISPLAY))
		refuse(goal, GUARD_BOOT_DISPLAY, "it shows the boot console (%s), which would go dark: "
		       "allow = boot-display takes it", shown_by);
}

/* A block in use that stands on a function, the root before others; NULL. */
static const struct block *used_block(const struct host *host, size_t function)
{
	const struct block *found = NULL;

	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		const struct block *block = &host->storage.blocks.items[i];

		if (block->use && block_on_function(block, function) && (!found || (block->use & ~found->use & USE_ROOT)))
			found = block;
	}
	return found;
}

/* Something that the host will still look for may be in a container that nobody has opened. */
static const char *open_question(const struct storage *storage)
{
	return storage->unresolved ? storage->unresolved_name : storage->pools;
}

/*
 * What speaks against taking a disk whose blocks nobody uses: something active that is made of it, and would
 * break, or a content that cannot be judged. Returns how many blocks there are.
 */
static size_t judge_content(struct goal *goal, enum guard guard, const struct host *host)
{
	const char *waiver = guard == GUARD_STORAGE ? "allow = storage beside its address" : "allow = usb";
	const char *question = open_question(&host->storage);
	size_t blocks = 0;

	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		const struct block *block = &host->storage.blocks.items[i];

		if (!block_on_function(block, goal->function))
			continue;
		blocks++;
		if (block->upper[0] || block->busy) {
			if (block->upper[0])
				refuse(goal, guard, "%s stands on %s, and is active: stop it first, or %s", block->upper, block->name,
				       waiver);
			else
				refuse(goal, guard, "the kernel holds %s for something (EBUSY): end that first, or %s", block->name,
				       waiver);
			return blocks;
		}
		if (block->empty)
			continue;
		if (block->content.kind == CONTENT_LOG) {
			refuse(goal, guard, "%s is the log of a filesystem elsewhere (%s)", block->name, block->content.type);
			return blocks;
		}
		/* A stick in a USB port that cannot be read is no reason to keep the port. */
		if (guard == GUARD_STORAGE &&
		    (block->content.kind == CONTENT_AMBIVALENT || block->content.kind == CONTENT_UNREADABLE)) {
			refuse(goal, guard, "the content of %s %s: wipefs(8) it, or %s", block->name,
			       block->content.kind == CONTENT_AMBIVALENT ? "is ambivalent" : "cannot be read", waiver);
			return blocks;
		}
		if (block->content.kind == CONTENT_CONTAINER && question) {
			refuse(goal, guard, "%s is a %s that is not open, and %s is not found yet", block->name,
			       block->content.type, question);
			return blocks;
		}
	}
	return blocks;
}

/* Everything that disks are attached to: class 01, SD and eMMC hosts, FireWire, Fibre Channel, InfiniBand. */
static bool is_storage(uint32_t class)
{
	return PCI_CLASS_BASE(class) == PCI_BASE_STORAGE || class >> 8 == 0x0805 || class >> 8 == 0x0c00 ||
	       class >> 8 == 0x0c04 || class >> 8 == 0x0c06;
}

/* False, with the refusal, where what the host needs could not be read: then nothing can be judged. */
static bool can_judge(struct goal *goal, enum guard guard, const struct host *host)
{
	if (!host->storage.read)
		refuse(goal, guard, "what it carries could not be looked at");
	else if (host->storage.incomplete[0])
		refuse(goal, guard, "what the host needs could not all be found (%s)", host->storage.incomplete);
	return goal->guard == GUARD_NONE;
}

static void guard_storage(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	const char *question = open_question(&host->storage);
	const struct block *used;

	(void)goals;
	if (!is_storage(function_of(host, goal)->class) || goal->section->allow & WAIVE_STORAGE)
		return;
	goal->stage = STAGE_LATE;
	goal->deferred = view == VIEW_EARLY;
	/* On vfio-pci already, it has no disks to look at: it was judged when it was taken. */
	if (view == VIEW_EARLY || pci_driver_is_vfio(function_of(host, goal)->driver))
		return;
	if (!can_judge(goal, GUARD_STORAGE, host))
		return;
	used = used_block(host, goal->function);
	if (used)
		refuse(goal, GUARD_STORAGE, "%s is on it: %s", used->name, used->detail);
	/* No driver looked at it, or the driver is still looking: NVMe and SCSI find their disks later on. */
	else if (!judge_content(goal, GUARD_STORAGE, host) && question)
		refuse(goal, GUARD_STORAGE, "%s, and %s is not found yet", function_of(host, goal)->driver[0] ?
		       "it shows no disk" : "no driver has looked at it", question);
}

/*
 * A USB function of a graphics card (its USB-C port) goes with the card, as long as another controller stays
 * for the keyboard: in a processor with graphics the display's slot may hold them all.
 */
static bool goes_with_display(const struct goals *goals, const struct goal *goal, const struct host *host)
{
	size_t first, end = pci_slot(&host->pci, goal->function, &first);
	bool other = false;

	for (size_t i = 0; !other && i < host->pci.count; i++)
		other = host->pci.functions[i].class >> 8 == PCI_CLASS_USB && !goals_find(goals, i);
	if (!other)
		return false;

	for (size_t i = first; i < end; i++)
		if (PCI_CLASS_BASE(host->pci.functions[i].class) == PCI_BASE_DISPLAY && goals_take(goals, i))
			return true;
	return false;
}

static void guard_usb(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	const struct block *used;
	bool early;

	if (function_of(host, goal)->class >> 8 != PCI_CLASS_USB || goal->section->allow & WAIVE_USB)
		return;
	early = goes_with_display(goals, goal, host);
	goal->stage = early ? STAGE_EARLY : STAGE_LATE;
	goal->deferred = view == VIEW_EARLY && !early;
	/* With its display it goes before anything on it could be looked at, and so says the plan. */
	if (view == VIEW_EARLY || (early && view == VIEW_NEXT_BOOT) || pci_driver_is_vfio(function_of(host, goal)->driver))
		return;
	if (!can_judge(goal, GUARD_USB, host))
		return;
	used = used_block(host, goal->function);
	if (used)
		refuse(goal, GUARD_USB, "%s hangs on it: %s", used->name, used->detail);
	else if (netboot_reason(host, true))
		refuse(goal, GUARD_USB, "this machine boots from the network (%s), maybe through it",
		       netboot_reason(host, true));
	else if (host->storage.tag_unresolved)
		/* A slow disk: the kernel may find it behind this controller in a moment. */
		refuse(goal, GUARD_USB, "%s is not found yet, and may still appear on it", host->storage.unresolved_name);
	else
		judge_content(goal, GUARD_USB, host);
}

static void guard_network(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	/* A boot takes it before anything is mounted, and so says its plan; what is on vfio carries no root. */
	const char *boot = netboot_reason(host, view == VIEW_NOW && !pci_driver_is_vfio(function_of(host, goal)->driver));

	if (base_class(host, goal) != PCI_BASE_NETWORK || goal->section->allow & WAIVE_NETWORK)
		return;
	if (boot) {
		refuse(goal, GUARD_NETWORK, "this machine boots from the network (%s): allow = network takes it", boot);
		return;
	}
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];

		const struct goal *other = goals_find(goals, i);

		if (PCI_CLASS_BASE(function->class) == PCI_BASE_NETWORK && function->detail && !function->detail->is_vf &&
		    (!other || (other->guard != GUARD_NONE && other->guard != GUARD_NETWORK)))
			return;
	}
	refuse(goal, GUARD_NETWORK, "no network device would be left to the host: allow = network takes it");
}

/* Kinds of devices that the kernel has a driver for, as good as always (of the base class). */
static bool class_has_driver(uint32_t class)
{
	switch (PCI_CLASS_BASE(class)) {
	case 0x01: case 0x02: case 0x03: case 0x04: /* storage, network, display, multimedia */
	case 0x07: case 0x0c: case 0x0d: case 0x10: /* serial ports, USB and SMBus, wireless, encryption */
	case 0x11: case 0x12:                       /* signal processing, accelerators */
		return true;
	default:
		return class >> 8 == 0x0805;        /* SD host controllers */
	}
}

bool guards_host_keeps(const struct goals *goals, const struct host *host, size_t function, enum view view)
{
	const struct pci_function *f = &host->pci.functions[function];

	if (goals_take(goals, function) || f->class >> 8 == PCI_CLASS_PCI_BRIDGE)
		return false;
	if (!pci_driver_is_harmless(f->driver))
		return true;
	/* Before udev nothing has a driver, and before any preparation nothing has vfio's. What hangs gets none. */
	if (view == VIEW_NOW || (f->detail && f->detail->stuck && view != VIEW_NEXT_BOOT) ||
	    (view != VIEW_NEXT_BOOT && f->driver[0]))
		return false;
	return class_has_driver(f->class);
}

static void guard_group(struct goals *goals, struct goal *goal, const struct host *host, enum view view)
{
	const struct iommu_group *group = host_group(host, function_of(host, goal)->detail->group);

	if (goal->section->allow & WAIVE_GROUP)
		return;
	if (host_leaves_out(host, function_of(host, goal)) && !pci_driver_is_vfio(function_of(host, goal)->driver)) {
		refuse(goal, GUARD_GROUP, "it has no IOMMU group though the IOMMU is on: no guest can have it");
		return;
	}
	if (!group && view == VIEW_NOW && !pci_driver_is_vfio(function_of(host, goal)->driver)) {
		refuse(goal, GUARD_GROUP, "it has no IOMMU group, and vfio-pci refuses it so: its driver would be taken "
		       "away in vain (is the IOMMU on?)");
		return;
	}
	for (size_t i = 0; group && i < group->member_count; i++) {
		const struct pci_function *member = &host->pci.functions[group->members[i]];
		const struct goal *refused = goals_find(goals, group->members[i]);
		char address[PCI_ADDRESS_MAX];

		if (!guards_host_keeps(goals, host, group->members[i], view))
			continue;
		pci_address_format(&member->address, address);
		if (refused)
			refuse(goal, GUARD_GROUP, "%s of its IOMMU group %d stays with the host (%s)", address, group->number,
			       guard_name(refused->guard));
		else
			refuse(goal, GUARD_GROUP, "%s (class %06x%s%s) of its IOMMU group %d would stay with the host: "
			       "also = group takes it too, allow = group binds without it", address, member->class,
			       member->driver[0] ? ", " : "", member->driver, group->number);
		return;
	}
}

void guards_apply(struct goals *goals, const struct host *host, enum view view)
{
	/* What a disk carries says more than that it is in use; the group is last, because it looks at what the
	 * others refused. */
	static void (*const guards[])(struct goals *, struct goal *, const struct host *, enum view) = {
		guard_skip, guard_stuck, guard_bridge, guard_storage, guard_usb, guard_in_use, guard_boot_display,
		guard_network,
		guard_group,
	};
	bool changed;

	for (size_t i = 0; i < goals->count; i++) {
		goals->items[i].stage = STAGE_EARLY;
		goals->items[i].deferred = false;
	}
	do {
		changed = false;
		for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
			for (size_t j = 0; j < goals->count; j++)
				if (goals->items[j].guard == GUARD_NONE) {
					guards[i](goals, &goals->items[j], host, view);
					changed |= goals->items[j].guard != GUARD_NONE;
				}
	} while (changed);
}
