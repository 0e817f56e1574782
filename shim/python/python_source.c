/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_source.h"

#include "core/base/number.h"
#include "core/base/text.h"
#include "shim/python/python_object_text.h"

#include <string.h>

/* The longest name of a frame's file. */
#define FILE_MAX 1024

static const char before_file[] = "  File \"", before_line[] = "\", line ", indent[] = "    ";

/* Read the file's name and the number from a line such as " File "<string>", line 3, in f". */
static bool read_location(
	const char *line, size_t length, char (*ret_file)[FILE_MAX], ssize_t *ret_number)
{
	const char *end = line + length, *file = line + sizeof before_file - 1, *at = NULL;

	if (length < sizeof before_file || memcmp(line, before_file, sizeof before_file - 1) != 0)
		return false;
	for (const char *i = file; i + sizeof before_line <= end; i++)
		if (memcmp(i, before_line, sizeof before_line - 1) == 0)
			at = i;
	if (at == NULL || !text_format(*ret_file, FILE_MAX, "%.*s", (int)(at - file), file))
		return false;
	*ret_number = (ssize_t)number_prefix(at + sizeof before_line - 1);
	return *ret_number > 0;
}

/* Line NUMBER of FILE in linecache.cache, a new reference; NULL: there is none. The calls fail,
 * without harm, if the program has put objects of other types there. */
static PyObject *cached_line(const char *file, ssize_t number)
{
	PyObject *modules = python.PyImport_GetModuleDict();
	PyObject *linecache = python.PyDict_GetItemString(modules, "linecache");
	PyObject *cache = linecache == NULL ? NULL : python_attribute(linecache, "cache");
	PyObject *entry = cache == NULL ? NULL : python.PyDict_GetItemString(cache, file);
	PyObject *lines = entry == NULL ? NULL : python.PyTuple_GetItem(entry, 2);
	PyObject *line = lines == NULL ? NULL : python.PyList_GetItem(lines, number - 1);

	if (line != NULL)
		python.Py_IncRef(line);
	python.PyErr_Clear();
	python.Py_DecRef(cache);
	return line;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

/* Make the line in CACHED, stripped, what python_source_next() returns next. */
static void put_cached(struct python_source *source, const char *data, size_t size)
{
	while (size > 0 && is_space(data[0])) {
		data++;
		size--;
	}
	while (size > 0 && is_space(data[size - 1]))
		size--;
	if (size == 0)
		return;
	source->pieces[0] = indent;
	source->lengths[0] = sizeof indent - 1;
	source->pieces[1] = data;
	source->lengths[1] = size;
	source->pieces[2] = "\n";
	source->lengths[2] = 1;
	source->next = 0;
}

static bool has_line_below(const struct python_source *source)
{
	size_t length = sizeof indent - 1;

	return (size_t)(source->end - source->at) >= length &&
	       memcmp(source->at, indent, length) == 0;
}

static void look_up(struct python_source *source, const char *line, size_t length)
{
	char file[FILE_MAX], *data;
	ssize_t number, size;

	if (has_line_below(source) || !read_location(line, length, &file, &number))
		return;
	python.Py_DecRef(source->cached);
	source->cached = python_utf8(cached_line(file, number), &data, &size);
	if (source->cached != NULL)
		put_cached(source, data, (size_t)size);
}

bool python_source_begin(struct python_source *source, PyObject *printed)
{
	ssize_t size;
	char *data;

	*source = (struct python_source){.next = 3};
	source->printed = python_utf8(printed, &data, &size);
	if (source->printed == NULL || size == 0)
		return false;
	source->at = data;
	source->end = data + size;
	return true;
}

bool python_source_next(struct python_source *source, const char **ret_piece, size_t *ret_length)
{
	const char *end;

	if (source->next < 3) {
		*ret_piece = source->pieces[source->next];
		*ret_length = source->lengths[source->next++];
		return true;
	}
	if (source->at == source->end)
		return false;
	*ret_piece = source->at;
	end = memchr(source->at, '\n', (size_t)(source->end - source->at));
	source->at = end == NULL ? source->end : end + 1;
	*ret_length = (size_t)(source->at - *ret_piece);
	look_up(source, *ret_piece, *ret_length);
	return true;
}

void python_source_end(struct python_source *source)
{
	python.Py_DecRef(source->printed);
	python.Py_DecRef(source->cached);
}

bool python_source_is_possible(void)
{
	return python.PyImport_GetModuleDict && python.PyDict_GetItemString &&
	       python.PyList_GetItem && python.PyTuple_GetItem && python.Py_IncRef;
}
