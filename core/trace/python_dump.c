/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_dump.h"

#include "core/base/number.h"
#include "core/base/text.h"

#include <string.h>

struct piece {
	const char *at;
	size_t length;
};

/* "  File "train.py", line 12 in step"; LINE is "???" if CPython did not know it. */
struct call {
	struct piece file, line, function;
};

static bool begins(struct piece piece, const char *with)
{
	size_t length = strlen(with);

	return piece.length >= length && memcmp(piece.at, with, length) == 0;
}

static struct piece without(struct piece piece, size_t count)
{
	return (struct piece){piece.at + count, piece.length - count};
}

/* Takes the next whole line from *REST, without its newline; false if there is none. */
static bool next_line(struct piece *rest, struct piece *ret_line)
{
	const char *end = memchr(rest->at, '\n', rest->length);

	if (end == NULL)
		return false;
	*ret_line = (struct piece){rest->at, (size_t)(end - rest->at)};
	*rest = without(*rest, ret_line->length + 1);
	return true;
}

/* The last occurrence of WHAT in PIECE, as a file's name may contain WHAT, too; NULL: none. */
static const char *last_of(struct piece piece, const char *what)
{
	size_t length = strlen(what);

	for (size_t i = piece.length; i >= length; i--)
		if (memcmp(piece.at + i - length, what, length) == 0)
			return piece.at + i - length;
	return NULL;
}

static bool read_call(struct piece line, struct call *ret_call)
{
	static const char before[] = "  File ", number[] = ", line ", name[] = " in ";
	const char *end = line.at + line.length, *at, *in;

	if (!begins(line, before) || (at = last_of(line, number)) == NULL)
		return false;
	line = without(line, sizeof before - 1);
	if (at < line.at)
		return false;
	ret_call->file = (struct piece){line.at, (size_t)(at - line.at)};
	at += sizeof number - 1;
	in = memchr(at, ' ', (size_t)(end - at));
	if (in == NULL || !begins((struct piece){in, (size_t)(end - in)}, name))
		return false;
	ret_call->line = (struct piece){at, (size_t)(in - at)};
	in += sizeof name - 1;
	ret_call->function = (struct piece){in, (size_t)(end - in)};
	return true;
}

/* The code point of \xNN, \uNNNN or \UNNNNNNNN at the beginning of PIECE, and the escape's length;
 * 0 if there is no escape, or if its character is not printable and stays escaped. */
static uint32_t escaped(struct piece piece, size_t *ret_length)
{
	char kind = piece.length < 2 || piece.at[0] != '\\' ? '\0' : piece.at[1];
	size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
	uint32_t point = 0;

	if (digits == 0 || piece.length < 2 + digits)
		return 0;
	for (size_t i = 0; i < digits; i++) {
		unsigned digit = digit_value(piece.at[2 + i]);

		if (digit > 15)
			return 0;
		point = point << 4 | digit;
	}
	*ret_length = 2 + digits;
	return point < 0xa0 || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff ? 0 : point;
}

static void add_unescaped(struct text *text, struct piece piece)
{
	while (piece.length > 0) {
		size_t length = 1;
		uint32_t point = escaped(piece, &length);

		if (point != 0) {
			text_point(text, point);
		} else {
			length = 1;
			text_char(text, piece.at[0]);
		}
		piece = without(piece, length);
	}
}

/* Appends LINE in the form of Python's traceback, which has a comma before the function. */
static void add_line(struct text *text, struct piece line)
{
	struct call call;

	if (!read_call(line, &call)) {
		text_add_n(text, line.at, line.length);
	} else {
		text_add(text, "  File ");
		add_unescaped(text, call.file);
		text_add(text, ", line ");
		text_add_n(text, call.line.at, call.line.length);
		text_add(text, ", in ");
		add_unescaped(text, call.function);
	}
	text_char(text, '\n');
}

/* Appends the lines of STACK, which end with newlines, in reverse order. */
static void add_backwards(struct text *text, struct piece stack)
{
	while (stack.length > 0) {
		const char *before = memrchr(stack.at, '\n', stack.length - 1);
		size_t start = before == NULL ? 0 : (size_t)(before - stack.at) + 1;

		add_line(text, (struct piece){stack.at + start, stack.length - start - 1});
		stack.length = start;
	}
}

static const char *keep(struct text *names, struct piece name)
{
	const char *kept = names->data + names->length;

	add_unescaped(names, name);
	text_char(names, '\0');
	return kept;
}

/* The number that DIGITS are; 0 if DIGITS is no number. */
static int number_of(struct piece digits)
{
	const char *at = digits.at;
	int number = number_take(&at, digits.length);

	return at == digits.at + digits.length ? number : 0;
}

static struct piece without_quotes(struct piece file)
{
	if (file.length >= 2 && file.at[0] == '"' && file.at[file.length - 1] == '"')
		return (struct piece){file.at + 1, file.length - 2};
	return file;
}

static void read_frames(struct python_dump *dump, struct piece stack)
{
	struct text names;
	struct piece line;
	struct call call;

	text_init(&names, dump->names, sizeof dump->names);
	while (dump->count < PYTHON_FRAMES_MAX && next_line(&stack, &line)) {
		if (!read_call(line, &call))
			continue;
		dump->frames[dump->count] = (struct frame){
			.kind = FRAME_PYTHON,
			.function = keep(&names, call.function),
			.file = keep(&names, without_quotes(call.file)),
			.line = number_of(call.line),
		};
		dump->count += !names.truncated;
	}
}

/* Takes the lines up to the next head or empty line from *REST. */
static struct piece take_stack(struct piece *rest)
{
	struct piece stack = {rest->at, 0}, line;

	while (begins(*rest, " ") && next_line(rest, &line))
		stack.length += line.length + 1;
	return stack;
}

static bool has_calls(struct piece stack)
{
	return begins(stack, "  File ") || last_of(stack, "\n  File ") != NULL;
}

/* CPython's own mark for frames that it leaves out. */
static const char left_out[] = "...\n";

/* Appends the stack of another thread. As in faulthandler's output, the address in HEAD is the
 * thread's pthread_self(). */
static void add_other(struct text *text, struct piece head, struct piece stack)
{
	size_t before = text->length;
	const char *end = last_of(head, " (most recent call first):");

	if (end == NULL || text->truncated)
		return;
	text_add(text, "Python stack of t"); /* head: "Thread 0x…" */
	text_add_n(text, head.at + 1, (size_t)(end - head.at) - 1);
	text_add(text, " (most recent call last):\n");
	add_backwards(text, stack);
	if (text->truncated) {
		text_reset(text, before);
		text->size += sizeof left_out - 1;
		text_add(text, left_out);
		text->truncated = true;
	}
}

/* Appends "Garbage-collecting", which CPython prints only when it dumps all threads. */
static void add_collecting(struct python_dump *dump, struct piece stack)
{
	static const char collecting[] = "  Garbage-collecting\n";
	size_t length = strlen(dump->own);
	struct text own;

	if (length == 0 || !begins(stack, collecting))
		return;
	text_init(&own, dump->own + length, sizeof dump->own - length);
	text_add(&own, collecting);
}

static void read_stack(
	struct python_dump *dump, struct text *others, struct piece head, struct piece stack)
{
	struct text own;

	if (begins(head, "Stack (") && dump->own[0] == '\0' && has_calls(stack)) {
		text_init(&own, dump->own, sizeof dump->own);
		text_add(&own, "Python stack (most recent call last):\n");
		add_backwards(&own, stack);
		read_frames(dump, stack);
	} else if (begins(head, "Thread ") && has_calls(stack)) {
		add_other(others, head, stack);
	} else if (begins(head, "Current thread ")) {
		add_collecting(dump, stack);
	}
}

void python_dump_read(struct python_dump *dump, const char *text, size_t size)
{
	struct piece rest = {text, size < PYTHON_DUMP_SIZE ? size : PYTHON_DUMP_SIZE}, head;
	struct text others;

	dump->count = 0;
	dump->own[0] = '\0';
	text_init(&others, dump->others, sizeof dump->others - (sizeof left_out - 1));
	while (next_line(&rest, &head))
		read_stack(dump, &others, head, take_stack(&rest));
}
