/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_sections.h - the sections of a dictConfig, and what has been read of them: objects by the
 * names that the configuration gives them.
 *
 * Private to core/config/dict. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/reader.h"
#include "core/logging/reconfigure.h"

/* What a section has defined under a name. */
struct named {
	const char *name;
	const void *object; /* NULL: it has an error, which has been reported */
	struct named *next;
};

struct dict_sections {
	struct logging *logging; /* the hierarchy that the configuration is for */
	struct logging_plan plan;
	struct named *formatters, *filters, *handlers; /* each list with the newest first */
	const struct location *handler_section;
	const void **waiting; /* struct location of the handlers that wait for others, in order */
	size_t waiting_count;
	const void **late_targets; /* struct late_target, in the order of the file */
	size_t late_count;
};

/* Remember OBJECT under NAME in LIST. */
void dict_define(
	struct config_reader *reader, struct named **list, const char *name, const void *object);

/* The object that LIST has under NAME. When there is none, an error at LOCATION that begins with
 * WHAT ("Unable to add filter") suggests the nearest name. Returns NULL then, and for an object
 * that had an error. */
const void *dict_lookup(struct config_reader *reader, const struct named *list, const char *name,
	const struct location *location, const char *what);

/* For config_names(): add the filter NAME to TARGET, a struct filter_list. */
void dict_add_filter(struct config_reader *reader, const struct location *location,
	const char *name, void *target);

/* Read one member of "formatters", of "filters" and of "handlers", and define it. */
void dict_formatter(struct config_reader *reader, const struct location *location);
void dict_filter(struct config_reader *reader, const struct location *location);
void dict_handler(struct config_reader *reader, const struct location *location);

/* Read the whole section "handlers": a handler is made after those that it refers to. */
void dict_handlers(struct config_reader *reader, const struct location *location);

/* Read the value of the key `vigil` into the reader's settings, which hold the defaults. */
void dict_settings(struct config_reader *reader, const struct location *location);
