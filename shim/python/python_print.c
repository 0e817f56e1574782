/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As in traceback.py, an exception's causes, contexts and group members are collected first, none
 * of them twice, and then printed.
 */
#include "shim/python/python_print.h"

#include "core/base/text.h"
#include "shim/python/python_object_text.h"
#include "shim/python/python_source.h"
#include "shim/python/python_syntax.h"

#include <string.h>

/* Exceptions that are collected; more are left out. */
#define NODES_MAX 256

/* Of a group (TracebackException.__init__). */
#define WIDTH_MAX 15
#define DEPTH_MAX 10

/* An exception, and the indices of the exceptions that belong to it. 0 stands for none: the first
 * exception belongs to no other. The members of a group have successive indices. */
struct node {
	PyObject *value;
	uint16_t cause, context, members, count;
	bool is_group;
};

/* Call PRINT with a file in memory. Returns what it wrote, a new reference to a str; NULL:
 * nothing. */
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

/* Whether the interpreter has no thread but this one. */
static bool is_only_thread(void)
{
	PyThreadState *first;

	if (!python.PyInterpreterState_Get || !python.PyInterpreterState_ThreadHead ||
		!python.PyThreadState_Next)
		return false;
	first = python.PyInterpreterState_ThreadHead(python.PyInterpreterState_Get());
	return first != NULL && python.PyThreadState_Next(first) == NULL;
}

/*
 * Let the interpreter print the frames, so that they look as on stderr. It imports the module io to
 * read their source, which the start has not done from 3.14 on: that is taken back, unless another
 * thread may have it by now.
 */
static bool print_frames(PyObject *file, PyObject *const exception[3])
{
	PyObject *modules = python.PyImport_GetModuleDict();
	bool has_io = python.PyDict_GetItemString(modules, "io") != NULL;
	bool is_printed = python.PyTraceBack_Print(exception[2], file) == 0;

	python.PyErr_Clear();
	if (!has_io && python.PyDict_DelItemString && is_only_thread())
		python.PyDict_DelItemString(modules, "io");
	python.PyErr_Clear();
	return is_printed;
}

static bool print_all(PyObject *file, PyObject *const exception[3])
{
	python._PyErr_Display(file, exception[0], exception[1], exception[2]);
	return true;
}

/* What the interpreter prints of the frames of TRACEBACK, as a new reference to a str; NULL:
 * nothing. */
static PyObject *print_traceback(PyObject *traceback)
{
	if (python_is_none(traceback))
		return NULL;
	return printed(print_frames, (PyObject *const[]){NULL, NULL, traceback});
}

struct printer {
	struct head_tail *cut;
	PyObject *traceback; /* of the first node */
	int depth;	     /* in groups: the prefix of a line */
	char margin;
	bool begun;	 /* a line */
	bool must_close; /* the innermost group */
	size_t count;
	struct node nodes[NODES_MAX];
};

static bool is_instance(PyObject *object, PyObject *type)
{
	int is = object == NULL ? 0 : python.PyObject_IsInstance(object, type);

	python.PyErr_Clear();
	return is == 1;
}

static bool was_seen(const struct printer *printer, PyObject *value)
{
	for (size_t i = 0; i < printer->count; i++)
		if (printer->nodes[i].value == value)
			return true;
	return false;
}

/* Add VALUE, whose reference it takes over. Returns its index; 0: there is no room, or VALUE is the
 * first. */
static uint16_t add_node(struct printer *printer, PyObject *value)
{
	if (printer->count == NODES_MAX) {
		python.Py_DecRef(value);
		return 0;
	}
	printer->nodes[printer->count].value = value;
	return (uint16_t)printer->count++;
}

/* Add the exception that is attribute NAME of VALUE, unless it was added before. Returns its index;
 * 0: none was added. */
static uint16_t add_related(struct printer *printer, PyObject *value, const char *name)
{
	PyObject *related = python_attribute(value, name);

	if (!python_is_none(related) && !was_seen(printer, related))
		return add_node(printer, related);
	python.Py_DecRef(related);
	return 0;
}

static bool suppresses_context(PyObject *value)
{
	PyObject *suppress = python_attribute(value, "__suppress_context__");
	bool is = suppress != NULL && python.PyObject_IsTrue(suppress) == 1;

	python.Py_DecRef(suppress);
	return is;
}

static void add_members(struct printer *printer, struct node *node)
{
	PyObject *members = python_attribute(node->value, "exceptions");
	ssize_t count = members == NULL ? 0 : python.PyTuple_Size(members);

	node->is_group = count > 0;
	for (ssize_t i = 0; i < count; i++) {
		PyObject *member = python.PyTuple_GetItem(members, i);
		uint16_t index;

		python.Py_IncRef(member);
		index = add_node(printer, member);
		if (index == 0)
			break;
		if (node->count++ == 0)
			node->members = index;
	}
	python.PyErr_Clear();
	python.Py_DecRef(members);
}

static void add_all_related(struct printer *printer, struct node *node)
{
	node->cause = add_related(printer, node->value, "__cause__");
	if (node->cause == 0 && !suppresses_context(node->value))
		node->context = add_related(printer, node->value, "__context__");
	if (is_instance(node->value, *python.PyExc_BaseExceptionGroup))
		add_members(printer, node);
}

/* Collect the exceptions that belong to the first one, in the order of traceback.py: of a cycle the
 * exception that is seen first counts. */
static void collect(struct printer *printer)
{
	uint16_t waiting[NODES_MAX];
	size_t count = 1;

	waiting[0] = 0;
	while (count > 0) {
		struct node *node = &printer->nodes[waiting[--count]];

		add_all_related(printer, node);
		if (node->cause != 0)
			waiting[count++] = node->cause;
		if (node->context != 0)
			waiting[count++] = node->context;
		for (uint16_t i = 0; i < node->count; i++)
			waiting[count++] = (uint16_t)(node->members + i);
	}
}

static void add_indent(struct printer *printer)
{
	for (int i = 0; i < printer->depth; i++)
		head_tail_add(printer->cut, "  ");
}

/* The line ends of Python's splitlines() that are one byte. */
static bool ends_line(const char *at, const char *end)
{
	if (*at == '\r')
		return at + 1 == end || at[1] != '\n';
	return (*at >= '\n' && *at <= '\f') || (*at >= 0x1c && *at <= 0x1e);
}

static void put_n(struct printer *printer, const char *bytes, size_t count)
{
	for (const char *at = bytes, *end = bytes + count; at < end; at++) {
		if (!printer->begun && printer->depth > 0) {
			add_indent(printer);
			head_tail_add_n(printer->cut, (const char[]){printer->margin, ' '}, 2);
		}
		head_tail_add_n(printer->cut, at, 1);
		printer->begun = !ends_line(at, end);
	}
}

static void put(struct printer *printer, const char *string)
{
	put_n(printer, string, strlen(string));
}

/* Adds STRING, a str or NULL, whose reference is taken over; OTHERWISE where it is NULL or no str.
 * Returns whether there was any text. */
static bool put_string(struct printer *printer, PyObject *string, const char *otherwise)
{
	ssize_t size;
	char *data;
	PyObject *bytes = python_utf8(string, &data, &size);
	bool any = bytes == NULL || size > 0;

	python.PyErr_Clear();
	if (bytes == NULL)
		put(printer, otherwise);
	else
		put_n(printer, data, (size_t)size);
	python.Py_DecRef(bytes);
	return any;
}

/* Put the name of VALUE's type, with the module before it, unless that is builtins or __main__. */
static void put_type(struct printer *printer, PyObject *value)
{
	PyObject *type = python.PyObject_Type(value);
	PyObject *module = python_attribute(type, "__module__");
	ssize_t size;
	char *data;
	PyObject *bytes = python_utf8(module, &data, &size);

	if (bytes == NULL)
		put(printer, "<unknown>.");
	else if (strcmp(data, "builtins") != 0 && strcmp(data, "__main__") != 0) {
		put_n(printer, data, (size_t)size);
		put(printer, ".");
	}
	python.Py_DecRef(bytes);
	put_string(printer, python_attribute(type, "__qualname__"), "");
	python.Py_DecRef(type);
}

static void put_last_line(struct printer *printer, PyObject *value)
{
	PyObject *text = python.PyObject_Str(value);

	python.PyErr_Clear();
	put_type(printer, value);
	if (text == NULL || python.PyObject_IsTrue(text) == 1)
		put(printer, ": ");
	put_string(printer, text, "<exception str() failed>");
	put(printer, "\n");
}

static void put_syntax_error(struct printer *printer, PyObject *value)
{
	struct python_syntax syntax;

	python_syntax_read(&syntax, value);
	put(printer, syntax.before);
	put_type(printer, value);
	put(printer, ": ");
	put(printer, syntax.message);
	put(printer, "\n");
}

static void put_note_list(struct printer *printer, PyObject *notes)
{
	ssize_t count = python.PySequence_Size(notes);

	for (ssize_t i = 0; i < count; i++) {
		PyObject *note = python.PySequence_GetItem(notes, i);

		put_string(printer, note == NULL ? NULL : python.PyObject_Str(note),
			"<note str() failed>");
		put(printer, "\n");
		python.Py_DecRef(note);
	}
	python.PyErr_Clear();
}

static void put_notes(struct printer *printer, PyObject *value)
{
	PyObject *notes = python_attribute(value, "__notes__");

	if (is_instance(notes, python.PyList_Type) || is_instance(notes, python.PyTuple_Type)) {
		put_note_list(printer, notes);
	} else if (!python_is_none(notes)) {
		put_string(printer, python.PyObject_Repr(notes), "<__notes__ repr() failed>");
		put(printer, "\n");
	}
	python.Py_DecRef(notes);
}

static void put_last_lines(struct printer *printer, PyObject *value)
{
	if (is_instance(value, *python.PyExc_SyntaxError))
		put_syntax_error(printer, value);
	else
		put_last_line(printer, value);
	put_notes(printer, value);
}

static void put_frames(struct printer *printer, const struct node *node, const char *head)
{
	static const char usual[] = "Traceback (most recent call last):\n";
	PyObject *own = node == printer->nodes ? printer->traceback : NULL;
	PyObject *traceback = own == NULL ? python_attribute(node->value, "__traceback__") : NULL;
	PyObject *frames = print_traceback(own == NULL ? traceback : own);
	struct python_source source;
	const char *line;
	size_t length;

	if (python_source_begin(&source, frames, own == NULL ? traceback : own)) {
		put(printer, head);
		printer->margin = '|';
		while (python_source_next(&source, &line, &length))
			if (length != sizeof usual - 1 || memcmp(line, usual, length) != 0)
				put_n(printer, line, length);
	}
	python_source_end(&source);
	printer->margin = '|';
	python.Py_DecRef(traceback);
}

static void print_chain(struct printer *printer, uint16_t index);

static void put_rest_of_group(struct printer *printer, int count)
{
	char text[64];

	text_format(text, sizeof text, "and %d more exception%s\n", count, count > 1 ? "s" : "");
	put(printer, text);
}

static void print_member(struct printer *printer, const struct node *node, int i)
{
	char title[16] = "...";

	if (i < WIDTH_MAX)
		text_format(title, sizeof title, "%d", i + 1);
	add_indent(printer);
	head_tail_add(printer->cut, i == 0 ? "+-" : "  ");
	head_tail_add(printer->cut, "+---------------- ");
	head_tail_add(printer->cut, title);
	head_tail_add(printer->cut, " ----------------\n");
	printer->depth++;
	if (i < WIDTH_MAX)
		print_chain(printer, (uint16_t)(node->members + i));
	else
		put_rest_of_group(printer, node->count - WIDTH_MAX);
}

static void print_members(struct printer *printer, const struct node *node)
{
	int count = node->count <= WIDTH_MAX ? node->count : WIDTH_MAX + 1;

	printer->must_close = false;
	for (int i = 0; i < count; i++) {
		/* The last member, when it is a group itself, closes this one too. */
		if (i == count - 1)
			printer->must_close = true;
		print_member(printer, node, i);
		if (i == count - 1 && printer->must_close) {
			add_indent(printer);
			head_tail_add(printer->cut, "+------------------------------------\n");
			printer->must_close = false;
		}
		printer->depth--;
	}
}

static void print_group(struct printer *printer, const struct node *node)
{
	bool is_outermost = printer->depth == 0;

	if (printer->depth > DEPTH_MAX) {
		put(printer, "... (max_group_depth is 10)\n");
		return;
	}
	if (is_outermost) {
		printer->depth++;
		printer->margin = '+';
	}
	put_frames(printer, node, "Exception Group Traceback (most recent call last):\n");
	put_last_lines(printer, node->value);
	print_members(printer, node);
	if (is_outermost)
		printer->depth = 0;
}

static void print_one(struct printer *printer, uint16_t index)
{
	const struct node *node = &printer->nodes[index];

	if (node->is_group) {
		print_group(printer, node);
		return;
	}
	put_frames(printer, node, "Traceback (most recent call last):\n");
	put_last_lines(printer, node->value);
}

/* Print the chain of causes and contexts that ends with exception INDEX, the oldest first. */
static void print_chain(struct printer *printer, uint16_t index)
{
	uint16_t chain[NODES_MAX];
	size_t count = 0;

	do {
		const struct node *node = &printer->nodes[index];

		chain[count++] = index;
		index = node->cause != 0 ? node->cause : node->context;
	} while (index != 0 && count < NODES_MAX);
	while (count-- > 0) {
		print_one(printer, chain[count]);
		if (count > 0)
			put(printer, printer->nodes[chain[count - 1]].cause != 0
					     ? "\nThe above exception was the direct cause of the "
					       "following exception:\n\n"
					     : "\nDuring handling of the above exception, another "
					       "exception occurred:\n\n");
	}
}

/* VALUE, whose own frames are TRACEBACK, as 3.13's traceback.py prints it. */
static void print_as_traceback_py(struct head_tail *cut, PyObject *value, PyObject *traceback)
{
	struct printer printer = {.cut = cut, .traceback = traceback, .margin = '|'};

	python.Py_IncRef(value);
	add_node(&printer, value);
	collect(&printer);
	print_chain(&printer, 0);
	for (size_t i = 0; i < printer.count; i++)
		python.Py_DecRef(printer.nodes[i].value);
}

static bool is_possible(void)
{
	return python.Py_IncRef && python.PyObject_IsTrue && python.PyObject_IsInstance &&
	       python.PyObject_Type && python.PyObject_Repr && python.PyTuple_Size &&
	       python.PyTuple_GetItem && python.PySequence_Size && python.PySequence_GetItem &&
	       python.PyList_Type && python.PyTuple_Type && python.PyExc_SyntaxError &&
	       python.PyExc_BaseExceptionGroup && python_source_is_possible() &&
	       python_syntax_is_possible();
}

void python_print_exception(
	struct head_tail *cut, PyObject *type, PyObject *value, PyObject *traceback)
{
	if (python_is_none(value))
		return;
	if (python._PyErr_Display)
		python_text_add(
			cut, printed(print_all, (PyObject *const[]){type, value, traceback}));
	else if (is_possible())
		print_as_traceback_py(cut, value, traceback);
}
