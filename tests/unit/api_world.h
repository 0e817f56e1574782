/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_world.h - for the tests of the public API: a handler that keeps what comes to it, and stderr
 * for a while in a file.
 *
 * Threads: the handler's lines are taken in by one thread at a time, as it is not signal_safe.
 */
#pragma once

#include "core/include/vigil/handlers.h"
#include "core/include/vigil/logging.h"
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* What a handler of the test's own was given. Static, since the handler is closed when the process
 * exits. */
struct record_buffer {
	char text[16384];
	unsigned count;
	int result; /* of its emit */
	unsigned flushed, closed;
};

static UNUSED int keep_emit(
	const struct vigil_record *record, const char *text, size_t length, void *data)
{
	struct record_buffer *kept = data;

	(void)record;
	strncat(kept->text, text, length);
	kept->count++;
	return kept->result;
}

static UNUSED void keep_flush(void *data)
{
	((struct record_buffer *)data)->flushed++;
}

static UNUSED void keep_close(void *data)
{
	((struct record_buffer *)data)->closed++;
}

static UNUSED struct vigil_handler *keeping(struct record_buffer *kept)
{
	const struct vigil_handler_spec spec = {.class_name = "test.Keep",
		.emit = keep_emit,
		.flush = keep_flush,
		.close = keep_close,
		.data = kept};
	struct vigil_handler *handler;

	memset(kept, 0, sizeof *kept);
	assert_int_equal(vigil_custom_handler_new(&spec, &handler), 0);
	return handler;
}

/* A logger of that name, level DEBUG, alone with a handler that keeps into KEPT. */
static UNUSED struct vigil_logger *alone(const char *name, struct record_buffer *kept)
{
	struct vigil_logger *logger = vigil_get_logger(name);

	assert_non_null(logger);
	vigil_set_level(logger, VIGIL_DEBUG);
	vigil_set_propagate(logger, false);
	assert_int_equal(vigil_logger_add_handler(logger, keeping(kept)), 0);
	return logger;
}

static UNUSED struct vigil_formatter *formatting(const char *format)
{
	const struct vigil_formatter_options options = {.format = format};
	struct vigil_formatter *formatter;

	assert_int_equal(vigil_formatter_new(&options, &formatter), 0);
	return formatter;
}

/* The first handler of LOGGER formats by FORMAT from now on. */
static UNUSED void format_by(struct vigil_logger *logger, const char *format)
{
	struct vigil_handler *handler;

	assert_int_not_equal(vigil_logger_handlers(logger, &handler, 1), 0);
	vigil_handler_set_formatter(handler, formatting(format));
}

/* Stderr goes to a file without a name, until said_on_stderr(). */
static UNUSED int hold_stderr(void)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	fclose(file);
	return saved;
}

/* What was written to stderr since hold_stderr(), which gave SAVED; in BUFFER. */
static UNUSED const char *said_on_stderr(int saved, char *buffer, size_t size)
{
	ssize_t length = pread(STDERR_FILENO, buffer, size - 1, 0);

	buffer[length < 0 ? 0 : length] = '\0';
	dup2(saved, STDERR_FILENO);
	close(saved);
	return buffer;
}

/* What to_file() made last. */
static UNUSED char path[64];

/* A logger that writes to a new file, at `path`. */
static UNUSED struct vigil_logger *to_file(const char *name)
{
	struct vigil_logger *logger = vigil_get_logger(name);
	struct vigil_handler *handler;
	int fd;

	snprintf(path, sizeof path, "/tmp/vigil-robust-XXXXXX");
	fd = mkstemp(path);
	close(fd);
	vigil_set_propagate(logger, false);
	vigil_set_level(logger, VIGIL_DEBUG);
	assert_int_equal(vigil_file_handler_new(path, 0, &handler), 0);
	assert_int_equal(vigil_logger_add_handler(logger, handler), 0);
	return logger;
}

/* How many lines the file at NAME has; each must begin with "line ". The file is removed. */
static UNUSED unsigned count_lines(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[256];
	unsigned count = 0;

	if (file == NULL)
		return 0;
	for (; fgets(line, sizeof line, file) != NULL; count++) {
		assert_memory_equal(line, "line ", 5);
		assert_int_equal(line[strlen(line) - 1], '\n');
		assert_int_equal(strlen(line), 5 + 8 + 1);
	}
	fclose(file);
	unlink(name);
	return count;
}
