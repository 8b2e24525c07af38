/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/root.h"

static int kernel_fd = -1;

int log_to_kernel(const struct root *root)
{
	int fd = root_openat(root, "dev/kmsg", O_WRONLY | O_NOCTTY, 0);

	if (fd < 0)
		return fd;
	kernel_fd = fd;
	return 0;
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[900], line[960];
	va_list arguments;
	int length;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (kernel_fd >= 0)
		length = snprintf(line, sizeof(line), "<%d>vfio-prep: %s\n", (int)level, text);
	else
		length = snprintf(line, sizeof(line), "vfio-prep: %s\n", text);
	/* A log that cannot be written must not change what the program does. */
	if (length > 0 && write(kernel_fd >= 0 ? kernel_fd : STDERR_FILENO, line, (size_t)length) < 0)
		return;
}
