/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python.h"

#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/life.h"
#include "shim/python_api.h"

#include <stdatomic.h>
#include <string.h>

/* Causes and contexts above the exception itself; Python prints all, we the nearest. */
#define CHAIN_MAX 16

/* CPython's exit status after an uncaught exception (pythonrun.c). */
#define STATUS_UNCAUGHT 1

static struct {
	_Atomic pid_t pid; /* whose exception this is; 0: nobody's. A forked child inherits the memory, not the exception */
	struct instant at;
	char type[256], module[256], message[2048];
	char trace[24 * 1024];
	atomic_int busy; /* the hook itself may raise events */
} caught;

static bool is_none(PyObject *object)
{
	return object == NULL || object == &_Py_NoneStruct;
}

/* Append OBJECT, a str that may hold lone surrogates, to TEXT; gives up OBJECT, which may be NULL. */
static void add_string(struct text *text, PyObject *object)
{
	PyObject *bytes = object == NULL ? NULL :
					   PyUnicode_AsEncodedString(object, "utf-8", "backslashreplace");
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

/* "Type: message" as Python's last line has it: the module stands before the name unless it is builtins or __main__. */
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

/* The interpreter prints the frames itself, into memory: they are as it shows them on stderr. */
static void add_frames(struct text *text, PyObject *traceback)
{
	PyObject *io = PyImport_ImportModule("_io");
	PyObject *file = io == NULL ? NULL : PyObject_CallMethod(io, "StringIO", NULL);

	if (file != NULL && PyTraceBack_Print(traceback, file) == 0)
		add_string(text, PyObject_CallMethod(file, "getvalue", NULL));
	PyErr_Clear();
	Py_DecRef(file);
	Py_DecRef(io);
}

static void add_one(struct text *text, PyObject *value, PyObject *traceback)
{
	if (!is_none(traceback))
		add_frames(text, traceback);
	add_last_line(text, value);
}

/* What Python prints before VALUE: a new reference to its cause or context, and the line between them; NULL: nothing. */
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

/* The C traceback printer begins with "Traceback (most recent call last):" itself. */
static void catch_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
	struct text text;

	caught.at = instant_now();
	copy_string(caught.type, sizeof caught.type, attribute(type, "__qualname__"));
	copy_string(caught.module, sizeof caught.module, attribute(type, "__module__"));
	copy_string(caught.message, sizeof caught.message, is_none(value) ? NULL : PyObject_Str(value));
	PyErr_Clear();
	text_init(&text, caught.trace, sizeof caught.trace);
	if (!is_none(value))
		add_chain(&text, value, traceback);
	atomic_store(&caught.pid, atomic_load(&life.owner));
}

/* Called for every audit event, with the interpreter's lock held: the first look must be cheap. */
static int on_audit(const char *event, PyObject *arguments, void *nothing)
{
	PyObject *type, *value, *traceback;

	(void)nothing;
	if (event[0] != 's' || strcmp(event, "sys.excepthook") != 0 || !life_is_ours())
		return 0;
	if (atomic_exchange(&caught.busy, 1))
		return 0;
	PyErr_Fetch(&type, &value, &traceback);
	catch_exception(PyTuple_GetItem(arguments, 1), PyTuple_GetItem(arguments, 2),
		PyTuple_GetItem(arguments, 3));
	PyErr_Restore(type, value, traceback);
	atomic_store(&caught.busy, 0);
	return 0;
}

static bool is_python(void)
{
	return PySys_AddAuditHook && Py_DecRef && PyErr_Fetch && PyErr_Restore && PyErr_Clear &&
	       PyTuple_GetItem && PyObject_GetAttrString && PyObject_Str && PyObject_IsTrue &&
	       PyObject_CallMethod && PyImport_ImportModule && PyUnicode_AsEncodedString &&
	       PyBytes_AsStringAndSize && PyTraceBack_Print && &_Py_NoneStruct;
}

void python_begin(void)
{
	if (is_python())
		PySys_AddAuditHook(on_audit, NULL);
}

bool python_exception_pending(void)
{
	pid_t pid = atomic_load(&caught.pid);

	return pid != 0 && pid == atomic_load(&life.owner);
}

bool python_exception_ended(int status, struct instant *ret_at)
{
	if (status != STATUS_UNCAUGHT || !python_exception_pending())
		return false;
	*ret_at = caught.at;
	return true;
}

void python_exception_fill(struct event *event)
{
	event->cause = CAUSE_EXCEPTION;
	event->exception = (struct event_exception){
		.language = "python",
		.type = caught.type,
		.message = caught.message,
		.module = caught.module,
	};
	event->foreign_trace = caught.trace;
}
