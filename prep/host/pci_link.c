/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pci_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/patience.h"
#include "base/root.h"
#include "host/pci_health.h"

#define LANES_MAX 32 /* 63 and 255 are what the kernel makes of ones, and of a function without a link */

ssize_t pci_reader_read(struct pci_reader *reader, const struct pci_address *address, const char *name, char *text)
{
	char path[ROOT_PATH_MAX], place[PCI_ADDRESS_MAX];
	ssize_t length;

	if (reader->gave_up)
		return -ETIMEDOUT;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", pci_address_format(address, place), name);
	if (!reader->function->suspect)
		return root_read(reader->root, path, text, ROOT_ATTRIBUTE);
	length = root_read_patiently(reader->root, path, text, ROOT_ATTRIBUTE, PATIENCE_USEC);
	reader->gave_up = length == -ETIMEDOUT;
	return length;
}

/* "16.0 GT/s PCIe", or "8 GT/s" before Linux 4.17; *ret is 0 for "Unknown" and "Unknown speed". */
static int parse_speed(char *text, unsigned int *ret)
{
	char *unit = strstr(text, " GT/s"), *point;
	uint64_t whole, tenth = 0;

	if (strncmp(text, "Unknown", 7) == 0) {
		*ret = 0;
		return 0;
	}
	if (!unit || (unit[5] && strcmp(unit + 5, " PCIe") != 0))
		return -EINVAL;
	*unit = '\0';
	point = strchr(text, '.');
	if (point) {
		*point = '\0';
		if (strlen(point + 1) != 1 || parse_number(point + 1, 9, &tenth) < 0)
			return -EINVAL;
	}
	if (parse_number(text, 1000, &whole) < 0)
		return -EINVAL;
	*ret = (unsigned int)(whole * 10 + tenth);
	return 0;
}

static int read_speed(struct pci_reader *reader, const struct pci_address *address, const char *name, unsigned int *ret)
{
	char text[ROOT_ATTRIBUTE];
	ssize_t length = pci_reader_read(reader, address, name, text);

	return length < 0 ? (int)length : parse_speed(text, ret);
}

static int read_width(struct pci_reader *reader, const struct pci_address *address, const char *name, unsigned int *ret)
{
	char text[ROOT_ATTRIBUTE];
	ssize_t length = pci_reader_read(reader, address, name, text);
	uint64_t lanes;
	int r = length < 0 ? (int)length : parse_number(text, 255, &lanes);

	if (r == 0)
		*ret = lanes > LANES_MAX ? 0 : (unsigned int)lanes;
	return r;
}

/* 0; -ENOENT where the lower end has no link. */
static int read_link(struct pci_reader *reader, struct pci_link *link)
{
	unsigned int speed = 0, width = 0;
	int r = read_width(reader, &link->below, "max_link_width", &link->max_width);

	if (r == -ENOENT || (r == 0 && !link->max_width))
		return -ENOENT;
	link->known = r == 0 && read_speed(reader, &link->below, "max_link_speed", &link->max_speed) == 0 &&
	              read_speed(reader, &link->below, "current_link_speed", &link->speed) == 0 &&
	              read_width(reader, &link->below, "current_link_width", &link->width) == 0 &&
	              read_speed(reader, &link->above, "max_link_speed", &speed) == 0 &&
	              read_width(reader, &link->above, "max_link_width", &width) == 0 &&
	              link->max_speed && link->speed && link->width && speed && width;
	if (speed < link->max_speed)
		link->max_speed = speed;
	if (width < link->max_width)
		link->max_width = width;
	return 0;
}

/* Cuts the last component off a path; NULL where it is no function's. */
static const char *cut_function(char *path, struct pci_address *ret)
{
	char *slash = strrchr(path, '/');

	if (!slash || pci_address_parse(slash + 1, ret) < 0)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

size_t pci_links_read(struct pci_reader *reader, struct pci_link *links)
{
	char link[ROOT_PATH_MAX], path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];
	size_t count = 0;

	snprintf(link, sizeof(link), PCI_DEVICES "/%s", pci_address_format(&reader->function->address, address));
	if (root_readlink(reader->root, link, path, sizeof(path)) < 0)
		return 0;
	/* Two steps at a time: above a switch's lower port is its upper one, and what is between these is no link. */
	while (count < PCI_LINKS) {
		struct pci_link next = { 0 };

		if (!cut_function(path, &next.below) || !cut_function(path, &next.above) || read_link(reader, &next) == -ENOENT)
			break;
		links[count++] = next;
	}
	return count;
}
