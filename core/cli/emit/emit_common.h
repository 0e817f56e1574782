/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit_common.h - what the parts of `vigil emit` share: the loggers, and how records get to them.
 *
 * cmd_emit.c makes the loggers, emit_script.c reads operations, emit_record.c makes records.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/api/json_in.h"
#include "core/config/config.h"
#include "core/logging/logger.h"

struct emit {
	struct arena arena;
	struct config_context context;
	struct logging *logging;
	bool failed; /* at least one operation has failed */
};

/* Print one line on stderr, in Python's form: "ValueError: …"; set failed. Returns false. */
bool emit_fail(struct emit *emit, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* getLogger(name).log(level, msg, extra=extra). LEVEL is checked already; MSG may be any value,
 * EXTRA an object or NULL. Returns false after emit_fail(). */
bool emit_log(struct emit *emit, struct logger *logger, int level, const struct json *msg,
	const struct json *extra);

/* getLogger(name).handle(makeLogRecord(record)). Returns false after emit_fail(). */
bool emit_handle(struct emit *emit, struct logger *logger, const struct json *record);

/* Execute the operations in FILE ("-": stdin), a JSON object a line. Returns 0, or -errno of
 * reading. */
int emit_script(struct emit *emit, const char *file);
