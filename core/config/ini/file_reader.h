/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_reader.h - what the parts of fileConfig's reader share: sections and options of the file, on
 * their way to the dictConfig that means the same.
 *
 * All return 0, -ENOMEM, or -EINVAL after what is wrong was reported. Private to core/config.
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/ini/ini.h"

#include <stdbool.h>

/*
 * What is wrong is reported, and the rest is read nevertheless: a part that is wrong has a place in
 * the dictConfig too, so that nothing is reported that only follows from it.
 */
struct file_reader {
	struct arena *arena;
	struct config_errors *errors;
	struct ini ini;
	struct value *formatters, *handlers, *loggers, *root; /* of the dictConfig */
	bool unlisted; /* there is no list of handlers: none is known, and that has been reported */
};

/* What is read of one section of the file, and where it goes. */
struct file_part {
	struct file_reader *reader;
	const struct value_item *section;
	struct value *dict;
};

/* What two steps come to, one after the other: the first error, before others but -ENOMEM. */
int file_both(int first, int second);

/* A value of the arena's, with the place of AT (NULL: the file's beginning); the second, LENGTH
 * bytes of STRING. NULL: out of memory. */
struct value *file_new_value(
	struct file_reader *reader, enum value_type type, const struct value *at);
struct value *file_new_string(
	struct file_reader *reader, const char *string, size_t length, const struct value *at);

/* VALUE becomes member KEY of DICT; VALUE NULL is out of memory. */
int file_set(struct file_reader *reader, struct value *dict, const char *key, struct value *value);

/* Python's KeyError for KEY, without a line of ours. Returns -EINVAL. */
int file_key_error(struct file_reader *reader, const char *key);

/* That DEFINED has a member NAME; else an error at AT that begins with WHAT. */
int file_check_defined(struct file_reader *reader, const struct value *defined, const char *name,
	const struct value *at, const char *what);

/* The section NAME; its absence is an error, and *RET NULL. */
int file_get_section(struct file_reader *reader, const char *name, const struct value_item **ret);

/* OPTION of SECTION with its references replaced; its absence is an error. */
int file_get_option(struct file_reader *reader, const struct value_item *section,
	const char *option, const struct value **ret);

/* OPTION, if it is there, becomes member KEY; RAW leaves its references alone. The second, as the
 * literal that it is. */
int file_copy_option(const struct file_part *part, const char *option, const char *key, bool raw);
int file_copy_literal(const struct file_part *part, const char *option);

/* Calls EACH with every name of LIST, between its commas; an empty list has none. */
int file_each_name(struct file_reader *reader, const struct value *list,
	int (*each)(struct file_reader *reader, const struct value *name, void *target),
	void *target);

/* The section "PREFIX_NAME" (NULL: there is none, an error), and a new dict for it. */
int file_begin_part(struct file_reader *reader, const char *prefix, const struct value *name,
	struct file_part *ret);

/* Python's int(): a sign, digits with single underscores between them, and blanks around. False
 * for anything else, and beyond 32 bits. */
bool file_to_int(const char *text, int64_t *ret);

/* Read the handlers that NAMES lists. */
int file_read_handlers(struct file_reader *reader, const struct value *names);

/*
 * Section [vigil] in *RET as the mapping that YAML has for it: an option "trace.frames" is member
 * "frames" of "trace", and the signals of "signals.core" stand between commas. Returns 0, also
 * where an error was reported, or -ENOMEM.
 */
int file_read_settings(
	struct file_reader *reader, const struct value_item *section, struct value **ret);
