/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html_page.h - the page that shows a report in a browser: one file, with its styles, its scripts
 * (core/report/render/html) and its data in it.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Writes the page around the COUNT bytes of JSON, which are pure ASCII, at DATA. */
void html_page_write(FILE *to, const char *data, size_t count);
