/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_frames.h"

#include "core/trace/python_lines.h"

#include <limits.h>
#include <string.h>

/* More are a broken list. The frames are those that recursion can make. */
#define INTERPRETERS_MAX 1000
#define THREADS_MAX 10000
#define CHAIN_MAX 300000

/* How often the lists are read until they are whole. */
#define FINDS_MOST 20

/* As CPython's own dump has it. */
#define OTHERS_MAX 100

/* From this owner on (FRAME_OWNED_BY_INTERPRETER, FRAME_OWNED_BY_CSTACK) a frame only marks a call
 * into C. Owners up to the second number are known. */
#define OWNER_OF_MARKS 3
#define OWNER_MAX 4

static bool has(struct python_stacks *stacks, enum python_word word)
{
	return python_offsets_has(&stacks->reader.offsets, word);
}

/* The words at FIELD of BASE, and of the table of bytecode. */
static uint64_t word_at(struct python_stacks *stacks, uint64_t base, enum python_word field)
{
	return python_word_at(&stacks->reader, base, field);
}

static int32_t int_at(struct python_stacks *stacks, uint64_t base, enum python_word field)
{
	return python_int_at(&stacks->reader, base, field);
}

/* Keep the str at OBJECT. Returns NULL where there is none, or no room for it. */
static const char *keep_str(struct python_stacks *stacks, uint64_t object)
{
	struct text *names = &stacks->names;
	size_t before = names->length;

	if (!python_str_add(&stacks->reader, object, names))
		return NULL;
	text_char(names, '\0');
	if (!names->truncated)
		return names->data + before;
	text_reset(names, before);
	return NULL;
}

static void read_code(struct python_stacks *stacks, uint64_t at, struct python_code *code)
{
	uint64_t file = word_at(stacks, at, AT_code_object_filename);
	uint64_t function = word_at(stacks, at, AT_code_object_name);

	*code = (struct python_code){.at = at, .size = INT_MAX};
	code->file = keep_str(stacks, file);
	code->function = keep_str(stacks, function);
	code->first = int_at(stacks, at, AT_code_object_firstlineno);
	code->lines = word_at(stacks, at, AT_code_object_linetable);
	if (has(stacks, AT_code_object_co_code_adaptive)) /* then it has a size in instructions */
		code->size = 2 * (int64_t)(uint32_t)word_at(stacks, at, AT_bytes_object_ob_size);
	/* Such as the frame that calls __init__(): it has no source, and one string for all. */
	code->is_internal = file == function && code->first == 0;
}

static const struct python_code *find_code(struct python_stacks *stacks, uint64_t at)
{
	size_t room = sizeof stacks->codes / sizeof *stacks->codes;
	struct python_code *code;

	for (size_t i = 0; i < stacks->code_count; i++)
		if (stacks->codes[i].at == at)
			return &stacks->codes[i];
	code = &stacks->codes[stacks->code_count < room ? stacks->code_count++ : room - 1];
	read_code(stacks, at, code);
	return code;
}

/* The address of the code object, or of what stands for one, that FRAME executes; 0: none. */
static uint64_t code_of(struct python_stacks *stacks, uint64_t frame)
{
	uint64_t code = word_at(stacks, frame, AT_interpreter_frame_executable);

	/* From 3.14 on the last bits are tags: 3 of an integer, 1 of a reference that is not
	 * counted. */
	if (stacks->reader.offsets.minor < 14)
		return code;
	return (code & 3) == 3 ? 0 : code & ~(uint64_t)1;
}

enum kind { CALL, MARK, BROKEN };

static enum kind kind_of(struct python_stacks *stacks, uint64_t frame)
{
	bool is_code = python_is(&stacks->reader, code_of(stacks, frame), PYTHON_CODE);
	unsigned char owner = 0;

	if (has(stacks, AT_interpreter_frame_owner) &&
		!python_memory_read(&stacks->reader.memory,
			frame + stacks->reader.offsets.at[AT_interpreter_frame_owner], &owner, 1))
		return BROKEN;
	if (owner > OWNER_MAX)
		return BROKEN;
	if (owner < OWNER_OF_MARKS)
		return is_code ? CALL : BROKEN;
	/* In 3.12 a mark has code of its own. */
	return is_code && stacks->reader.offsets.has_table ? BROKEN : MARK;
}

/* The bytecode that FRAME executes: that of CODE, or the thread's copy of it. */
static uint64_t bytecode_of(struct python_stacks *stacks, uint64_t frame, uint64_t code)
{
	const struct python_offsets *offsets = &stacks->reader.offsets;
	uint64_t copies;
	int32_t index;

	if (!offsets->free_threaded || !has(stacks, AT_interpreter_frame_tlbc_index))
		return code + offsets->at[AT_code_object_co_code_adaptive];
	index = int_at(stacks, frame, AT_interpreter_frame_tlbc_index);
	copies = word_at(stacks, code, AT_code_object_co_tlbc);
	if (index < 0 || (uint64_t)index >= python_memory_word(&stacks->reader.memory, copies))
		return 0;
	return python_memory_word(
		&stacks->reader.memory, copies + (1 + (uint64_t)index) * sizeof(uint64_t));
}

/* The byte of the instruction that FRAME executes; below -2: unknown. */
static int64_t instruction_of(
	struct python_stacks *stacks, uint64_t frame, const struct python_code *code)
{
	int64_t offset;

	if (has(stacks, AT_frame_object_lasti)) {
		offset = int_at(stacks, frame, AT_frame_object_lasti);
		return stacks->reader.offsets.minor == 10 ? 2 * offset : offset;
	}
	offset = (int64_t)(word_at(stacks, frame, AT_interpreter_frame_instr_ptr) -
			   bytecode_of(stacks, frame, code->at));
	/* The instruction before the first one is that of a frame that begins. */
	return offset >= -2 && offset < code->size ? offset : INT_MIN;
}

/* The line of FRAME; -1: unknown. While a program is traced, up to 3.10 the frame has it. */
static int line_of(struct python_stacks *stacks, uint64_t frame, const struct python_code *code)
{
	int64_t offset;

	if (has(stacks, AT_frame_object_trace)
			? word_at(stacks, frame, AT_frame_object_trace) != 0
			: has(stacks, AT_frame_object_lineno) &&
				  int_at(stacks, frame, AT_frame_object_lineno) != 0)
		return int_at(stacks, frame, AT_frame_object_lineno);
	offset = instruction_of(stacks, frame, code);
	return offset == INT_MIN ? -1
				 : python_line(&stacks->reader, code->lines, code->first, offset);
}

/* Returns whether FRAME belongs to a traceback. */
static bool describe(struct python_stacks *stacks, uint64_t frame, struct frame *ret_frame)
{
	const struct python_code *code = find_code(stacks, code_of(stacks, frame));
	int line;

	if (code->is_internal)
		return false;
	line = line_of(stacks, frame, code);
	*ret_frame = (struct frame){
		.kind = FRAME_PYTHON,
		.function = code->function != NULL ? code->function : "???",
		.file = code->file != NULL ? code->file : "???",
		.line = line < 0 ? 0 : line,
	};
	return true;
}

/* The frame that THREAD executes; 0: none. */
static uint64_t first_frame(struct python_stacks *stacks, uint64_t thread)
{
	uint64_t frame = word_at(stacks, thread, AT_thread_state_current_frame);

	if (has(stacks, AT_cframe_current_frame))
		return frame == 0 ? 0 : word_at(stacks, frame, AT_cframe_current_frame);
	return frame;
}

/* Fill STACK with the frames of THREAD. */
static void walk(struct python_stacks *stacks, uint64_t thread, struct python_stack *stack)
{
	enum { INNERMOST = PYTHON_FRAMES_MAX - PYTHON_OUTERMOST };
	uint64_t frame = first_frame(stacks, thread), last[PYTHON_OUTERMOST];
	unsigned rest = 0, steps = 0;
	enum kind kind = MARK;

	stack->count = 0;
	for (; frame != 0 && steps < CHAIN_MAX; steps++) {
		kind = kind_of(stacks, frame);
		if (kind == BROKEN)
			break;
		if (kind == CALL && stack->count < INNERMOST)
			stack->count += describe(stacks, frame, &stack->frames[stack->count]);
		else if (kind == CALL)
			last[rest++ % PYTHON_OUTERMOST] = frame;
		frame = word_at(stacks, frame, AT_interpreter_frame_previous);
	}
	/* From 3.13 on the outermost frame marks a call from C, too. */
	stack->endless = frame != 0 || (kind == CALL && stacks->reader.offsets.has_table);
	stack->too_deep = steps == CHAIN_MAX;
	for (unsigned i = rest < PYTHON_OUTERMOST ? 0 : rest - PYTHON_OUTERMOST; i < rest; i++) {
		struct frame *next = &stack->frames[stack->count];

		if (!describe(stacks, last[i % PYTHON_OUTERMOST], next))
			continue;
		if (i == rest - PYTHON_OUTERMOST && rest > PYTHON_OUTERMOST)
			next->left_out = rest - PYTHON_OUTERMOST;
		stack->count++;
	}
}

static void add_name(struct text *text, const char *name, const char *quote)
{
	bool known = strcmp(name, "???") != 0;

	text_add(text, known ? quote : "");
	text_add(text, name);
	text_add(text, known ? quote : "");
}

/* Append the lines of a traceback of STACK. */
static void add_stack(struct text *text, const struct python_stack *stack)
{
	if (stack->endless)
		text_add(text, "  ...\n");
	for (size_t i = stack->count; i-- > 0;) {
		const struct frame *frame = &stack->frames[i];

		text_add(text, "  File ");
		add_name(text, frame->file, "\"");
		text_add(text, ", line ");
		if (frame->line > 0)
			text_u64(text, (uint64_t)frame->line);
		else
			text_add(text, "???");
		text_add(text, ", in ");
		text_add(text, frame->function);
		text_char(text, '\n');
		if (frame->left_out > 0)
			text_printf(text, "  ... %u frames left out\n", frame->left_out);
	}
}

static bool is_collecting(struct python_stacks *stacks)
{
	uint64_t gc = word_at(stacks, stacks->own_state, AT_thread_state_interp);

	return has(stacks, AT_gc_collecting) &&
	       int_at(stacks, gc + stacks->reader.offsets.at[AT_interpreter_state_gc],
		       AT_gc_collecting) != 0;
}

static void read_own(struct python_stacks *stacks)
{
	struct text text;

	walk(stacks, stacks->own_state, &stacks->other);
	if (stacks->reader.contradiction != NULL || stacks->other.count == 0) {
		if (stacks->other.endless)
			stacks->reason = "the frames of CPython's thread cannot be read";
		return;
	}
	if (stacks->other.endless && !stacks->other.too_deep)
		stacks->reason = "CPython's list of frames is broken";
	text_init(&text, stacks->own_text, sizeof stacks->own_text);
	text_add(&text, "Python stack (most recent call last):\n");
	add_stack(&text, &stacks->other);
	if (is_collecting(stacks))
		text_add(&text, "  Garbage-collecting\n");
	memcpy(stacks->own.frames, stacks->other.frames, sizeof stacks->own.frames);
	stacks->own.count = stacks->other.count;
}

/* What stands for the stacks that do not fit. */
static const char left_out[] = "...\n";

/* Append the stack of THREAD. As in faulthandler's output, the address is its pthread_self(). */
static void add_other(struct python_stacks *stacks, struct text *text, uint64_t thread)
{
	size_t before = text->length;

	if (text->truncated)
		return;
	walk(stacks, thread, &stacks->other);
	if (stacks->other.count == 0)
		return;
	text_printf(text, "Python stack of thread 0x%016lx (most recent call last):\n",
		(unsigned long)word_at(stacks, thread, AT_thread_state_thread_id));
	add_stack(text, &stacks->other);
	if (text->truncated) {
		text_reset(text, before);
		text->size += sizeof left_out - 1;
		text_add(text, left_out);
		text->truncated = true;
	}
	stacks->others_length = text->length;
}

/* Calls VISIT for every thread of every interpreter, until it returns false. Returns whether the
 * lists are whole. */
static bool each_thread(struct python_stacks *stacks, uint64_t runtime,
	bool (*visit)(struct python_stacks *stacks, uint64_t thread, void *argument),
	void *argument)
{
	uint64_t interpreter = word_at(stacks, runtime, AT_runtime_state_interpreters_head);
	unsigned interpreters = 0, threads = 0;

	for (; interpreter != 0;
		interpreter = word_at(stacks, interpreter, AT_interpreter_state_next)) {
		uint64_t thread = word_at(stacks, interpreter, AT_interpreter_state_threads_head);
		uint64_t before = 0;

		if (interpreters++ == INTERPRETERS_MAX)
			return false;
		for (; thread != 0; thread = word_at(stacks, thread, AT_thread_state_next)) {
			if (threads++ == THREADS_MAX ||
				word_at(stacks, thread, AT_thread_state_interp) != interpreter ||
				word_at(stacks, thread, AT_thread_state_prev) != before)
				return false;
			if (!visit(stacks, thread, argument))
				return true;
			before = thread;
		}
	}
	return true;
}

/* The thread may have a state in each of several interpreters, the newest of which are listed
 * first: what executes is in the newest of those that have frames. */
static bool find_states(struct python_stacks *stacks, uint64_t thread, void *own)
{
	uint64_t wanted = *(uint64_t *)own;
	bool is_wanted = thread == wanted;

	/* The main thread is the last one of the last interpreter, the first that was made. */
	stacks->main_state = thread;
	if (!is_wanted && wanted != 0 && first_frame(stacks, thread) != 0 &&
		word_at(stacks, thread, AT_thread_state_thread_id) ==
			word_at(stacks, wanted, AT_thread_state_thread_id))
		is_wanted = word_at(stacks, thread, AT_thread_state_interp) !=
			    word_at(stacks, wanted, AT_thread_state_interp);
	if (is_wanted && (stacks->own_state == 0 || first_frame(stacks, stacks->own_state) == 0))
		stacks->own_state = thread;
	stacks->own_is_listed |= thread == wanted;
	return true;
}

struct others {
	struct text text;
	int count;
};

static bool visit_other(struct python_stacks *stacks, uint64_t thread, void *argument)
{
	struct others *others = argument;

	if (thread != stacks->own_state && thread != stacks->main_state)
		add_other(stacks, &others->text, thread);
	return ++others->count < OTHERS_MAX && !others->text.truncated;
}

static void read_others(struct python_stacks *stacks, uint64_t runtime)
{
	struct others others = {.count = 0};

	text_init(&others.text, stacks->others_text,
		sizeof stacks->others_text - (sizeof left_out - 1));
	if (stacks->main_state != 0 && stacks->main_state != stacks->own_state)
		add_other(stacks, &others.text, stacks->main_state);
	each_thread(stacks, runtime, visit_other, &others);
}

static void clear(struct python_stacks *stacks)
{
	stacks->reason = stacks->reader.contradiction = NULL;
	stacks->own.count = stacks->code_count = stacks->others_length = 0;
	stacks->own_text[0] = stacks->others_text[0] = '\0';
	stacks->own_state = stacks->main_state = 0;
	memset(stacks->reader.types, 0, sizeof stacks->reader.types);
	text_init(&stacks->names, stacks->storage, sizeof stacks->storage);
}

/* Returns whether the interpreter at RUNTIME can be read; else the reason is set. */
static bool begin(struct python_stacks *stacks, uint64_t runtime, unsigned minor)
{
	struct python_reader *reader = &stacks->reader;

	clear(stacks);
	stacks->reason = python_offsets_read(&reader->offsets, &reader->memory, runtime, minor);
	return stacks->reason == NULL;
}

/* What is contradicted does not count. */
static void end(struct python_stacks *stacks)
{
	if (stacks->reader.contradiction == NULL)
		return;
	stacks->reason = stacks->reader.contradiction;
	stacks->own.count = stacks->others_length = 0;
}

/* Returns whether the lists are whole, and OWN, if there is one, is in them. */
static bool find_listed(struct python_stacks *stacks, uint64_t runtime, uint64_t own)
{
	stacks->own_state = stacks->main_state = 0;
	stacks->own_is_listed = false;
	return each_thread(stacks, runtime, find_states, &own) &&
	       (own == 0 || stacks->own_is_listed);
}

/* Threads that begin and end meanwhile change the lists: what is broken for that is whole soon. */
static void find_own(struct python_stacks *stacks, uint64_t runtime, uint64_t own)
{
	bool is_found = false;

	for (int finds = 0; finds < FINDS_MOST && !is_found; finds++)
		is_found = find_listed(stacks, runtime, own);
	if (!is_found)
		stacks->reason = "CPython's list of threads is broken";
	else if (stacks->own_state != 0)
		read_own(stacks);
}

void python_frames_read(
	struct python_stacks *stacks, uint64_t runtime, unsigned minor, uint64_t own)
{
	if (!begin(stacks, runtime, minor))
		return;
	find_own(stacks, runtime, own);
	if (stacks->reason == NULL)
		read_others(stacks, runtime);
	end(stacks);
}

void python_frames_read_own(
	struct python_stacks *stacks, uint64_t runtime, unsigned minor, uint64_t own)
{
	if (!begin(stacks, runtime, minor))
		return;
	find_own(stacks, runtime, own);
	end(stacks);
}

struct listing {
	struct python_thread *list;
	size_t count, most;
};

static bool list_thread(struct python_stacks *stacks, uint64_t thread, void *argument)
{
	struct listing *listing = argument;

	if (listing->count == listing->most)
		return false;
	listing->list[listing->count++] = (struct python_thread){
		.state = thread, .self = word_at(stacks, thread, AT_thread_state_thread_id)};
	return true;
}

size_t python_frames_threads(struct python_stacks *stacks, uint64_t runtime, unsigned minor,
	struct python_thread *threads, size_t most)
{
	struct listing listing = {.list = threads, .most = most};

	if (!begin(stacks, runtime, minor))
		return 0;
	if (!each_thread(stacks, runtime, list_thread, &listing))
		stacks->reason = "CPython's list of threads is broken";
	end(stacks);
	return stacks->reason == NULL ? listing.count : 0;
}
