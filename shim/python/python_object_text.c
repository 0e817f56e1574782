/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_object_text.h"

#include "shim/python/python_print.h"

bool python_is_none(PyObject *object)
{
	return object == NULL || object == python._Py_NoneStruct;
}

PyObject *python_attribute(PyObject *object, const char *name)
{
	PyObject *value = python.PyObject_GetAttrString(object, name);

	if (value == NULL)
		python.PyErr_Clear();
	return value;
}

PyObject *python_utf8(PyObject *string, char **ret_data, ssize_t *ret_size)
{
	PyObject *bytes = string == NULL ? NULL
					 : python.PyUnicode_AsEncodedString(
						   string, "utf-8", "backslashreplace");

	python.Py_DecRef(string);
	if (bytes != NULL && python.PyBytes_AsStringAndSize(bytes, ret_data, ret_size) == 0)
		return bytes;
	python.PyErr_Clear();
	python.Py_DecRef(bytes);
	return NULL;
}

static void add_string(struct head_tail *cut, PyObject *string)
{
	ssize_t size;
	char *data;
	PyObject *bytes = python_utf8(string, &data, &size);

	if (bytes != NULL)
		head_tail_add_n(cut, data, (size_t)size);
	python.Py_DecRef(bytes);
}

static void copy_string(char *to, size_t size, PyObject *string)
{
	struct head_tail cut;

	head_tail_init(&cut, to, size);
	add_string(&cut, string);
	head_tail_end(&cut);
}

/* What PRINT writes to a file in memory, a new reference; NULL: nothing. */
static PyObject *printed(
	bool (*print)(PyObject *file, PyObject *const exception[3]), PyObject *const exception[3])
{
	PyObject *io = python.PyImport_ImportModule("_io"), *text = NULL;
	PyObject *file = io == NULL ? NULL : python.PyObject_CallMethod(io, "StringIO", NULL);

	if (file != NULL && print(file, exception))
		text = python.PyObject_CallMethod(file, "getvalue", NULL);
	python.PyErr_Clear();
	python.Py_DecRef(file);
	python.Py_DecRef(io);
	return text;
}

/* The interpreter prints the frames itself: they are as it shows them on stderr. */
static bool print_frames(PyObject *file, PyObject *const exception[3])
{
	return python.PyTraceBack_Print(exception[2], file) == 0;
}

static bool print_all(PyObject *file, PyObject *const exception[3])
{
	python._PyErr_Display(file, exception[0], exception[1], exception[2]);
	return true;
}

PyObject *python_frames(PyObject *traceback)
{
	if (python_is_none(traceback))
		return NULL;
	return printed(print_frames, (PyObject *const[]){NULL, NULL, traceback});
}

void python_text_attribute(PyObject *object, const char *name, char *to, size_t size)
{
	copy_string(to, size, python_attribute(object, name));
}

/* PyObject_Str() runs handlers of signals first, and gives up where one raises: SIGINT's does. */
static PyObject *string_of(PyObject *object)
{
	PyObject *string = python.PyObject_Str(object);

	if (string != NULL)
		return string;
	python.PyErr_Clear();
	return python.PyObject_Str(object);
}

void python_text_str(PyObject *object, char *to, size_t size)
{
	copy_string(to, size, python_is_none(object) ? NULL : string_of(object));
	python.PyErr_Clear();
}

void python_text_exception(
	struct head_tail *cut, PyObject *type, PyObject *value, PyObject *traceback)
{
	if (python_is_none(value))
		return;
	if (python._PyErr_Display)
		add_string(cut, printed(print_all, (PyObject *const[]){type, value, traceback}));
	else if (python_print_is_possible())
		python_print_exception(cut, value, traceback);
}

bool python_text_begin(void)
{
	return python.Py_DecRef && python.PyErr_Clear && python.PyObject_GetAttrString &&
	       python.PyObject_Str && python.PyObject_CallMethod && python.PyImport_ImportModule &&
	       python.PyUnicode_AsEncodedString && python.PyBytes_AsStringAndSize &&
	       python.PyTraceBack_Print && python._Py_NoneStruct;
}
