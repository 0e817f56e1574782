/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python_text.h"

#include <string.h>

/* Causes and contexts above the exception itself; Python prints all, we the nearest. */
#define CHAIN_MAX 16

static bool is_none(PyObject *object)
{
	return object == NULL || object == &_Py_NoneStruct;
}

/* Append OBJECT, a str that may hold lone surrogates, to TEXT; gives up OBJECT, which may be NULL.
 */
static void add_string(struct text *text, PyObject *object)
{
	PyObject *bytes = object == NULL
				  ? NULL
				  : PyUnicode_AsEncodedString(object, "utf-8", "backslashreplace");
	ssize_t size;
	char *data;

	if (bytes != NULL && PyBytes_AsStringAndSize(bytes, &data, &size) == 0)
		text_add_n(text, data, (size_t)size);
	PyErr_Clear();
	Py_DecRef(bytes);
	Py_DecRef(object);
}

static void copy_string(char *to, size_t size, PyObject *object)
{
	struct text text;

	text_init(&text, to, size);
	add_string(&text, object);
}

static PyObject *attribute(PyObject *object, const char *name)
{
	PyObject *value = PyObject_GetAttrString(object, name);

	if (value == NULL)
		PyErr_Clear();
	return value;
}

/* "Type: message" as Python's last line has it: the module stands before the name unless it is
 * builtins or __main__. */
static void add_last_line(struct text *text, PyObject *value)
{
	char module[256], name[256];
	PyObject *type = attribute(value, "__class__");
	size_t before;

	if (type == NULL)
		return;
	copy_string(module, sizeof module, attribute(type, "__module__"));
	copy_string(name, sizeof name, attribute(type, "__qualname__"));
	Py_DecRef(type);
	if (module[0] != '\0' && strcmp(module, "builtins") != 0 && strcmp(module, "__main__") != 0)
		text_printf(text, "%s.", module);
	text_add(text, name);
	before = text->length;
	text_add(text, ": ");
	add_string(text, PyObject_Str(value));
	PyErr_Clear();
	if (text->length == before + 2)
		text_reset(text, before);
	text_char(text, '\n');
}

/* What PRINT writes to a file in memory. */
static void add_printed(struct text *text,
	bool (*print)(PyObject *file, PyObject *const exception[3]), PyObject *const exception[3])
{
	PyObject *io = PyImport_ImportModule("_io");
	PyObject *file = io == NULL ? NULL : PyObject_CallMethod(io, "StringIO", NULL);

	if (file != NULL && print(file, exception))
		add_string(text, PyObject_CallMethod(file, "getvalue", NULL));
	PyErr_Clear();
	Py_DecRef(file);
	Py_DecRef(io);
}

/* The interpreter prints the frames itself: they are as it shows them on stderr. */
static bool print_frames(PyObject *file, PyObject *const exception[3])
{
	return PyTraceBack_Print(exception[2], file) == 0;
}

static bool print_all(PyObject *file, PyObject *const exception[3])
{
	_PyErr_Display(file, exception[0], exception[1], exception[2]);
	return true;
}

static void add_one(struct text *text, PyObject *value, PyObject *traceback)
{
	if (!is_none(traceback))
		add_printed(text, print_frames, (PyObject *const[]){ NULL, value, traceback });
	add_last_line(text, value);
}

/* What Python prints before VALUE: a new reference to its cause or context, and the line between
 * them; NULL: nothing. */
static PyObject *reason_of(PyObject *value, const char **ret_between)
{
	PyObject *cause = attribute(value, "__cause__");
	PyObject *context, *suppress;
	bool suppressed;

	*ret_between = "\nThe above exception was the direct cause of the following exception:\n\n";
	if (!is_none(cause))
		return cause;
	Py_DecRef(cause);
	suppress = attribute(value, "__suppress_context__");
	suppressed = suppress != NULL && PyObject_IsTrue(suppress) == 1;
	Py_DecRef(suppress);
	context = suppressed ? NULL : attribute(value, "__context__");
	*ret_between = "\nDuring handling of the above exception, another exception occurred:\n\n";
	if (!is_none(context))
		return context;
	Py_DecRef(context);
	return NULL;
}

/* The oldest first, as Python does. */
static void add_chain(struct text *text, PyObject *value, PyObject *traceback)
{
	struct {
		PyObject *value;
		const char *between;
	} chain[CHAIN_MAX];
	size_t count = 0;
	PyObject *at = value;

	while (count < CHAIN_MAX && (at = reason_of(at, &chain[count].between)) != NULL)
		chain[count++].value = at;
	while (count-- > 0) {
		PyObject *frames = attribute(chain[count].value, "__traceback__");

		add_one(text, chain[count].value, frames);
		text_add(text, chain[count].between);
		Py_DecRef(frames);
		Py_DecRef(chain[count].value);
	}
	add_one(text, value, traceback);
}

void python_text_attribute(PyObject *object, const char *name, char *to, size_t size)
{
	copy_string(to, size, attribute(object, name));
}

void python_text_str(PyObject *object, char *to, size_t size)
{
	copy_string(to, size, is_none(object) ? NULL : PyObject_Str(object));
	PyErr_Clear();
}

void python_text_exception(struct text *text, PyObject *type, PyObject *value, PyObject *traceback)
{
	if (is_none(value))
		return;
	if (_PyErr_Display)
		add_printed(text, print_all, (PyObject *const[]){ type, value, traceback });
	else
		add_chain(text, value, traceback);
}

bool python_text_begin(void)
{
	return Py_DecRef && PyErr_Clear && PyObject_GetAttrString && PyObject_Str &&
	       PyObject_IsTrue && PyObject_CallMethod && PyImport_ImportModule &&
	       PyUnicode_AsEncodedString && PyBytes_AsStringAndSize && PyTraceBack_Print &&
	       &_Py_NoneStruct;
}
