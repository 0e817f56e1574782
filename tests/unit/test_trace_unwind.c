/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of programs that crash in different ways: what they are, the victims know. */
#include "tests/support/trace_stacks.h"

#include <errno.h>
#include <search.h>

static void null_dereference_has_every_caller(void **state)
{
	struct trace *trace = trace_of(outer_most);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, 1, "middle");
	assert_function(trace, 2, "outer_most");
	assert_true(trace->frames[0].exact);
	assert_false(trace->frames[1].exact);
	for (unsigned i = 0; i < trace->count; i++)
		assert_int_equal(trace->frames[i].kind, FRAME_CFI);
}

static void offsets_are_counted_from_the_function_and_from_the_bias(void **state)
{
	struct trace *trace = trace_of(outer_most);

	(void)state;
	assert_whole(trace);
	for (unsigned i = 0; i < 3; i++) {
		const struct frame *frame = &trace->frames[i];
		void (*const functions[])(void) = {inner_most, middle, outer_most};

		assert_int_equal(frame->pc - frame->function_offset, (uintptr_t)functions[i]);
		assert_int_equal(frame->offset + frame->module->bias, frame->pc);
		assert_true(frame->module->start <= frame->pc && frame->pc < frame->module->end);
	}
}

/* A jump to where nothing is, and to where no code is. */

NOINLINE static void jumps(uintptr_t address)
{
	((void (*)(void))address)();
	log_file++;
}

static void jump_into_nowhere(void)
{
	jumps(0x1234);
}

static void jump_into_data(void)
{
	jumps((uintptr_t)&log_file);
}

static void jump_into_heap(void)
{
	jumps((uintptr_t)malloc(100));
}

static void jump_has_its_caller(void (*victim)(void))
{
	struct trace *trace = trace_of(victim);

	assert_whole(trace);
	assert_true(trace->frames[0].exact);
	assert_null(trace->frames[0].function);
	assert_function(trace, 1, "jumps");
	assert_int_equal(trace->frames[1].kind, FRAME_FIXUP);
	assert_int_equal(trace->frames[2].kind, FRAME_CFI);
}

static void jump_into_nowhere_has_its_caller(void **state)
{
	(void)state;
	jump_has_its_caller(jump_into_nowhere);
	assert_int_equal(victim_trace->frames[0].pc, 0x1234);
	assert_null(victim_trace->frames[0].module);
}

static void jump_into_data_has_its_caller(void **state)
{
	(void)state;
	jump_has_its_caller(jump_into_data);
	jump_has_its_caller(jump_into_heap);
}

/* Through the C library */

static void callback_of_the_c_library_has_its_caller(void **state)
{
	struct trace *trace = trace_of(searches);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, 1, "compare");
	assert_non_null(frame_of(trace, "searches"));
	const struct frame *finder = frame_of(trace, "lfind");

	assert_non_null(finder); /* from .dynsym: the library is stripped */
	assert_non_null(strstr(finder->module->path, "libc.so"));
	assert_true(finder->module->build_id_size > 0);
}

/* Two that no sanitizer puts its own function before. */

NOINLINE static void measures(void)
{
	log_file = rawmemchr(bad, 1) != NULL;
	log_file++;
}

NOINLINE static void copies(void)
{
	char *volatile to = malloc(100000);
	volatile size_t size = 100000;

	log_file = (char *)mempcpy(to, bad, size) != to;
}

static void fault_inside_libc_has_its_caller(void **state)
{
	void (*const victims[])(void) = {measures, copies};
	static const char *const names[] = {"measures", "copies"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = trace_of(victims[i]);

		assert_whole(trace);
		assert_non_null(strstr(trace->frames[0].module->path, "libc.so"));
		assert_function(trace, 1, names[i]);
	}
}

NOINLINE static void aborts(void)
{
	abort();
}

static void abort_shows_who_called_it(void **state)
{
	struct trace *trace = trace_of(aborts);

	(void)state;
	assert_whole(trace);
	const struct frame *frame = frame_of(trace, "abort");

	assert_non_null(frame);
	while (strcmp(frame->function, "abort") == 0) /* ThreadSanitizer's own goes before libc's */
		frame++;
	assert_string_equal(frame->function, "aborts");
}

/* Not in a handler */

NOINLINE static void traces_here(const void *inside)
{
	struct trace_registers registers;

	registers_here(&registers);
	errno = 4711;
	trace_from_here(victim_trace, &registers, inside);
	trace_modules(victim_trace);
	trace_symbolize(victim_trace);
	_exit(errno == 4711 ? 0 : 1);
}

NOINLINE static void traced(void)
{
	traces_here(NULL);
	log_file++;
}

static void trace_from_here_begins_here(void **state)
{
	struct trace *trace = trace_of(traced);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "traces_here");
	assert_function(trace, 1, "traced");
	assert_true(trace->frames[0].exact);
}

NOINLINE static int compare_and_trace(const void *a, const void *b)
{
	(void)a, (void)b;
	traces_here((const void *)(uintptr_t)traced);
	return log_file++;
}

NOINLINE static void searches_and_traces(void)
{
	int numbers[] = {3, 1, 2};
	size_t count = 3;

	log_file = lfind(numbers, numbers, &count, sizeof *numbers, compare_and_trace) != NULL;
}

static void first_frames_of_ones_own_object_are_left_out(void **state)
{
	struct trace *trace = trace_of(searches_and_traces);

	(void)state;
	assert_whole(trace);
	assert_non_null(strstr(trace->frames[0].module->path, "libc.so"));
	assert_false(trace->frames[0].exact);
	assert_null(frame_of(trace, "compare_and_trace"));
	assert_non_null(frame_of(trace, "searches_and_traces"));
}

/* One frame is there in any case: where it happened. */
static void a_walk_that_is_out_of_time_stops(void **state)
{
	struct trace *trace = trace_of(searches);

	(void)state;
	trace->until_us = 1;
	trace = trace_of(searches);
	trace->until_us = 0;
	assert_int_equal(trace->count, 1);
	assert_true(trace->truncated);
	assert_string_equal(trace->stop, "out of time");
	assert_null(trace->frames[0].module);
	trace->until_us = INT64_MAX;
	trace = trace_of(searches);
	trace->until_us = 0;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_dereference_has_every_caller),
		cmocka_unit_test(offsets_are_counted_from_the_function_and_from_the_bias),
		cmocka_unit_test(jump_into_nowhere_has_its_caller),
		cmocka_unit_test(jump_into_data_has_its_caller),
		cmocka_unit_test(callback_of_the_c_library_has_its_caller),
		cmocka_unit_test(fault_inside_libc_has_its_caller),
		cmocka_unit_test(abort_shows_who_called_it),
		cmocka_unit_test(trace_from_here_begins_here),
		cmocka_unit_test(first_frames_of_ones_own_object_are_left_out),
		cmocka_unit_test(a_walk_that_is_out_of_time_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
