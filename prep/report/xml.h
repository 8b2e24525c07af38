/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in XML 1.0. */
#ifndef VFIO_PREP_REPORT_XML_H
#define VFIO_PREP_REPORT_XML_H

#include <stdio.h>

/* Prints UTF-8 text as content, or as the value of an attribute in either quotes. Characters that XML has not are
 * '?'. */
void xml_text(FILE *out, const char *text);

/* Prints "<!-- ... -->" behind indent, broken at about 100 columns, and a newline; two hyphens become "- -". */
__attribute__((format(printf, 3, 4))) void xml_comment(FILE *out, const char *indent, const char *format, ...);

#endif
