/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_compile.h - from a format, in any of Python's three styles, to the operations of
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
	struct format_op *ops; /* room for one op a byte of the format, and one more */
	size_t count;
	size_t fields; /* how many of the ops are no literal text */
};

/* Adds literal text, which lives as long as the formatter. */
void compile_literal(struct compiler *compiler, const char *text, size_t length);

/* Adds an attribute. Returns 0, -ENOMEM, or -EINVAL and why in compiler->error. */
int compile_field(
	struct compiler *compiler, const char *name, size_t length, const struct conversion *how);

/* Style '{', in format_brace.c: compiles the brace, or two of them, at *AT, and what belongs to it;
 * *AT then stands behind it. Returns as compile_field(). */
int compile_brace(struct compiler *compiler, const char **at);

/* Whether C may be part of a name: a letter, a digit, '_', or a byte of a character that is not
 * ASCII. */
bool is_word(char c);

/* The attribute of that name; ATTRIBUTE_EXTRA: none of Python's own. */
enum attribute attribute_by_name(const char *name, size_t length);

/* What the attribute of that name holds; TYPE_ANY for those of a record's extra. */
enum attribute_type attribute_type_by_name(const char *name, size_t length);
