/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether vfio protects the host, and lets the guest's user at its devices. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

#define PARAMETERS(module) "/sys/module/" module "/parameters/"

/* Where a parameter of a module was set, as the hint of a fix: "  # and take it off FILE". */
static void add_origin(const struct check_input *input, const struct module_parameter *parameter,
                       struct finding *finding)
{
	size_t used = strlen(finding->fix);
	const char *where = NULL;
	char key[80], value[16];

	snprintf(key, sizeof(key), "%s.%s", parameter->module, parameter->name);
	if (cmdline_has(&input->host->cmdline, key, NULL)) {
		snprintf(finding->fix + used, sizeof(finding->fix) - used, "  # and take %s= off the kernel command line", key);
		return;
	}
	for (size_t i = 0; input->modprobe && i < input->modprobe->count; i++) {
		const struct modprobe_line *line = &input->modprobe->lines[i];

		if (line->kind == MODPROBE_OPTIONS && strcmp(line->key, parameter->module) == 0 &&
		    modprobe_option(line->value, parameter->name, value, sizeof(value)))
			where = line->file;
	}
	if (where)
		snprintf(finding->fix + used, sizeof(finding->fix) - used, "  # and take it off /%s", where);
}

void check_vfio_unsafe_interrupts(const struct check_input *input, struct report *report)
{
	const struct module_parameter *parameter =
		input->surroundings ? &input->surroundings->kernel.unsafe_interrupts : NULL;
	struct finding *finding;

	if (!parameter || !input->config->enabled || !input->config->device_count || parameter->loaded == ANSWER_NO)
		return;
	switch (module_parameter_answer(parameter)) {
	case ANSWER_NO:
		finding = report_add(report, "vfio.unsafe-interrupts", "", STATUS_PASS, "vfio asks for remapped interrupts");
		break;
	case ANSWER_YES:
		finding = report_add(report, "vfio.unsafe-interrupts", "", STATUS_WARN,
		                     "vfio also takes devices whose interrupts are not "
		                     "remapped: a guest could then send the host any interrupt");
		FINDING_SET(finding->want, "N");
		FINDING_SET(finding->have, "%s", parameter->value);
		FINDING_SET(finding->fix, "echo N > " PARAMETERS("vfio_iommu_type1") "allow_unsafe_interrupts");
		add_origin(input, parameter, finding);
		break;
	default:
		finding = report_add(report, "vfio.unsafe-interrupts", "", STATUS_UNKNOWN, "the setting cannot be read");
	}
	FINDING_SET(finding->source, PARAMETERS("vfio_iommu_type1") "allow_unsafe_interrupts");
}

void check_vfio_noiommu(const struct check_input *input, struct report *report)
{
	const struct module_parameter *parameter = input->surroundings ? &input->surroundings->kernel.noiommu : NULL;
	struct finding *finding;

	if (!parameter || !input->config->enabled || !input->config->device_count || parameter->loaded == ANSWER_NO)
		return;
	if (parameter->loaded == ANSWER_YES && parameter->missing) {
		finding =
			report_add(report, "vfio.noiommu", "", STATUS_PASS, "this kernel gives no device away without an IOMMU");
	} else if (module_parameter_answer(parameter) == ANSWER_NO) {
		finding = report_add(report, "vfio.noiommu", "", STATUS_PASS, "vfio gives no device away without an IOMMU");
	} else if (module_parameter_answer(parameter) == ANSWER_YES) {
		finding = report_add(report, "vfio.noiommu", "", STATUS_FAIL,
		                     "vfio gives devices away without an IOMMU: they can read and "
		                     "write all memory of the host");
		FINDING_SET(finding->want, "N");
		FINDING_SET(finding->have, "%s", parameter->value);
		FINDING_SET(finding->fix, "echo N > " PARAMETERS("vfio") "enable_unsafe_noiommu_mode");
		add_origin(input, parameter, finding);
	} else {
		finding = report_add(report, "vfio.noiommu", "", STATUS_UNKNOWN, "the setting cannot be read");
	}
	FINDING_SET(finding->source, PARAMETERS("vfio") "enable_unsafe_noiommu_mode");
}

/* A group is opened through dev/vfio/vfio, a device of its own through dev/iommu: either way will do. */
static const struct vfio_node *missing_node(const struct vfio_nodes *nodes, const struct vfio_access *access)
{
	if ((access->group.there && nodes->container.there) || (access->own.there && nodes->iommufd.there))
		return NULL;
	if (!access->group.path[0])
		return access->own.there ? &nodes->iommufd : &access->own;
	return access->group.there ? &nodes->container : &access->group;
}

/* devtmpfs would have made it; dev/vfio/vfio's number is 10:196 (Documentation/admin-guide/devices.txt). */
static void fix_missing(const struct vfio_nodes *nodes, const struct vfio_node *missing, int group,
                        struct finding *finding)
{
	if (missing == &nodes->container)
		FINDING_SET(finding->fix, "modprobe vfio && mkdir -p /dev/vfio && mknod -m 0666 /dev/vfio/vfio c 10 196");
	else if (missing == &nodes->iommufd)
		FINDING_SET(finding->fix, "modprobe iommufd && { test -e /dev/iommu || mknod -m 0600 /dev/iommu c $(tr : ' ' < "
		            "/sys/class/misc/iommu/dev); }");
	else if (strncmp(missing->path, "dev/vfio/devices/", 17) == 0)
		FINDING_SET(finding->fix,
		            "mkdir -p /dev/vfio/devices && mknod -m 0600 /%s c $(tr : ' ' < /sys/class/vfio-dev/%s/dev)",
		            missing->path, missing->path + 17);
	else
		FINDING_SET(finding->fix, "mkdir -p /dev/vfio && mknod -m 0600 /%s c $(tr : ' ' < /sys/class/vfio/%d/dev)",
		            missing->path, group);
}

static void judge_access(const struct check_input *input, const struct vfio_access *access, const char *address,
                         struct report *report)
{
	const struct account *account = &input->surroundings->account;
	const struct vfio_node *node = access->group.there ? &access->group : &access->own;
	const struct vfio_node *iommufd = &input->surroundings->nodes.iommufd;
	struct finding *finding;

	/* The container is everybody's; iommufd, which a device's own node needs, is root's alone. */
	if (node == &access->own && account->state == ACCOUNT_FOUND && account->uid != 0 && iommufd->device &&
	    vfio_node_usable(node, account))
		node = iommufd;

	if (account->state == ACCOUNT_NONE || (account->state == ACCOUNT_FOUND && account->uid == 0)) {
		finding = report_add(report, "vfio.node", address, STATUS_PASS, "/%s is there", node->path);
	} else if (account->state == ACCOUNT_MISSING) {
		finding = report_add(report, "vfio.node", address, STATUS_UNKNOWN,
		                     "whether %s may use it: /etc/passwd has no such user", account->name);
	} else if (!node->device) {
		finding = report_add(report, "vfio.node", address, STATUS_PASS,
		                     "/%s is there (a recording does not tell for whom)", node->path);
	} else if (vfio_node_usable(node, account)) {
		finding = report_add(report, "vfio.node", address, STATUS_PASS, "%s may use /%s", account->name, node->path);
	} else {
		finding = report_add(report, "vfio.node", address, account->libvirt ? STATUS_INFO : STATUS_WARN,
		                     "%s may not open /%s: %s", account->name, node->path,
		                     account->libvirt ? "libvirt allows it when it starts a guest" :
		                                        "QEMU fails with 'Permission denied'");
		FINDING_SET(finding->want, "reading and writing for %s", account->name);
		FINDING_SET(finding->have, "owner %u, group %u, mode %04o", (unsigned int)node->uid, (unsigned int)node->gid,
		            (unsigned int)node->mode & 07777);
		if (!account->libvirt)
			FINDING_SET(finding->fix,
			            "echo '%s, OWNER=\"%s\"' > /etc/udev/rules.d/10-vfio-prep.rules && udevadm control --reload && "
			            "udevadm trigger --settle %s",
			            node == &access->group ? "SUBSYSTEM==\"vfio\"" :
			                                     "SUBSYSTEM==\"vfio-dev|misc\", KERNEL==\"vfio[0-9]*|iommu\"",
			            account->name,
			            node == &access->group ? "--subsystem-match=vfio" :
			                                     "--subsystem-match=vfio-dev --subsystem-match=misc");
	}
	FINDING_SET(finding->source, "/%s", node->path);
}

void check_vfio_node(const struct check_input *input, struct report *report)
{
	const struct surroundings *around = input->surroundings;
	struct check_device device;
	int last_group = -1;

	if (!around || !input->config->enabled)
		return;
	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct vfio_access *access = device.take ? vfio_nodes_find(&around->nodes, device.goal->function) : NULL;
		const struct vfio_node *missing;
		struct finding *finding;

		/* The first device of a group speaks for it; neighbours of a slot stand together. */
		if (!access || (access->group.path[0] && device.function->detail->group == last_group))
			continue;
		last_group = device.function->detail->group;
		missing = missing_node(&around->nodes, access);
		if (!around->nodes.known) {
			finding = report_add(report, "vfio.node", device.address, STATUS_UNKNOWN, "there is no /dev to look into");
			FINDING_SET(finding->source, "/%s", access->group.path[0] ? access->group.path : access->own.path);
		} else if (missing) {
			bool groups = access->group.path[0];

			finding = report_add(report, "vfio.node", device.address, STATUS_FAIL,
			                     "/%s is missing: no guest can open the device", missing->path);
			FINDING_SET(finding->want, "/%s and /%s",
			            groups ? around->nodes.container.path : around->nodes.iommufd.path,
			            groups ? access->group.path : access->own.path);
			FINDING_SET(finding->have, "no /%s", missing->path);
			fix_missing(&around->nodes, missing, last_group, finding);
			FINDING_SET(finding->source, "/%s", missing->path);
		} else {
			judge_access(input, access, device.address, report);
		}
	}
}
