/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors.h - everything that is wrong with a configuration, with the place of each.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"
#include "core/config/value.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_ERRORS_MOST 64
#define CONFIG_WARNINGS_MOST 16

/* All zero but for the first two, before the first. The lines live in the arena. */
struct config_errors {
	struct arena *arena;
	const char *path;			/* of the file, as the user gave it */
	const char *lines[CONFIG_ERRORS_MOST];	/* "job.yaml:12:9: handlers.file.level: Unknown
						   level: 'X'" */
	uint64_t positions[CONFIG_ERRORS_MOST]; /* where they are: lines are in this order */
	size_t count;				/* of those in lines */
	size_t left_out;			/* more of them, without their text */
	/* What Python's exception says of the first: "ValueError: Unable to configure root
	 * logger"; NULL: there is none. */
	const char *python;
	bool plain; /* Python's fileConfig, which raises what it finds without an envelope */
	const char *warnings[CONFIG_WARNINGS_MOST]; /* what Python would pass over in silence; the
						       same form */
	size_t warning_count;
};

/* A value and the way to it from the top. The top has neither parent nor key; an element of a list
 * has an index, no key. */
struct location {
	const struct location *parent;
	const char *key;
	size_t index;
	const struct value *value;
};

/*
 * Python's words for the error that is added next, where they are not those that follow from its
 * place: dictConfig's "Unable to configure …" for its sections, "ValueError: " and the text
 * elsewhere.
 */
void config_python(struct config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How many errors there were so far, also without their text. */
size_t config_error_count(const struct config_errors *errors);

/* Add an error or a warning at PLACE. */
void config_error(struct config_errors *errors, const struct location *location, const char *format,
	...) __attribute__((format(printf, 3, 4)));
void config_warning(struct config_errors *errors, const struct location *location,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for what has no value: at LINE and COLUMN from 1; LINE 0: the file as a whole. */
void config_error_at(struct config_errors *errors, unsigned line, unsigned column,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Which of the COUNT CANDIDATES somebody meant who wrote WORD: the nearest one, upper and lower
 * case alike, with at most two letters wrong; NULL when none is near.
 */
const char *config_suggestion(const char *word, const char *const *candidates, size_t count);
