/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pickle_text.h - the strings of pickles of protocol 0, which are lines of text with escapes.
 *
 * Signal-safe: no. Threads: any, with memories of their own.
 */
#pragma once

#include "core/report/dumps/dump_value.h"

/* The string of the opcode STRING: COUNT bytes of LINE in quotes, with the escapes of a literal of
 * Python 2. NULL where there is no memory; quotes that are missing are taken for there. */
struct dump_value *pickle_string(struct dump_memory *memory, const char *line, size_t count);

/* The string of the opcode UNICODE: Latin-1 with \uXXXX and \UXXXXXXXX, which becomes UTF-8. NULL
 * where there is no memory. */
struct dump_value *pickle_unicode(struct dump_memory *memory, const char *line, size_t count);
