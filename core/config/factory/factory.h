/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factory.h - handlers, filters and formatters that a function in a shared object of the user's
 * makes: "()": "/opt/lib/x.so:make".
 *
 * Two readings: factory_read() runs nothing of the user's, factory_handler() and its kin load the
 * library and call the function, unless the configuration is only validated. Private to
 * core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/reader.h"
#include "core/config/factory/factory_call.h"
#include "core/include/vigil/logging.h"

#include <sys/stat.h>

enum factory_section { FACTORY_HANDLER, FACTORY_FILTER, FACTORY_FORMATTER, FACTORY_SECTION_COUNT_ };

/* A factory as it is read. */
struct factory {
	enum factory_section section;
	const struct location *location; /* of its dict */
	struct location named;		 /* of the key that names it: "()" or "class" */
	const char *path, *symbol;
	const char *label; /* "x.so:make" */
	bool typed;
	const struct factory_argument *arguments; /* count of them */
	size_t count;
	const struct vigil_kv *pairs;
};

/* "handler", "filter", "formatter"; in static storage. */
const char *factory_noun(enum factory_section section);

/* Does CLASS, of a key of that name, look as if it were to be a factory? */
bool factory_named(const char *class);

/* Does the dict at PLACE name a factory, rightly or not? A class of Python's or of ours may be
 * called by "()", too, and is none. */
bool factory_is(const struct location *location);

/* Does the factory at LOCATION take typed arguments, a list under "args"? */
bool factory_is_typed(const struct location *location);

/*
 * Read the factory at LOCATION: may it run, is its library there and safe, are its arguments right.
 * CLASSES, ended by NULL, are what the section has under a name alone. NULL after an error was
 * reported, or when out of memory. Keys that every handler has are left to the caller. LOCATION
 * lives as long as the factory.
 */
const struct factory *factory_read(struct config_reader *reader, const struct location *location,
	enum factory_section section, const char *const *classes);

/*
 * What FACTORY makes, or the factory at LOCATION, in the reader's arena. Where the configuration is
 * only validated, something to be drawn in its stead. NULL after an error was reported, or when out
 * of memory.
 */
struct handler *factory_handler(struct config_reader *reader, const struct factory *factory);
const struct filter *factory_filter(
	struct config_reader *reader, const struct location *location, const char *const *classes);
const struct formatter *factory_formatter(
	struct config_reader *reader, const struct location *location, const char *const *classes);

/*
 * The members of LOCATION, a dict, but for those in WITHOUT, which ends with NULL: a list that ends
 * with key NULL, in the reader's arena. NULL after an error was reported, and when out of memory.
 */
const struct vigil_kv *factory_pairs(
	struct config_reader *reader, const struct location *location, const char *const *without);

/*
 * The elements of LOCATION, a list of dicts such as {i32: 4}. Returns their number and *RET, in the
 * reader's arena; what is wrong is reported, and *RET has no meaning then.
 */
size_t factory_arguments(struct config_reader *reader, const struct location *location,
	const struct factory_argument **ret);

/* Why nothing should be run that a file of STATUS says or holds: "is writable by others"; NULL:
 * there is no reason. */
const char *factory_distrust(const struct stat *status);
