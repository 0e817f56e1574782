/* SPDX-License-Identifier: Apache-2.0 */
/*
 * literal.h - reads a Python expression, such as `args=` of fileConfig, into a tree of values.
 * Python evaluates such an expression; here nothing is executed.
 *
 * It understands tuples, lists and dicts, strings with their prefixes and escapes, integers,
 * floats, True, False, None, and a few names of the namespace of Python's logging: sys.stdout,
 * sys.stderr ("ext://sys.stdout" in the tree), ERROR and the other levels,
 * handlers.SysLogHandler.LOG_USER and the other constants of the handlers' arguments. Signal-safe:
 * no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/value.h"

/* Add to *NUMBER the digits of BASE at *AT, with single underscores between them, and move *AT
 * behind them. Sets *OVERFLOW where the number is beyond 64 bits. Returns false where there are
 * none. */
bool literal_digits(const char **at, unsigned base, int64_t *number, bool *overflow);

/* Read SOURCE, a string value; errors and the new values have its position in the file. Returns 0
 * and *RET; -EINVAL and why in ERRORS ("unsupported expression at column 4"); -ENOMEM. */
int literal_read(struct arena *arena, const struct value *source, struct config_errors *errors,
	struct value **ret);
