/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the two programs speak: standard error, or the kernel log in early boot. Only they call this. */
#ifndef VFIO_PREP_BASE_LOG_H
#define VFIO_PREP_BASE_LOG_H

#include <stdbool.h>

struct root;

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 }; /* as in syslog(3) */

/*
 * Sends lines to /dev/kmsg below root from now on (Documentation/ABI/testing/dev-kmsg). Returns 0, or
 * the errno of opening it, in which case lines go on to standard error.
 */
int log_to_kernel(const struct root *root);

/* One line "vfio-prep: TEXT", without its newline; cut at 900 bytes (a kernel log record holds 1024). */
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *format, ...);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
