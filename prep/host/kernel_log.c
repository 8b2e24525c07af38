/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

#define LOG_LIMIT (64 << 20)

/* The character device gives one record a read (Documentation/ABI/testing/dev-kmsg). */
static int read_records(int fd, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t length;

		if (room - size < 8193) { /* CONSOLE_EXT_LOG_MAX */
			char *grown;

			room = room ? room * 2 : 1 << 18;
			grown = room > LOG_LIMIT ? NULL : realloc(bytes, room);
			if (!grown)
				return -ENOMEM;
			bytes = grown;
		}
		length = read(fd, bytes + size, room - size - 1);
		if (length > 0)
			size += (size_t)length;
		else if (length == 0 || errno == EAGAIN)
			break;
		else if (errno != EINTR && errno != EPIPE) /* EPIPE: overwritten meanwhile, the next one follows */
			return -errno;
	}
	bytes[size] = '\0';
	*ret = bytes;
	bytes = NULL;
	*ret_size = size;
	return 0;
}

/* "6,339,5140900,-;TEXT" (a record), "[    5.140900] TEXT" (dmesg), or bare text. */
static struct log_entry parse_line(char *line)
{
	struct log_entry entry = { .text = line };
	unsigned int seconds, fraction;
	unsigned long long usec;
	int used = 0, caller = 0;
	char *text;

	if (sscanf(line, "<%*u>%n", &used) == 0 && used) { /* dmesg --raw */
		line += used;
		entry.text = line;
		used = 0;
	}
	if (sscanf(line, "%*u,%*u,%llu,%*[^;]%n", &usec, &used) == 1 && used && line[used] == ';') {
		entry.usec = usec;
		entry.text = line + used + 1;
	} else if (line[0] == '[' && sscanf(line, "[ %u.%6u]%n", &seconds, &fraction, &used) == 2 && used) {
		text = line + used;
		text += strspn(text, " ");
		/* "[    5.1] [   T12] TEXT" with CONFIG_PRINTK_CALLER: a thread or a processor */
		sscanf(text, "[ %*1[TC]%*u]%n", &caller);
		entry.text = text + caller + strspn(text + caller, " ");
		entry.usec = (uint64_t)seconds * 1000000 + fraction;
	} else if (line[0] == '[' && (text = strchr(line, ']')) && memchr(line, ':', (size_t)(text - line))) {
		/* dmesg --ctime: a date, which says nothing of the time since boot */
		entry.text = text + 1 + strspn(text + 1, " ");
	}
	return entry;
}

int kernel_log_read(const struct root *root, struct kernel_log *ret)
{
	_cleanup_(kernel_log_done) struct kernel_log log = { 0 };
	_cleanup_close_ int fd = root_openat(root, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char *next, *line;
	struct stat stat;
	size_t size;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0)
		return -errno;
	r = S_ISCHR(stat.st_mode) ? read_records(fd, &log.bytes, &size) : root_slurp(fd, LOG_LIMIT, &log.bytes, &size);
	if (r < 0)
		return r;
	next = log.bytes;
	while ((line = parse_word(&next, "\n"))) {
		struct log_entry *entry;

		if (line[0] == ' ')
			continue; /* "SUBSYSTEM=", "DEVICE=" of the record before */
		entry = array_add(&log.entries, &log.count, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		*entry = parse_line(line);
	}
	*ret = log;
	log = (struct kernel_log){ 0 };
	return 0;
}

void kernel_log_done(struct kernel_log *log)
{
	if (!log)
		return;
	free(log->bytes);
	free(log->entries);
	*log = (struct kernel_log){ 0 };
}

/*
 * Who speaks for a device in a line: dev_printk() puts the driver's name before the address, or the bus's
 * where no driver is bound. Anything else with a blank or a colon before it only mentions the address. The
 * nvme driver speaks for its controller, and names the function once.
 */
static size_t speaker_size(const char *line, const char *address)
{
	size_t size = (size_t)(address - line);

	if (strncmp(line, "nvme nvme", 9) == 0 && size > 13 && strncmp(address - 13, " pci function", 13) == 0)
		return 4;
	return memchr(line, ' ', size) || memchr(line, ':', size) ? 0 : size;
}

const struct log_entry *kernel_log_foreign(const struct kernel_log *log, const struct pci_address *address,
                                           char *driver)
{
	char marker[PCI_ADDRESS_MAX + 1], text[PCI_ADDRESS_MAX], speaker[DRIVER_NAME_MAX];

	snprintf(marker, sizeof(marker), " %s", pci_address_format(address, text));
	for (size_t i = 0; i < log->count; i++) {
		const char *line = log->entries[i].text, *found = strstr(line, marker), *end;
		size_t size;

		end = found ? found + strlen(marker) : NULL;
		if (!found || (*end && strncmp(end, ": ", 2) != 0))
			continue;
		size = speaker_size(line, found);
		if (!size || size >= DRIVER_NAME_MAX)
			continue;
		memcpy(speaker, line, size);
		speaker[size] = '\0';
		if (strcmp(speaker, "pci") == 0 || pci_driver_is_harmless(speaker))
			continue;
		memcpy(driver, speaker, size + 1);
		return &log->entries[i];
	}
	return NULL;
}
