/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_reader.h - what the parts of fileConfig's reader share: sections and options of the file, on
 * their way to the dictConfig that means the same.
 *
 * An error is reported and noted in the reader, and reading goes on. A part with an error is still
 * added to the dictConfig, so that references to it are no further errors. Private to
 * core/config/ini. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/ini/ini.h"

#include <stdbool.h>

struct file_reader {
	struct arena *arena;
	struct config_errors *errors;
	struct ini ini;
	struct value *formatters, *handlers, *loggers, *root; /* of the dictConfig */
	bool no_handlers; /* the list of handlers is missing, which was reported */
	bool failed;	  /* an error was reported */
	bool no_memory;	  /* an allocation failed: the reading as a whole is -ENOMEM */
};

/* A section of the file, and the dict of the dictConfig that it becomes. */
struct file_part {
	struct file_reader *reader;
	const struct value_item *section;
	struct value *dict; /* NULL: out of memory */
};

/* Note ERROR, the result of a step: 0, -ENOMEM, or -EINVAL after a report. Returns ERROR == 0. */
bool file_note(struct file_reader *reader, int error);

/* Make a value at the position of AT (NULL: the beginning of the file), or a copy of STRING there.
 * NULL when out of memory, which is noted. */
struct value *file_new_value(
	struct file_reader *reader, enum value_type type, const struct value *at);
struct value *file_new_string(
	struct file_reader *reader, const char *string, const struct value *at);

/* Set member KEY of DICT to VALUE. One of the two may be NULL, when memory ran out. */
void file_set(struct file_reader *reader, struct value *dict, const char *key, struct value *value);

/* Set Python's KeyError for KEY; the caller adds vigil's own error, if any. */
void file_key_error(struct file_reader *reader, const char *key);

/* Whether DEFINED has a member with the name NAME; if not, an error that begins with WHAT is
 * reported. */
bool file_check_defined(struct file_reader *reader, const struct value *defined,
	const struct value *name, const char *what);

/* The section NAME; NULL after its absence was reported. */
const struct value_item *file_get_section(struct file_reader *reader, const char *name);

/* OPTION of SECTION with its references replaced, in *RET; NULL where it is not there. Returns
 * false after an error was reported. */
bool file_find_option(struct file_reader *reader, const struct value_item *section,
	const char *option, const struct value **ret);

/* The same where the option must be there; NULL after an error was reported. */
const struct value *file_get_option(
	struct file_reader *reader, const struct value_item *section, const char *option);

/* Copy OPTION, if it is there, to the part's dict: with its references replaced, as it is written,
 * or evaluated as a Python literal. */
void file_copy_option(const struct file_part *part, const char *option);
void file_copy_raw(const struct file_part *part, const char *option);
void file_copy_literal(const struct file_part *part, const char *option);

/* Call EACH with every name of LIST, between its commas; an empty list has none. */
void file_each_name(struct file_reader *reader, const struct value *list,
	void (*each)(struct file_reader *reader, const struct value *name, void *target),
	void *target);

/* Begin *RET with the section "PREFIX_NAME" and a new dict. Returns false after the section's
 * absence was reported; the part has a dict even then. */
bool file_begin_part(struct file_reader *reader, const char *prefix, const struct value *name,
	struct file_part *ret);

/* Python's int(): a sign, digits with single underscores between them, and blanks around. False
 * for anything else, and beyond 64 bits. */
bool file_to_int(const char *text, int64_t *ret);

/* Read the handlers that NAMES lists. */
void file_read_handlers(struct file_reader *reader, const struct value *names);
