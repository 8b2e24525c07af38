/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a config: read without a fault; an error has a line that the file has, and text to show. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/parse.h"
#include "host/config.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static int fd = -1;
	struct config config;
	unsigned int lines = 1;

	if (fd < 0)
		fd = memfd_create("config", MFD_CLOEXEC);
	require(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	for (size_t i = 0; i < size; i++)
		lines += bytes[i] == '\n';
	if (config_read(fd, &config) == 0) {
		require(config.size == size && memcmp(config.bytes, bytes, size) == 0);
		for (size_t i = 0; i < config.error_count; i++) {
			require(config.errors[i].line >= 1 && config.errors[i].line <= lines);
			require(strstr(config.errors[i].text, "expected") != NULL);
		}
		/* What no line has an error in is whole. */
		for (size_t i = 0; !config.error_count && i < config.device_count; i++)
			require(config.devices[i].id_count || config.devices[i].address_count || config.devices[i].path_count);
	}
	config_done(&config);
	return 0;
}
