/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit_json.h - JSON as Python's json module reads it, by cJSON, and its values as Python prints
 * them.
 *
 * cJSON keeps every number as a double; here 7 and 7.0 stay different, and 140234567890123 what it
 * is: numbers come as strings with a mark, which these functions know. Signal-safe: no. Threads:
 * any.
 */
#pragma once

#include "core/base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One JSON document. Returns NULL, and why in *RET_WHY (static storage), when LINE is none. The
 * caller frees it with cJSON_Delete().
 */
cJSON *emit_json_parse(const char *line, const char **ret_why);

/* The member KEY of OBJECT, the last of several as in Python; NULL when there is none. */
const cJSON *emit_member(const cJSON *object, const char *key);

/* The string at VALUE; NULL for anything else. Belongs to VALUE. */
const char *emit_string(const cJSON *value);

/* Is VALUE what Python takes for an int (a bool is one)? Then *RET is it, if an int64_t can hold
 * it. */
bool emit_int(const cJSON *value, int64_t *ret);

/* The same for a float or an int. */
bool emit_float(const cJSON *value, double *ret);

/* Python's bool(). */
bool emit_truth(const cJSON *value);

/* Append Python's str(), and repr(), of VALUE; NULL is None. */
void emit_str(struct text *text, const cJSON *value);
void emit_repr(struct text *text, const cJSON *value);

/* "int", "str", "NoneType": Python's name of VALUE's type, in static storage. */
const char *emit_type_name(const cJSON *value);
