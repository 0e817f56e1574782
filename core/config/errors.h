/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors.h - the errors and warnings of a configuration, each with its position.
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

/* Zero but for arena and path, before the first error. The lines live in the arena. */
struct config_errors {
	struct arena *arena;
	const char *path;			/* of the file, as the user gave it */
	const char *lines[CONFIG_ERRORS_MOST];	/* "job.yaml:12:9: handlers.file.level: Unknown
						   level: 'X'" */
	uint64_t positions[CONFIG_ERRORS_MOST]; /* line << 32 | column of each: the lines are in
						   this order */
	size_t count;				/* the number of lines */
	size_t left_out;			/* the number of errors that are not in lines */
	/* Python's exception for the first error: "ValueError: Unable to configure root logger";
	 * NULL: no error. */
	const char *python;
	bool plain; /* for Python's fileConfig, which does not wrap an error in "Unable to configure
		       …" */
	const char *warnings[CONFIG_WARNINGS_MOST]; /* what Python would ignore silently, formatted
						       as `lines` */
	size_t warning_count;
};

/* A value and the way to it from the top of the configuration. The top has neither parent nor key;
 * an element of a list has an index and no key. */
struct location {
	const struct location *parent;
	const char *key;
	size_t index;
	const struct value *value;
};

/* Set Python's exception for the error that is added next. Without this call the exception is
 * dictConfig's "Unable to configure …" in a section, and "ValueError: " with the error's text
 * elsewhere. */
void config_python(struct config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The number of errors so far, with and without their text. */
size_t config_error_count(const struct config_errors *errors);

/* Add an error or a warning at LOCATION, which is printed before the text. */
void config_error(struct config_errors *errors, const struct location *location, const char *format,
	...) __attribute__((format(printf, 3, 4)));
void config_warning(struct config_errors *errors, const struct location *location,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Add an error where there is no value, at LINE and COLUMN from 1; LINE 0: in the whole file. */
void config_error_at(struct config_errors *errors, unsigned line, unsigned column,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The one of the COUNT CANDIDATES that is nearest to WORD, ignoring case, with at most two letters
 * wrong; NULL when none is near. */
const char *config_suggestion(const char *word, const char *const *candidates, size_t count);
