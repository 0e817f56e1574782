/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_offsets.h"

#include <string.h>

#define NEVER 0xff

/* More than any structure of CPython takes. */
#define SIZE_MAX_ ((uint32_t)16 * 1024 * 1024)

static const char cookie[8] = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};

static const struct word {
	char contradiction[96]; /* in place: a pointer is one more for the loader to relocate */
	uint8_t since;
	uint8_t width; /* of the field; 0: not checked */
	bool is_group; /* the size of the structure whose fields follow */
} words[] = {
#define SAYS(what) "CPython's table of offsets contradicts itself: " what
#define GROUP(group, since) {SAYS(#group), since, 0, true},
#define FIELD(group, field, since, width) {SAYS(#group "." #field), since, width, false},
#define OTHER(group, field, since) {SAYS(#group "." #field), since, 0, false},
#include "core/trace/python_offsets.def"
#undef GROUP
#undef FIELD
#undef OTHER
};
_Static_assert(sizeof words / sizeof *words == PYTHON_WORD_COUNT_, "python_offsets.def");

/* The interpreters without a table. */
#define KNOWN_MIN PYTHON_MINOR_MIN
#define KNOWN_MAX 12
#define NONE PYTHON_ABSENT

static const struct {
	enum python_word word;
	uint32_t at[KNOWN_MAX - KNOWN_MIN + 1]; /* in 3.8, 3.9, 3.10, 3.11, 3.12 */
} known[] = {
	{AT_runtime_state_interpreters_head, {32, 32, 32, 40, 40}},
	{AT_interpreter_state_next, {0, 0, 0, 0, 0}},
	{AT_interpreter_state_threads_head, {8, 8, 8, 16, 72}},
	{AT_interpreter_state_gc, {NONE, 816, 816, 848, 312}},
	{AT_gc_collecting, {NONE, 0, 0, 0, 0}},
	{AT_thread_state_prev, {0, 0, 0, 0, 0}},
	{AT_thread_state_next, {8, 8, 8, 8, 8}},
	{AT_thread_state_interp, {16, 16, 16, 16, 16}},
	{AT_thread_state_current_frame, {24, 24, 24, 56, 56}},
	{AT_thread_state_thread_id, {176, 176, 176, 152, 136}},
	{AT_thread_state_native_thread_id, {NONE, NONE, NONE, 160, 144}},
	{AT_cframe_current_frame, {NONE, NONE, NONE, 8, 0}},
	{AT_interpreter_frame_executable, {32, 32, 32, 32, 0}},
	{AT_interpreter_frame_previous, {24, 24, 24, 48, 8}},
	{AT_interpreter_frame_instr_ptr, {NONE, NONE, NONE, 56, 56}},
	{AT_interpreter_frame_owner, {NONE, NONE, NONE, 69, 70}},
	{AT_frame_object_lasti, {104, 104, 96, NONE, NONE}},
	{AT_frame_object_lineno, {108, 108, 100, NONE, NONE}},
	{AT_frame_object_trace, {80, 80, NONE, NONE, NONE}},
	{AT_code_object_filename, {104, 104, 104, 112, 112}},
	{AT_code_object_name, {112, 112, 112, 120, 120}},
	{AT_code_object_linetable, {120, 120, 120, 136, 136}},
	{AT_code_object_firstlineno, {40, 40, 40, 72, 68}},
	{AT_code_object_co_code_adaptive, {NONE, NONE, NONE, 184, 192}},
	{AT_pyobject_ob_type, {8, 8, 8, 8, 8}},
	{AT_type_object_tp_name, {24, 24, 24, 24, 24}},
	{AT_bytes_object_ob_size, {16, 16, 16, 16, 16}},
	{AT_bytes_object_ob_sval, {32, 32, 32, 32, 32}},
	{AT_unicode_object_length, {16, 16, 16, 16, 16}},
	{AT_unicode_object_state, {32, 32, 32, 32, 32}},
	{AT_unicode_object_asciiobject_size, {48, 48, 48, 48, 40}},
	{AT_unicode_object_compactunicodeobject_size, {72, 72, 72, 72, 56}},
};

static void fill_known(struct python_offsets *offsets)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		offsets->at[known[i].word] = known[i].at[offsets->minor - KNOWN_MIN];
}

/* Fill in the words of the table at ADDRESS. Returns NULL, or what is wrong. */
static const char *read_table(
	struct python_offsets *offsets, struct python_memory *memory, uint64_t address)
{
	uint64_t word;

	for (size_t i = 0; i < PYTHON_WORD_COUNT_; i++) {
		if (words[i].since > offsets->minor)
			continue;
		if (!python_memory_read(memory, address, &word, sizeof word) || word >= SIZE_MAX_)
			return words[i].contradiction;
		offsets->at[i] = (uint32_t)word;
		address += sizeof word;
	}
	return NULL;
}

static bool is_checked(const struct python_offsets *offsets, size_t i)
{
	return words[i].width > 0 && offsets->at[i] != PYTHON_ABSENT;
}

/* Whether field I lies in the structure of SIZE bytes, aligned, and shares no byte with a field
 * from FIRST on. */
static bool field_is_right(
	const struct python_offsets *offsets, size_t first, size_t i, uint32_t size)
{
	uint32_t at = offsets->at[i], end = at + words[i].width;

	if (end > size || at % words[i].width != 0)
		return false;
	for (size_t other = first; other < i; other++)
		if (is_checked(offsets, other) && at < offsets->at[other] + words[other].width &&
			offsets->at[other] < end)
			return false;
	return true;
}

static const char *check_fields(const struct python_offsets *offsets)
{
	size_t first = 0;

	for (size_t i = 0; i < PYTHON_WORD_COUNT_; i++) {
		if (words[i].is_group)
			first = i;
		else if (is_checked(offsets, i) &&
			 !field_is_right(offsets, first + 1, i, offsets->at[first]))
			return words[i].contradiction;
	}
	return NULL;
}

/* A non-ASCII string has a length and a pointer before its characters, besides what an ASCII one
 * has. 3.13 and 3.14 do not say so in their table. */
static const char *set_compact(struct python_offsets *offsets)
{
	uint32_t ascii = offsets->at[AT_unicode_object_asciiobject_size];
	uint32_t *compact = &offsets->at[AT_unicode_object_compactunicodeobject_size];

	if (*compact == PYTHON_ABSENT)
		*compact = ascii + 2 * sizeof(uint64_t);
	if (*compact != ascii + 2 * sizeof(uint64_t))
		return words[AT_unicode_object_asciiobject_size].contradiction;
	/* Behind the length and the hash: other words might be taken for a state. */
	if (offsets->at[AT_unicode_object_state] !=
			offsets->at[AT_unicode_object_length] + 2 * sizeof(uint64_t) ||
		offsets->at[AT_unicode_object_state] >= ascii)
		return words[AT_unicode_object_state].contradiction;
	return NULL;
}

const char *python_offsets_read(struct python_offsets *offsets, struct python_memory *memory,
	uint64_t runtime, unsigned minor)
{
	static const char unknown[] = "this version of CPython is not known";
	struct {
		char cookie[sizeof cookie];
		uint64_t version, free_threaded;
	} head;
	const char *wrong;

	if (!python_memory_read(memory, runtime, &head, sizeof head))
		return "_PyRuntime cannot be read";
	memset(offsets->at, 0xff, sizeof offsets->at);
	offsets->has_table = memcmp(head.cookie, cookie, sizeof cookie) == 0;
	offsets->minor = offsets->has_table ? head.version >> 16 & 0xff : minor;
	offsets->free_threaded = offsets->has_table && head.free_threaded == 1;
	if (!offsets->has_table) {
		if (minor < KNOWN_MIN || minor > KNOWN_MAX)
			return unknown;
		fill_known(offsets);
		return NULL;
	}
	if (head.version >> 24 != 3 || offsets->minor <= KNOWN_MAX ||
		offsets->minor > PYTHON_MINOR_MAX || head.free_threaded > 1)
		return unknown;
	wrong = read_table(offsets, memory, runtime + sizeof head);
	if (wrong == NULL)
		wrong = check_fields(offsets);
	return wrong != NULL ? wrong : set_compact(offsets);
}
