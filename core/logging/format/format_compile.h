/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_compile.h - compiles a format, in any of Python's three styles, to the operations of
 * format_op.h.
 *
 * Private to core/logging/format. Signal-safe: no, at configuration. Threads: one per compiler.
 */
#pragma once

#include "core/logging/format/format_op.h"
#include "core/logging/format/formatter.h"

/* A format while it is compiled. */
struct compiler {
	const struct formatter_options *options;
	struct arena *arena;
	struct text *error;
	struct format_op *ops; /* room for one op per byte of the format, and one more */
	size_t count;
	size_t fields; /* how many of the ops are not literal text */
};

/* Add an op for literal text, which lives as long as the formatter. */
void compile_literal(struct compiler *compiler, const char *text, size_t length);

/* Add an op for an attribute. Returns 0, -ENOMEM, or -EINVAL and the reason in compiler->error. */
int compile_field(
	struct compiler *compiler, const char *name, size_t length, const struct conversion *how);

/* The CLOSE that closes the OPEN before AT, as Python counts them; NULL when there is none. */
const char *closing_bracket(const char *at, char open, char close);

/* Style '{', in format_brace.c: compile the field, or the doubled brace, at *AT, and move *AT
 * behind it. Returns as compile_field(). */
int compile_brace(struct compiler *compiler, const char **at);
