/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_syntax.h"

#include "core/base/text.h"
#include "shim/python/python_object_text.h"

#include <limits.h>

/* A longer source line is truncated. */
#define LINE_MAX_ 500

/* A number among the attributes of an error, which may be None. */
struct optional {
	bool is_there;
	long value;
};

static struct optional read_number(PyObject *error, const char *name)
{
	PyObject *number = python_attribute(error, name);
	struct optional result = {.is_there = !python_is_none(number)};

	if (result.is_there)
		result.value = python.PyLong_AsLong(number);
	if (python.PyErr_Occurred()) {
		python.PyErr_Clear();
		result.is_there = false;
	}
	python.Py_DecRef(number);
	return result;
}

static bool is_same(struct optional one, struct optional other)
{
	return one.is_there == other.is_there && (!one.is_there || one.value == other.value);
}

/* str.isspace(). */
static bool is_space(uint32_t point)
{
	return point == ' ' || (point >= '\t' && point <= '\r') ||
	       (point >= 0x1c && point <= 0x1f) || point == 0x85 || point == 0xa0 ||
	       point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
	       point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

/* The source line of the error, in code points. */
struct line {
	PyObject *text;
	ssize_t length;	    /* of the whole text */
	ssize_t begin, end; /* what is shown: without leading space and trailing newlines */
};

static uint32_t point_at(const struct line *line, ssize_t at)
{
	return python.PyUnicode_ReadChar(line->text, at);
}

static bool read_line(struct line *line, PyObject *text)
{
	line->text = text;
	line->length = text == NULL ? -1 : python.PyUnicode_GetLength(text);
	python.PyErr_Clear();
	if (line->length < 0)
		return false;
	line->begin = 0;
	line->end = line->length;
	while (line->end > 0 && point_at(line, line->end - 1) == '\n')
		line->end--;
	while (line->begin < line->end &&
		(point_at(line, line->begin) == ' ' || point_at(line, line->begin) == '\n' ||
			point_at(line, line->begin) == '\f'))
		line->begin++;
	return true;
}

/* Carets below the columns from FIRST to END, counted from line->begin. */
static void add_carets(struct text *text, const struct line *line, long first, long end)
{
	text_add(text, "    ");
	for (long i = 0; i < first && i < LINE_MAX_ && line->begin + i < line->end; i++) {
		uint32_t point = point_at(line, line->begin + i);

		text_point(text, is_space(point) ? point : ' ');
	}
	for (long i = first; i < end && i < first + LINE_MAX_; i++)
		text_char(text, '^');
	text_char(text, '\n');
}

/* As TracebackException._format_syntax_error() counts columns. */
static void add_marks(struct text *text, const struct line *line, PyObject *error, long offset)
{
	struct optional number = read_number(error, "lineno");
	struct optional end_number = read_number(error, "end_lineno");
	struct optional end = read_number(error, "end_offset");
	long last = line->end + 1;

	if (is_same(number, end_number))
		last = end.is_there && end.value != 0 ? end.value : offset;
	if (line->length > 0 && offset > line->length)
		offset = line->end + 1;
	if (line->length > 0 && last > line->length)
		last = line->end + 1;
	if (offset >= last || last < 0)
		last = offset + 1;
	if (offset - 1 - line->begin >= 0)
		add_carets(text, line, offset - 1 - line->begin, last - 1 - line->begin);
}

static void add_line(struct text *text, const struct line *line, PyObject *error)
{
	struct optional offset = read_number(error, "offset");

	text_add(text, "    ");
	for (ssize_t i = line->begin; i < line->end && i < line->begin + LINE_MAX_; i++)
		text_point(text, point_at(line, i));
	text_char(text, '\n');
	if (offset.is_there)
		add_marks(text, line, error, offset.value);
}

void python_syntax_read(struct python_syntax *syntax, PyObject *error)
{
	struct optional number = read_number(error, "lineno");
	char file[1024], message[sizeof syntax->message - sizeof file];
	PyObject *source = python_attribute(error, "text");
	PyObject *msg = python_attribute(error, "msg");
	struct text text;
	struct line line;

	python_text_attribute(error, "filename", file, sizeof file);
	text_init(&text, syntax->before, sizeof syntax->before);
	if (number.is_there)
		text_printf(&text, "  File \"%s\", line %ld\n", file[0] != '\0' ? file : "<string>",
			number.value);
	if (read_line(&line, source))
		add_line(&text, &line, error);
	python_text_str(msg, message, sizeof message);
	text_format(syntax->message, sizeof syntax->message,
		!number.is_there && file[0] != '\0' ? "%s (%s)" : "%s",
		message[0] != '\0' ? message : "<no detail available>", file);
	python.Py_DecRef(msg);
	python.Py_DecRef(source);
}

bool python_syntax_is_possible(void)
{
	return python.PyLong_AsLong && python.PyErr_Occurred && python.PyUnicode_GetLength &&
	       python.PyUnicode_ReadChar;
}
