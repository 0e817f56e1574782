/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factory.h - handlers, filters and formatters that a function in a shared object of the user's
 * makes: "()": "/opt/lib/x.so:make".
 *
 * factory_read() runs no code of the user's; factory_handler(), factory_filter() and
 * factory_formatter() load the library and call the function, unless the configuration is only
 * validated. Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/reader.h"
#include "core/config/factory/factory_call.h"
#include "core/include/vigil/logging.h"

#include <sys/stat.h>

enum factory_section { FACTORY_HANDLER, FACTORY_FILTER, FACTORY_FORMATTER, FACTORY_SECTION_COUNT_ };

/* What the configuration says of a factory. */
struct factory {
	enum factory_section section;
	const struct location *location; /* of the dict that names the factory */
	struct location named;		 /* of the key that names it: "()" or "class" */
	const char *path, *symbol;
	const char *label; /* "x.so:make" */
	bool typed;
	const struct factory_argument *arguments; /* `count` of them */
	size_t count;
	const struct vigil_kv *pairs;
};

/* "handler", "filter", "formatter"; in static storage. */
const char *factory_noun(enum factory_section section);

/* Whether the string CLASS, the value of a key "class", names a factory: it has a '/' or a ':'. */
bool factory_named(const char *class);

/* Whether the dict at LOCATION names a factory, correctly or not. "()" may also name a class of
 * Python's or vigil's, which is no factory. */
bool factory_is(const struct location *location);

/* Whether the factory at LOCATION takes typed arguments: a list under "args". */
bool factory_is_typed(const struct location *location);

/* Read the factory at LOCATION, and check that it may run, that its library is there and safe, and
 * that its arguments are right. CLASSES, ended by NULL, are the section's classes, which errors
 * list. The caller reads the keys that every handler has. LOCATION must live as long as the
 * factory. NULL after an error was reported, or when out of memory. */
const struct factory *factory_read(struct config_reader *reader, const struct location *location,
	enum factory_section section, const char *const *classes);

/* Run FACTORY, or read and run the factory at LOCATION. The result lives in the reader's arena.
 * Where the configuration is only validated, nothing is run and the result is a stand-in. NULL
 * after an error was reported, or when out of memory. */
struct handler *factory_handler(struct config_reader *reader, const struct factory *factory);
const struct filter *factory_filter(
	struct config_reader *reader, const struct location *location, const char *const *classes);
const struct formatter *factory_formatter(
	struct config_reader *reader, const struct location *location, const char *const *classes);

/* The members of LOCATION, a dict, except for the keys in WITHOUT, which NULL ends: an array in the
 * reader's arena that ends with key NULL. NULL after an error was reported, or when out of memory.
 */
const struct vigil_kv *factory_pairs(
	struct config_reader *reader, const struct location *location, const char *const *without);

/* Read LOCATION, a list of dicts such as {i32: 4}, into *RET, an array in the reader's arena.
 * Returns its length. After an error was reported, the array must not be used. */
size_t factory_arguments(struct config_reader *reader, const struct location *location,
	const struct factory_argument **ret);

/* Why a file with STATUS is not trusted to hold code or to name it: "is writable by its group or
 * others"; NULL: it is trusted. */
const char *factory_distrust(const struct stat *status);
