/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_in.h - JSON as Python's json module reads it, by cJSON, and its values as Python prints
 * them.
 *
 * cJSON keeps every number as a double, for which 7 and 7.0 are the same, and a long integer is
 * rounded. So json_in_parse() passes numbers to cJSON as marked strings, which the other functions
 * recognize. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Parse LINE, one JSON document. The caller frees it with cJSON_Delete(). NULL, and why in *RET_WHY
 * (static storage), when LINE is not valid JSON. */
cJSON *json_in_parse(const char *line, const char **ret_why);

/* The key of MEMBER, a member of an object, which owns it. */
const char *json_in_key(const cJSON *member);

/* The member KEY of OBJECT, the last of several as in Python; NULL when there is none. */
const cJSON *json_in_member(const cJSON *object, const char *key);

/* The text of VALUE, a string, which owns it; NULL for any other type. */
const char *json_in_string(const cJSON *value);

/* Whether VALUE is an int of Python's (a bool is one) that an int64_t can hold; then *RET is it. */
bool json_in_int(const cJSON *value, int64_t *ret);

/* The digits of VALUE, an int of any length, as they are written; VALUE owns them. NULL for any
 * other type. */
const char *json_in_digits(const cJSON *value);

/* Whether VALUE is a float or an int; then *RET is it, perhaps nan or inf. */
bool json_in_float(const cJSON *value, double *ret);

/* Python's bool() of VALUE. */
bool json_in_truth(const cJSON *value);

/* Append Python's str(), and repr(), of VALUE; NULL is None. */
void json_in_str(struct text *text, const cJSON *value);
void json_in_repr(struct text *text, const cJSON *value);

/* "int", "str", "NoneType": Python's name of VALUE's type, in static storage. */
const char *json_in_type_name(const cJSON *value);
