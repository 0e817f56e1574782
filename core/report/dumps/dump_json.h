/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump_json.h - reads a dump that is JSON.
 *
 * Signal-safe: no. Threads: any, with memories of their own.
 */
#pragma once

#include "core/report/dumps/dump_value.h"

/* Read the COUNT bytes of TEXT, one JSON document. Returns its value, in MEMORY; NULL where it is
 * no JSON, or needs more memory than MEMORY may take. */
struct dump_value *dump_json_parse(const char *text, size_t count, struct dump_memory *memory);
