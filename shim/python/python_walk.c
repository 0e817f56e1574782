/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_walk.h"

#include "core/base/memory.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <string.h>

/* As CPython's own dump has them (Python/traceback.c). */
#define DEPTH_MAX 100
#define THREADS_MAX 100
#define NAME_MAX_ 500

/* The owner of a frame that marks a call into C between Python frames (pycore_frame.h, 3.13). */
#define OWNED_BY_C_STACK 3

/* An instruction of Python's is two bytes, and PyCode_Addr2Line() counts bytes. */
struct layout {
	size_t frame, thread_id;   /* of a thread */
	size_t back, code;	   /* of a frame */
	size_t instruction, owner; /* likewise; 0: the frame is an object, which has its line */
	size_t filename, name, bytecode; /* of a code object */
};

/* PyThreadState, PyFrameObject and PyCodeObject in Include/cpython of 3.9 and 3.10. */
static const struct layout objects = {
	.frame = 3 * sizeof(void *),
	.thread_id = 22 * sizeof(void *),
	.back = 3 * sizeof(void *),
	.code = 4 * sizeof(void *),
	.filename = 13 * sizeof(void *),
	.name = 14 * sizeof(void *),
};

static const char *const objects_in[] = {"3.9.", "3.10."};

/* Every PyObject: its count of references, its type. */
#define TYPE_OFFSET sizeof(ssize_t)

/* _Py_DebugOffsets of 3.13 (Include/internal/pycore_runtime.h), as far as it is used. */
struct debug_offsets {
	char cookie[8];
	uint64_t version, free_threaded;
	uint64_t runtime_state[3], interpreter_state[13];
	struct {
		uint64_t size, prev, next, interp, current_frame, thread_id, native_thread_id,
			datastack_chunk, status;
	} thread_state;
	struct {
		uint64_t size, previous, executable, instr_ptr, localsplus, owner;
	} interpreter_frame;
	struct {
		uint64_t size, filename, name, qualname, linetable, firstlineno, argcount,
			localsplusnames, localspluskinds, co_code_adaptive;
	} code_object;
};

static const char cookie[] = "xdebugpy";
#define OFFSETS_VERSION 0x030d

struct walk {
	int fd;
	struct layout layout;
	struct memory_reader reader;
};

static bool layout_of_offsets(struct walk *walk)
{
	struct debug_offsets at;

	if (!memory_read_exact(&walk->reader, (uintptr_t)python._PyRuntime, &at, sizeof at))
		return false;
	if (memcmp(at.cookie, cookie, sizeof at.cookie) != 0 ||
		at.version >> 16 != OFFSETS_VERSION || at.free_threaded != 0)
		return false;
	walk->layout = (struct layout){
		.frame = at.thread_state.current_frame,
		.thread_id = at.thread_state.thread_id,
		.back = at.interpreter_frame.previous,
		.code = at.interpreter_frame.executable,
		.instruction = at.interpreter_frame.instr_ptr,
		.owner = at.interpreter_frame.owner,
		.filename = at.code_object.filename,
		.name = at.code_object.name,
		.bytecode = at.code_object.co_code_adaptive,
	};
	return true;
}

static bool find_layout(struct walk *walk)
{
	const char *version = python.Py_GetVersion();

	for (size_t i = 0; i < sizeof objects_in / sizeof *objects_in; i++)
		if (text_after(version, objects_in[i]) != NULL) {
			walk->layout = objects;
			return true;
		}
	return layout_of_offsets(walk);
}

/* The word at OFFSET of the structure at BASE; 0 also where there is no memory. */
static uintptr_t word_at(struct walk *walk, uintptr_t base, size_t offset)
{
	uintptr_t word;

	return memory_read_exact(&walk->reader, base + offset, &word, sizeof word) ? word : 0;
}

static bool is_a(struct walk *walk, uintptr_t object, const void *type)
{
	return object != 0 && word_at(walk, object, TYPE_OFFSET) == (uintptr_t)type;
}

/* Append POINT as \xNN, \uNNNN or \UNNNNNNNN. */
static void add_escaped(struct text *text, uint32_t point)
{
	int digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;

	text_printf(text, "\\%c%0*x", digits == 2 ? 'x' : digits == 4 ? 'u' : 'U', digits, point);
}

static void add_string(struct text *text, PyObject *string)
{
	ssize_t length = python.PyUnicode_GetLength(string);

	for (ssize_t i = 0; i < length && i < NAME_MAX_; i++) {
		uint32_t point = python.PyUnicode_ReadChar(string, i);

		if (point >= ' ' && point < 0x7f)
			text_char(text, (char)point);
		else
			add_escaped(text, point);
	}
	if (length > NAME_MAX_)
		text_add(text, "...");
}

/* The str at OFFSET of CODE, between QUOTEs. */
static void add_name(
	struct text *text, struct walk *walk, uintptr_t code, size_t offset, const char *quote)
{
	uintptr_t name = word_at(walk, code, offset);

	if (!is_a(walk, name, python.PyUnicode_Type)) {
		text_add(text, "???");
		return;
	}
	text_add(text, quote);
	add_string(text, (PyObject *)name);
	text_add(text, quote);
}

/* The line of FRAME, which runs CODE; negative: unknown. */
static int line_of(struct walk *walk, uintptr_t frame, uintptr_t code)
{
	const struct layout *layout = &walk->layout;

	if (layout->instruction == 0)
		return is_a(walk, frame, python.PyFrame_Type)
			       ? python.PyFrame_GetLineNumber((PyObject *)frame)
			       : -1;
	return python.PyCode_Addr2Line((PyObject *)code,
		(int)(word_at(walk, frame, layout->instruction) - code - layout->bytecode));
}

static void write_frame(struct walk *walk, uintptr_t frame, uintptr_t code)
{
	char line[2 * NAME_MAX_ * sizeof "\\U12345678"];
	struct text text;
	int number;

	text_init(&text, line, sizeof line);
	text_add(&text, "  File ");
	add_name(&text, walk, code, walk->layout.filename, "\"");
	number = line_of(walk, frame, code);
	if (number >= 0)
		text_printf(&text, ", line %d in ", number);
	else
		text_add(&text, ", line ??? in ");
	add_name(&text, walk, code, walk->layout.name, "");
	text_char(&text, '\n');
	sys_write(walk->fd, text.data, text.length);
}

/* Whether FRAME only marks a call into C. */
static bool is_mark(struct walk *walk, uintptr_t frame)
{
	char owner;

	return walk->layout.owner != 0 &&
	       memory_read_exact(&walk->reader, frame + walk->layout.owner, &owner, 1) &&
	       owner == OWNED_BY_C_STACK;
}

static void write_string(struct walk *walk, const char *string)
{
	sys_write(walk->fd, string, strlen(string));
}

static void write_stack(struct walk *walk, PyThreadState *thread)
{
	uintptr_t frame = word_at(walk, (uintptr_t)thread, walk->layout.frame), code;
	int depth = 0;

	for (; frame != 0; frame = word_at(walk, frame, walk->layout.back)) {
		if (is_mark(walk, frame))
			continue;
		code = word_at(walk, frame, walk->layout.code);
		if (!is_a(walk, code, python.PyCode_Type))
			return;
		if (depth++ == DEPTH_MAX) {
			write_string(walk, "  ...\n");
			return;
		}
		write_frame(walk, frame, code);
	}
}

static void write_others(struct walk *walk, PyThreadState *own)
{
	uintptr_t interpreter = own == NULL ? (uintptr_t)python.PyInterpreterState_Main()
					    : word_at(walk, (uintptr_t)own, 2 * sizeof(void *));
	PyThreadState *thread;
	char head[80];
	int count = 0;

	if (interpreter == 0)
		return;
	thread = python.PyInterpreterState_ThreadHead((PyInterpreterState *)interpreter);
	for (; thread != NULL && count < THREADS_MAX; thread = python.PyThreadState_Next(thread)) {
		count++;
		if (thread == own)
			continue;
		text_format(head, sizeof head, "Thread 0x%016lx (most recent call first):\n",
			(unsigned long)word_at(walk, (uintptr_t)thread, walk->layout.thread_id));
		write_string(walk, head);
		write_stack(walk, thread);
	}
}

bool python_walk_is_possible(void)
{
	return python.Py_GetVersion && python.PyUnicode_GetLength && python.PyUnicode_ReadChar &&
	       python.PyFrame_GetLineNumber && python.PyCode_Addr2Line &&
	       python.PyInterpreterState_Main && python.PyInterpreterState_ThreadHead &&
	       python.PyThreadState_Next && python.PyUnicode_Type && python.PyFrame_Type &&
	       python.PyCode_Type && python._PyRuntime;
}

void python_walk_dump(int fd, PyThreadState *own)
{
	struct walk walk = {.fd = fd};

	if (!find_layout(&walk))
		return;
	/* Written on its own, because write_others() writes only the first of many threads. */
	if (own != NULL) {
		write_string(&walk, "Stack (most recent call first):\n");
		write_stack(&walk, own);
	}
	write_others(&walk, own);
}
