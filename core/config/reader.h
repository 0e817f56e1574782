/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - what reading any part of a dictConfig needs: tables of keys, references, and the
 * errors that all parts can have.
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
	struct dict_sections *sections;	 /* what dict/ has read so far, see dict/dict_sections.h */
	struct config_settings settings; /* what the key `vigil` says */
	bool has_factories;
	bool no_memory;	   /* an allocation failed: the reading as a whole is -ENOMEM */
	unsigned depth;	   /* the depth of the references that are being followed */
	size_t references; /* the number of references that have been followed */
};

/* How the value of a key is read. The typed ways store it in TARGET, `offset` bytes in. */
enum key_type {
	KEY_BY_FUNCTION,    /* by `read` */
	KEY_IGNORED,	    /* a known key that is read elsewhere */
	KEY_STRING,	    /* const char * */
	KEY_STRING_OR_NULL, /* the same; null leaves it as it is */
	KEY_INTEGER,	    /* int64_t, from `least` to `most` */
	KEY_TRUTH,	    /* bool: Python's bool() of any value */
	KEY_LEVEL,	    /* int: a level by name or number; null leaves it as it is */
	KEY_CHOICE	    /* an enum: `least` and the index in `names`; null leaves it as it is */
};

/* A known key. The last element of an array of these has key NULL. */
struct key_spec {
	const char *key;
	void (*read)(struct config_reader *reader, const struct location *location, void *target);
	enum key_type type;
	size_t offset;
	int64_t least, most;
	const char *const *names; /* ended by NULL */
	bool unlisted;		  /* errors do not list it among the known keys */
};

/* What happens to unknown keys: Python refuses them in handlers, and ignores them elsewhere. */
enum unknown_keys { UNKNOWN_REFUSED, UNKNOWN_WARNED, UNKNOWN_IGNORED };

/* Read the members of LOCATION, a dict (anything else is an error), by KEYS into TARGET. */
void config_read(struct config_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown, void *target);

/* Call EACH for the members of LOCATION, a dict whose keys are the user's names: in the order of
 * the file, or of the names (config_each_sorted). */
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

/* The value at LOCATION; of a reference, the value that it refers to: "cfg://…" refers to any part
 * of the configuration, "ext://logging.…" to a level; "ext://sys.stdout" and the other streams stay
 * as they are. NULL after an error was reported. config_read(), config_each() and config_names()
 * resolve the values that they hand on. */
const struct value *config_resolve(struct config_reader *reader, const struct location *location);

/* The string at LOCATION, or the one that a reference there refers to. NULL after an error was
 * reported. */
const char *config_string(struct config_reader *reader, const struct location *location);

/* Whether LOCATION is a dict; reports an error where it is not. */
bool config_is_dict(struct config_reader *reader, const struct location *location);

/* Set *RET_NUMBER to the integer at LOCATION. Returns false, and reports an error, for anything
 * else and for an integer that is not from LEAST to MOST. */
bool config_integer(struct config_reader *reader, const struct location *location, int64_t least,
	int64_t most, int64_t *ret_number);

/* The index of WORD in NAMES, ended by NULL; -1 when it is not there. */
int config_index(const char *const *names, const char *word);

/* Write NAMES, ended by NULL, into BUFFER of SIZE bytes: "a, b". Returns BUFFER. */
const char *config_list_names(const char *const *names, char *buffer, size_t size);

/* The index in NAMES, ended by NULL, of the string at LOCATION; -1 after an error was reported. */
int config_choice(
	struct config_reader *reader, const struct location *location, const char *const *names);

/* As config_choice(); the error is "unknown NOUN 'x'; known are: KNOWN" (KNOWN NULL: NAMES). */
int config_named(struct config_reader *reader, const struct location *location, const char *noun,
	const char *const *names, const char *known);

/* Set *RET_BOOLEAN to the boolean at LOCATION, which may be a word that Python's configparser reads
 * as one. Returns false, with *RET_BOOLEAN unchanged, after an error was reported. */
bool config_boolean(
	struct config_reader *reader, const struct location *location, bool *ret_boolean);

/* Set *RET_LEVEL to the level at LOCATION, a name or a number. Returns false, with *RET_LEVEL
 * unchanged, for null and after an error was reported. */
bool config_level(struct config_reader *reader, const struct location *location, int *ret_level);

/* The part of NAME, dotted as Python's names of classes, behind the last dot. */
const char *config_last_part(const char *name);

/* Write "; did you mean 'x'?" with the one of NAMES, ended by NULL, that is nearest to WORD into
 * BUFFER of SIZE bytes; "" when none is near. Returns BUFFER. */
const char *config_did_you_mean(
	const char *word, const char *const *names, char *buffer, size_t size);

/* The member of LOCATION, a dict, that names its class or its factory: "()", or else "class", as in
 * Python. Returns false, and leaves *RET, where LOCATION has neither. */
bool config_find_class(const struct location *location, struct location *ret);

/* The index in NAMES, ended by NULL, of the class that LOCATION names; -1 after an error was
 * reported, which lists the NAMES. */
int config_class(
	struct config_reader *reader, const struct location *location, const char *const *names);
