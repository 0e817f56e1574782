/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_reader.h - how the parts of a dictConfig are read: tables of keys, and the errors that all
 * of them can have.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/config.h"
#include "core/logging/reconfigure.h"

/* What a section has defined under a name. */
struct named {
	const char *name;
	const void *object; /* NULL: it is broken, which has been reported */
	struct named *next;
};

struct dict_fixup;

struct dict_reader {
	struct arena *arena;
	const struct config_context *context;
	struct config_errors *errors;
	struct logging *logging; /* the hierarchy that it is for */
	const struct value *top;
	struct logging_plan plan;
	struct named *formatters, *filters, *handlers;
	const struct location *handler_section;
	const void **waiting; /* places of handlers that wait for others, in their order */
	size_t waiting_count;
	struct dict_fixup *fixups, **fixups_end;
	struct config_settings settings;
	bool has_factories;
	bool no_memory;
	unsigned depth;	   /* of references that are being followed */
	size_t references; /* that have been followed: some refer to many others */
};

/* A key, and what reads its value into TARGET. A list of them ends with one whose key is NULL. */
struct key_spec {
	const char *key;
	void (*read)(struct dict_reader *reader, const struct location *location, void *target);
};

/* What becomes of keys that no table knows: Python refuses them for handlers, and passes them over
 * for the rest. */
enum unknown_keys { UNKNOWN_REFUSED, UNKNOWN_WARNED, UNKNOWN_IGNORED };

/* Read the members of PLACE, a dict (anything else is an error), by KEYS into TARGET. */
void dict_read(struct dict_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown, void *target);

/* Call EACH for ITEM, a member of PLACE, or what it refers to. */
void dict_member(struct dict_reader *reader, const struct location *location,
	const struct value_item *item,
	void (*each)(struct dict_reader *reader, const struct location *location));

/* Call EACH for the members of PLACE, a dict whose keys are the user's names. */
void dict_each(struct dict_reader *reader, const struct location *location,
	void (*each)(struct dict_reader *reader, const struct location *location));

/* The same, by the order of the keys. */
void dict_each_sorted(struct dict_reader *reader, const struct location *location,
	void (*each)(struct dict_reader *reader, const struct location *location));

/* Call ADD with each name in PLACE, a list of names; a string is a list of its characters, as in
 * Python. */
void dict_names(struct dict_reader *reader, const struct location *location,
	void (*add)(struct dict_reader *reader, const struct location *location, const char *name,
		void *target),
	void *target);

/*
 * The value at PLACE, or what it refers to if it is a reference: "cfg://…" any part of the
 * configuration, "ext://logging.…" a level; "ext://sys.stdout" and the other streams stay as they
 * are. NULL after an error was reported. dict_read(), dict_each() and dict_names() have done it for
 * what they hand on.
 */
const struct value *dict_resolve(struct dict_reader *reader, const struct location *location);

/* The string at PLACE, or that it refers to; NULL, and an error reported, for anything else. */
const char *dict_string(struct dict_reader *reader, const struct location *location);

/* Which of NAMES, ended by NULL, the string at PLACE is; -1 after an error was reported. */
int dict_choice(
	struct dict_reader *reader, const struct location *location, const char *const *names);

/* A boolean, or one of the words that Python's configparser takes for one. False: neither, and an
 * error was reported; *RET_BOOLEAN is as it was. */
bool dict_boolean(struct dict_reader *reader, const struct location *location, bool *ret_boolean);

/* A level, by name or number; null is none. Returns false where *RET_LEVEL was left as it was. */
bool dict_level(struct dict_reader *reader, const struct location *location, int *ret_level);

/* Remember OBJECT under NAME in LIST. */
void dict_define(
	struct dict_reader *reader, struct named **list, const char *name, const void *object);

/*
 * What LIST has under NAME. When there is nothing, WHAT ("Unable to add filter") is reported, and
 * who could have been meant. NULL then, and for what is broken.
 */
const void *dict_lookup(struct dict_reader *reader, const struct named *list, const char *name,
	const struct location *location, const char *what);

/* The one of NAMES, ended by NULL, that WORD could have been meant to be, as "; did you mean 'x'?"
 * in BUFFER, or "". */
const char *dict_did_you_mean(
	const char *word, const char *const *names, char *buffer, size_t size);

/* CLASS at PLACE is none of NAMES, ended by NULL: says so, that Python's own cannot run here, and
 * which there are. */
void dict_unknown_class(struct dict_reader *reader, const struct location *location,
	const char *class, const char *const *names);

/* The same with the names of the section's classes. */
void dict_unknown_formatter(
	struct dict_reader *reader, const struct location *location, const char *class);
void dict_unknown_filter(
	struct dict_reader *reader, const struct location *location, const char *class);
void dict_unknown_handler(
	struct dict_reader *reader, const struct location *location, const char *class);

/* The sections. Each reads one member of it. */
void dict_formatter(struct dict_reader *reader, const struct location *location);
void dict_filter(struct dict_reader *reader, const struct location *location);
void dict_handler(struct dict_reader *reader, const struct location *location);

/*
 * dict_handler(), for a dict that may have a "." of attributes to be set when the handler is made,
 * and
 * "()" in place of "class" where it names a class of ours.
 */
void dict_handler_with_attributes(struct dict_reader *reader, const struct location *location);

/* All of the section "handlers", those that refer to others behind these. */
void dict_handlers(struct dict_reader *reader, const struct location *location);

/* Key ".": refused. */
void dict_refuse_attributes(
	struct dict_reader *reader, const struct location *location, void *target);

/* For lists of filters: add_filter() for dict_names(), TARGET being the struct filter_list. */
void dict_add_filter(struct dict_reader *reader, const struct location *location, const char *name,
	void *target);
