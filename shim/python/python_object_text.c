/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_object_text.h"

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

void python_text_add(struct head_tail *cut, PyObject *string)
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
	python_text_add(&cut, string);
	head_tail_end(&cut);
}

void python_text_attribute(PyObject *object, const char *name, char *to, size_t size)
{
	copy_string(to, size, python_attribute(object, name));
}

/* PyObject_Str() runs pending Python signal handlers first, and fails where one raises, as SIGINT's
 * does. */
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

bool python_text_begin(void)
{
	return python.Py_DecRef && python.PyErr_Clear && python.PyObject_GetAttrString &&
	       python.PyObject_Str && python.PyObject_CallMethod && python.PyImport_ImportModule &&
	       python.PyUnicode_AsEncodedString && python.PyBytes_AsStringAndSize &&
	       python.PyTraceBack_Print && python._Py_NoneStruct;
}
