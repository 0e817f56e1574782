/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini.h - from INI text to sections and options, as Python's configparser.ConfigParser reads it.
 *
 * Options are in lower case (ASCII) and end at the first '=' or ':'; comments are whole lines that
 * begin with '#' or ';'; a line that is indented deeper continues the value; no section or option
 * may occur twice; all sections inherit [DEFAULT]. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/value.h"

/* Python's strip() of the LENGTH bytes at *AT. Returns the new length. */
size_t ini_strip(const char **at, size_t length);

struct ini {
	struct value sections; /* a dict of dicts of strings, as they are written */
	struct value defaults; /* a dict: [DEFAULT] */
};

/* Read the LENGTH bytes of TEXT. Returns 0 and *RET_INI, which ARENA owns; -EINVAL, and what is
 * wrong in ERRORS; -ENOMEM. */
int ini_read(struct arena *arena, const char *text, size_t length, struct config_errors *errors,
	struct ini *ret_ini);

/* The option of SECTION or of [DEFAULT], as it is written; NULL when neither has it. */
const struct value_item *ini_raw(
	const struct ini *ini, const struct value_item *section, const char *option);

/* The option as ini_raw() finds it, with %(other)s replaced and %% made one %. *RET belongs to
 * ARENA; it is NULL when there is no such option. Returns 0; -EINVAL, and Python's error in ERRORS;
 * -ENOMEM. */
int ini_get(struct arena *arena, const struct ini *ini, const struct value_item *section,
	const char *option, struct config_errors *errors, const struct value **ret);
