/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_in.h - values of JSON as Python's types, and as Python prints them.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/json.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Parse LINE, one JSON document. The caller frees it with free(). NULL, and why in *RET_WHY (static
 * storage), when LINE is not valid JSON. */
struct json *json_in_parse(const char *line, const char **ret_why);

/* The member KEY of OBJECT, the last of several as in Python; NULL when there is none. */
const struct json *json_in_member(const struct json *object, const char *key);

/* The text of VALUE, a string, which owns it; NULL for any other type. */
const char *json_in_string(const struct json *value);

/* Whether VALUE is an int of Python's (a bool is one) that an int64_t can hold; then *RET is it. */
bool json_in_int(const struct json *value, int64_t *ret);

/* The digits of VALUE, an int of any length, as they are written; VALUE owns them. NULL for any
 * other type. */
const char *json_in_digits(const struct json *value);

/* Whether VALUE is a float or an int; then *RET is it, perhaps nan or inf. */
bool json_in_float(const struct json *value, double *ret);

/* Python's bool() of VALUE. */
bool json_in_truth(const struct json *value);

/* Append Python's str(), and repr(), of VALUE; NULL is None. */
void json_in_str(struct text *text, const struct json *value);
void json_in_repr(struct text *text, const struct json *value);

/* "int", "str", "NoneType": Python's name of VALUE's type, in static storage. */
const char *json_in_type_name(const struct json *value);
