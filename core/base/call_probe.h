/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_probe.h - which results of a function mean that a call has failed.
 *
 * In the setting `calls` a function with a probe is the word "ncclCommInitRank:i32:!=:0". Signal-
 * safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result's type, and how it is compared with VALUE: indices into the tables below. */
struct call_probe {
	uint8_t type, comparison;
	int64_t value;
};

/* The names of types, "i32", and of comparisons, "!=", each ended by "". */
extern const char call_probe_types[][4];
extern const char call_probe_comparisons[][4];

/* Set *RET from TYPE and FAILED, such as "!= 0", where the blank may be missing. Returns false, and
 * *RET as it was, if one of them is none. */
bool call_probe_read(const char *type, const char *failed, struct call_probe *ret);

/* Set *RET from what follows the name in the LENGTH bytes of WORD. Returns false where nothing
 * does. */
bool call_probe_parse(const char *word, size_t length, struct call_probe *ret);

/* Whether RESULT, the word that a function returned, means failure. *RET_VALUE is the result as its
 * type has it. */
bool call_probe_failed(const struct call_probe *probe, uint64_t result, int64_t *ret_value);
