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

/* Line NUMBER of ENTRY, an item of one of linecache's dictionaries or NULL, as a new reference;
 * NULL: there is none. The calls fail, without harm, if the program has put objects of other types
 * there. */
static PyObject *line_of(PyObject *entry, ssize_t number)
{
	PyObject *lines = entry == NULL ? NULL : python.PyTuple_GetItem(entry, 2);
	PyObject *line = lines == NULL ? NULL : python.PyList_GetItem(lines, number - 1);

	if (line != NULL)
		python.Py_IncRef(line);
	python.PyErr_Clear();
	return line;
}

/* Attribute NAME of the module linecache, a new reference; NULL: there is none. */
static PyObject *linecache(const char *name)
{
	PyObject *modules = python.PyImport_GetModuleDict();
	PyObject *module = python.PyDict_GetItemString(modules, "linecache");

	return module == NULL ? NULL : python_attribute(module, name);
}

/* Line NUMBER of FILE in linecache.cache. */
static PyObject *cached_line(const char *file, ssize_t number)
{
	PyObject *cache = linecache("cache");
	PyObject *entry = cache == NULL ? NULL : python.PyDict_GetItemString(cache, file);
	PyObject *line = line_of(entry, number);

	python.Py_DecRef(cache);
	return line;
}

/* Whether attribute NAME of CODE, a str, is FILE. */
static bool is_in_file(PyObject *code, const char *file)
{
	ssize_t size;
	char *data;
	PyObject *bytes = python_utf8(python_attribute(code, "co_filename"), &data, &size);
	bool is = bytes != NULL && strcmp(data, file) == 0;

	python.Py_DecRef(bytes);
	return is;
}

static bool is_number(PyObject *object, const char *name, ssize_t number)
{
	PyObject *value = python_attribute(object, name);
	bool is = value != NULL && python.PyLong_AsLong(value) == number;

	python.PyErr_Clear();
	python.Py_DecRef(value);
	return is;
}

/* The code, a new reference, of the next frame of SOURCE's traceback that is in line NUMBER of
 * FILE; NULL: none is. Frames that repeat others are not printed. */
static PyObject *next_code(struct python_source *source, const char *file, ssize_t number)
{
	PyObject *at = source->traceback, *code = NULL;

	python.Py_IncRef(at);
	while (code == NULL && !python_is_none(at)) {
		PyObject *next = python_attribute(at, "tb_next");
		PyObject *frame = is_number(at, "tb_lineno", number)
					  ? python_attribute(at, "tb_frame")
					  : NULL;

		code = frame == NULL ? NULL : python_attribute(frame, "f_code");
		python.Py_DecRef(frame);
		if (code != NULL && !is_in_file(code, file)) {
			python.Py_DecRef(code);
			code = NULL;
		}
		python.Py_DecRef(at);
		at = next;
	}
	if (code == NULL) {
		python.Py_DecRef(at);
		return NULL;
	}
	python.Py_DecRef(source->traceback);
	source->traceback = at;
	return code;
}

/* Line NUMBER of what CODE is from in CACHE, linecache._interactive_cache: the program text of
 * `python -c` and of the prompt, from 3.13.1 on. */
static PyObject *interactive_line(PyObject *cache, PyObject *code, ssize_t number)
{
	PyObject *file = python_attribute(code, "co_filename");
	PyObject *name = python_attribute(code, "co_qualname");
	PyObject *first = python_attribute(code, "co_firstlineno"), *key = NULL, *line = NULL;

	if (file != NULL && name != NULL && first != NULL)
		key = python.PyTuple_Pack(3, file, name, first);
	if (key != NULL)
		line = line_of(python.PyDict_GetItem(cache, key), number);
	python.PyErr_Clear();
	python.Py_DecRef(key);
	python.Py_DecRef(first);
	python.Py_DecRef(name);
	python.Py_DecRef(file);
	return line;
}

/* Line NUMBER of FILE, which a frame of SOURCE's traceback is in, a new reference; NULL: it is in
 * no file that linecache has. */
static PyObject *find_line(struct python_source *source, const char *file, ssize_t number)
{
	PyObject *line = cached_line(file, number);
	PyObject *cache =
		line != NULL || source->traceback == NULL ? NULL : linecache("_interactive_cache");
	PyObject *code = cache == NULL ? NULL : next_code(source, file, number);

	if (code != NULL)
		line = interactive_line(cache, code, number);
	python.Py_DecRef(code);
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
	source->cached = python_utf8(find_line(source, file, number), &data, &size);
	if (source->cached != NULL)
		put_cached(source, data, (size_t)size);
}

bool python_source_begin(struct python_source *source, PyObject *printed, PyObject *traceback)
{
	ssize_t size;
	char *data;

	*source = (struct python_source){.next = 3};
	if (!python_is_none(traceback)) {
		source->traceback = traceback;
		python.Py_IncRef(traceback);
	}
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
	python.Py_DecRef(source->traceback);
}

bool python_source_is_possible(void)
{
	return python.PyImport_GetModuleDict && python.PyDict_GetItemString &&
	       python.PyList_GetItem && python.PyTuple_GetItem && python.Py_IncRef &&
	       python.PyDict_GetItem && python.PyTuple_Pack && python.PyLong_AsLong;
}
