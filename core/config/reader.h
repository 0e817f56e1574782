/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - how the parts of a dictConfig are read: tables of keys, references that are followed
 * to what they name, and the errors that all parts can have.
 *
 * Private to core/config: factory/ and dict/ read with it. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/context.h"
#include "core/config/errors.h"

struct dict_sections;

/* The state of one reading. */
struct config_reader {
	struct arena *arena;
	const struct config_context *context;
	struct config_errors *errors;
	const struct value *top;	 /* the whole configuration, for "cfg://…" */
	struct dict_sections *sections;	 /* what dict/ has read so far; of no concern to others */
	struct config_settings settings; /* of the key `vigil` */
	bool has_factories;
	bool no_memory;	   /* an allocation failed: the reading as a whole is -ENOMEM */
	unsigned depth;	   /* of references that are being followed */
	size_t references; /* that have been followed: some refer to many others */
};

/* How the value of a key is read. The typed ways store it in TARGET, `offset` bytes in. */
enum key_type {
	KEY_BY_FUNCTION,    /* by `read` */
	KEY_IGNORED,	    /* it is read elsewhere, but known */
	KEY_STRING,	    /* const char * */
	KEY_STRING_OR_NULL, /* the same; null leaves it as it is */
	KEY_INTEGER,	    /* int64_t, from `least` to `most` */
	KEY_TRUTH,	    /* bool: Python's bool() of any value */
	KEY_LEVEL,	    /* int: a level by name or number; null leaves it as it is */
	KEY_CHOICE	    /* an enum: `least` and the index in `names`; null leaves it as it is */
};

/* A key. A list of them ends with one whose key is NULL. */
struct key_spec {
	const char *key;
	void (*read)(struct config_reader *reader, const struct location *location, void *target);
	enum key_type type;
	size_t offset;
	int64_t least, most;
	const char *const *names; /* ended by NULL */
	bool unlisted;		  /* errors do not name it among the known ones */
};

/* What becomes of keys that no table has: Python refuses them for handlers, and passes them over
 * for the rest. */
enum unknown_keys { UNKNOWN_REFUSED, UNKNOWN_WARNED, UNKNOWN_IGNORED };

/* Read the members of LOCATION, a dict (anything else is an error), by KEYS into TARGET. */
void config_read(struct config_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown, void *target);

/* Call EACH for the members of LOCATION, a dict whose keys are the user's names: in their order in
 * the file, or in that of their names (config_each_sorted). */
void config_each(struct config_reader *reader, const struct location *location,
	void (*each)(struct config_reader *reader, const struct location *location));
void config_each_sorted(struct config_reader *reader, const struct location *location,
	void (*each)(struct config_reader *reader, const struct location *location));

/* Call ADD with each name in LOCATION, a list of names; a string is a list of its characters, as in
 * Python. */
void config_names(struct config_reader *reader, const struct location *location,
	void (*add)(struct config_reader *reader, const struct location *location, const char *name,
		void *target),
	void *target);

/*
 * The value at LOCATION, or what it refers to if it is a reference: "cfg://…" any part of the
 * configuration, "ext://logging.…" a level; "ext://sys.stdout" and the other streams stay as they
 * are. NULL after an error was reported. config_read(), config_each() and config_names() have done
 * it for what they hand on.
 */
const struct value *config_resolve(struct config_reader *reader, const struct location *location);

/* The string at LOCATION, or that it refers to; NULL, and an error reported, for anything else. */
const char *config_string(struct config_reader *reader, const struct location *location);

/* Whether LOCATION is a dict; where it is not, an error was reported. */
bool config_is_dict(struct config_reader *reader, const struct location *location);

/* The integer at LOCATION in *RET_NUMBER; false, and an error reported, for anything else and
 * outside LEAST to MOST. */
bool config_integer(struct config_reader *reader, const struct location *location, int64_t least,
	int64_t most, int64_t *ret_number);

/* The index in NAMES, ended by NULL, of the string at LOCATION; -1 after an error was reported. */
int config_choice(
	struct config_reader *reader, const struct location *location, const char *const *names);

/* The same where the error says "unknown NOUN 'x'; known are: KNOWN" (NULL: the NAMES). */
int config_named(struct config_reader *reader, const struct location *location, const char *noun,
	const char *const *names, const char *known);

/* A boolean, or one of the words that Python's configparser takes for one. False: neither, and an
 * error was reported; *RET_BOOLEAN is as it was. */
bool config_boolean(
	struct config_reader *reader, const struct location *location, bool *ret_boolean);

/* A level, by name or number; null is none. Returns false where *RET_LEVEL was left as it was. */
bool config_level(struct config_reader *reader, const struct location *location, int *ret_level);

/* The one of NAMES, ended by NULL, that WORD could have been meant to be, as "; did you mean 'x'?"
 * in BUFFER, or "". */
const char *config_did_you_mean(
	const char *word, const char *const *names, char *buffer, size_t size);

/* The member of LOCATION, a dict, that names its class or its factory: "()", or else "class", as in
 * Python. False where it has neither; *RET is as it was. */
bool config_find_class(const struct location *location, struct location *ret);

/* The index in NAMES, ended by NULL, of the class that LOCATION names; -1 after an error was
 * reported, which lists the NAMES. */
int config_class(
	struct config_reader *reader, const struct location *location, const char *const *names);
