/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the memory of a CPython: no crash, an end, texts that end.
 *
 * The input is patches, 12 bytes each (2 of an offset, 2 that are not used, 8 of a word), of an
 * interpreter with two threads and two frames each; its first byte chooses the version.
 */
#include "core/trace/python_frames.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE 0x10000 /* where the memory seems to be */
#define WORDS 2048

static uint64_t memory[WORDS];

/* Where the objects are, in words, and the offsets in them, in bytes. */
enum {
	RUNTIME = 0,
	INTERPRETER = 160,
	THREADS = 200,
	FRAMES = 260,
	CODE = 400,
	TYPES = 500,
	MEMBERS = 700,
	NAMES = 800,
	STRINGS = 900,
	LINES = 1000
};

static uint64_t at(size_t word)
{
	return BASE + 8 * word;
}

static void put_string(size_t word, const char *string)
{
	memcpy(&memory[word], string, strlen(string) + 1);
}

static const struct {
	enum python_word word;
	uint64_t value;
} offsets[] = {
	{AT_runtime_state, 1280},
	{AT_runtime_state_finalizing, 1200},
	{AT_runtime_state_interpreters_head, 1208},
	{AT_interpreter_state, 320},
	{AT_interpreter_state_id, 0},
	{AT_interpreter_state_next, 8},
	{AT_interpreter_state_threads_head, 16},
	{AT_interpreter_state_threads_main, 24},
	{AT_interpreter_state_gc, 32},
	{AT_interpreter_state_imports_modules, 40},
	{AT_interpreter_state_sysdict, 48},
	{AT_interpreter_state_builtins, 56},
	{AT_interpreter_state_ceval_gil, 64},
	{AT_thread_state, 160},
	{AT_thread_state_prev, 0},
	{AT_thread_state_next, 8},
	{AT_thread_state_interp, 16},
	{AT_thread_state_current_frame, 24},
	{AT_thread_state_base_frame, 32},
	{AT_thread_state_last_profiled_frame, 40},
	{AT_thread_state_last_profiled_frame_seq, 48},
	{AT_thread_state_thread_id, 56},
	{AT_thread_state_native_thread_id, 64},
	{AT_thread_state_datastack_chunk, 72},
	{AT_thread_state_status, 80},
	{AT_thread_state_holds_gil, 84},
	{AT_thread_state_gil_requested, 88},
	{AT_thread_state_current_exception, 96},
	{AT_thread_state_exc_state, 104},
	{AT_interpreter_frame, 96},
	{AT_interpreter_frame_executable, 0},
	{AT_interpreter_frame_previous, 8},
	{AT_interpreter_frame_instr_ptr, 16},
	{AT_interpreter_frame_localsplus, 80},
	{AT_interpreter_frame_owner, 70},
	{AT_interpreter_frame_stackpointer, 24},
	{AT_code_object, 128},
	{AT_code_object_filename, 24},
	{AT_code_object_name, 32},
	{AT_code_object_qualname, 40},
	{AT_code_object_linetable, 48},
	{AT_code_object_firstlineno, 56},
	{AT_code_object_argcount, 60},
	{AT_code_object_localsplusnames, 64},
	{AT_code_object_localspluskinds, 72},
	{AT_code_object_co_code_adaptive, 80},
	{AT_pyobject, 16},
	{AT_pyobject_ob_type, 8},
	{AT_type_object, 400},
	{AT_type_object_tp_name, 24},
	{AT_type_object_tp_repr, 88},
	{AT_type_object_tp_flags, 168},
	{AT_type_object_tp_basicsize, 32},
	{AT_type_object_tp_dictoffset, 280},
	{AT_bytes_object, 40},
	{AT_bytes_object_ob_size, 16},
	{AT_bytes_object_ob_sval, 32},
	{AT_unicode_object, 64},
	{AT_unicode_object_state, 32},
	{AT_unicode_object_length, 16},
	{AT_unicode_object_asciiobject_size, 40},
	{AT_unicode_object_compactunicodeobject_size, 56},
	{AT_gc, 64},
	{AT_gc_collecting, 0},
};

/* Write the table of version 3.MINOR; without it the memory is that of another layout. */
static void make_table(unsigned minor)
{
	static const uint8_t since[] = {
#define NEVER 0xff
#define GROUP(group, since) since,
#define FIELD(group, field, since, width) since,
#define OTHER(group, field, since) since,
#include "core/trace/python_offsets.def"
#undef GROUP
#undef FIELD
#undef OTHER
	};
	size_t next = RUNTIME + 3;

	memcpy(&memory[RUNTIME], "xdebugpy", 8);
	memory[RUNTIME + 1] = 0x030000f0 | minor << 16;
	memory[RUNTIME + 2] = 0;
	for (size_t i = 0; i < sizeof since; i++) {
		if (since[i] > minor)
			continue;
		memory[next] = 0;
		for (size_t j = 0; j < sizeof offsets / sizeof *offsets; j++)
			if (offsets[j].word == (enum python_word)i)
				memory[next] = offsets[j].value;
		next++;
	}
}

static void make_type(size_t i, const char *name, uint64_t basic)
{
	size_t type = TYPES + i * 50;

	put_string(NAMES + i, name);
	memory[type + 3] = at(NAMES + i);
	memory[type + 4] = basic;
	memory[type + 30] = at(MEMBERS);
}

static void make_member(size_t i, const char *name, uint64_t offset)
{
	put_string(NAMES + 10 + i * 4, name);
	memory[MEMBERS + i * 5] = at(NAMES + 10 + i * 4);
	memory[MEMBERS + i * 5 + 2] = offset;
}

static void make_objects(void)
{
	make_type(0, "code", 80);
	make_type(1, "str", 64);
	make_type(2, "bytes", 33);
	make_member(0, "co_filename", 24);
	make_member(1, "co_name", 32);
	make_member(2, "co_firstlineno", 56);
	make_member(3, "co_linetable", 48);
	memory[CODE + 1] = at(TYPES);
	memory[CODE + 2] = 16; /* instructions */
	memory[CODE + 3] = at(STRINGS);
	memory[CODE + 4] = at(STRINGS + 20);
	memory[CODE + 6] = at(LINES);
	memory[CODE + 7] = 7;
	for (size_t i = 0; i < 2; i++) {
		memory[STRINGS + i * 20 + 1] = at(TYPES + 50);
		memory[STRINGS + i * 20 + 2] = 4;
		memory[STRINGS + i * 20 + 4] = i == 0 ? 0x64 : 0x28; /* ASCII; of 2 bytes each */
	}
	put_string(STRINGS + 5, "a.py");
	memcpy(&memory[STRINGS + 27], (const uint16_t[]){'f', 0x3b1, 0x3b2, 'g', 0}, 10);
	memory[LINES + 1] = at(TYPES + 100);
	memory[LINES + 2] = 5;
	memcpy(&memory[LINES + 4], "\xd8\x00\xdf\x01\xef", 5);
}

static void make_threads(void)
{
	memory[RUNTIME + 151] = at(INTERPRETER);
	memory[INTERPRETER + 2] = at(THREADS);
	for (size_t i = 0; i < 2; i++) {
		size_t thread = THREADS + i * 20, frame = FRAMES + i * 30;

		memory[thread] = i == 0 ? 0 : at(THREADS);
		memory[thread + 1] = i == 0 ? at(THREADS + 20) : 0;
		memory[thread + 2] = at(INTERPRETER);
		memory[thread + 3] = at(frame);
		memory[thread + 7] = 1000 + i;
		for (size_t j = 0; j < 2; j++) {
			memory[frame + j * 15] = at(CODE);
			memory[frame + j * 15 + 1] = j == 0 ? at(frame + 15) : 0;
			memory[frame + j * 15 + 2] = at(CODE) + 80 + 2 * (i + j);
		}
	}
}

static bool read_memory(void *nothing, uint64_t address, void *to, size_t size)
{
	(void)nothing;
	if (address < BASE || address - BASE > sizeof memory ||
		size > sizeof memory - (address - BASE))
		return false;
	memcpy(to, (const char *)memory + (address - BASE), size);
	return true;
}

static void check(const struct python_stacks *stacks)
{
	if (stacks->own.count > PYTHON_FRAMES_MAX)
		abort();
	for (size_t i = 0; i < stacks->own.count; i++) {
		const struct frame *frame = &stacks->own.frames[i];

		if (frame->kind != FRAME_PYTHON || frame->line < 0 || frame->file == NULL ||
			strlen(frame->file) + strlen(frame->function) >= sizeof stacks->storage)
			abort();
	}
	if (strlen(stacks->own_text) >= sizeof stacks->own_text ||
		strlen(stacks->others_text) >= sizeof stacks->others_text ||
		stacks->others_length > strlen(stacks->others_text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct python_stacks stacks;
	unsigned minor = size == 0 ? 13 : 8 + data[0] % 8;

	memset(memory, 0, sizeof memory);
	if (minor >= 13)
		make_table(minor);
	make_objects();
	make_threads();
	for (size_t i = 1; i + 12 <= size; i += 12) {
		uint16_t offset;

		memcpy(&offset, data + i, sizeof offset);
		offset %= sizeof memory - 8;
		memcpy((char *)memory + offset, data + i + 4, 8);
	}
	stacks.reader.memory =
		(struct python_memory){.read = read_memory, .reads_left = PYTHON_READS_MAX};
	python_frames_read(&stacks, BASE, minor, at(THREADS));
	check(&stacks);
	/* What is not patched is read. */
	if (size <= 1 && minor >= 13 && stacks.own.count != 2)
		abort();
	return 0;
}
