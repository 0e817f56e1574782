/* SPDX-License-Identifier: Apache-2.0 */
/* Many stacks in one store: each once, none past its end; registers by their names. */
#include "core/trace/thread_stacks.h"

#include "tests/support/trace_victim.h"
#include "tests/unit/unit.h"

static struct thread_stacks stacks;
static volatile int log_file;

NOINLINE static const struct thread_stack *walk_here(struct trace_registers *registers)
{
	const struct thread_stack *stack;

	registers_here(registers);
	stack = thread_stacks_walk(&stacks, registers);
	log_file++;
	return stack;
}

NOINLINE static const struct thread_stack *walk_deeper(int depth, struct trace_registers *registers)
{
	const struct thread_stack *stack =
		depth > 0 ? walk_deeper(depth - 1, registers) : walk_here(registers);

	log_file++;
	return stack;
}

static void equal_stacks_are_kept_once(void **state)
{
	const struct thread_stack *one, *other;
	struct trace_registers registers;
	unsigned frames;

	(void)state;
	thread_stacks_init(&stacks, 128);
	registers_here(&registers);
	one = thread_stacks_walk(&stacks, &registers);
	frames = stacks.frame_count;
	assert_non_null(one);
	assert_ptr_equal(thread_stacks_walk(&stacks, &registers), one);
	other = walk_deeper(2, &registers);
	assert_ptr_not_equal(one, other);
	assert_int_equal(stacks.count, 2);
	assert_int_equal(one->count, frames);
	assert_int_equal(stacks.frame_count, frames + other->count);
	assert_int_equal(other->count, one->count + 4);
}

static void their_frames_have_modules_and_names(void **state)
{
	struct trace_registers registers;
	const struct thread_stack *stack;

	(void)state;
	thread_stacks_init(&stacks, 128);
	stack = walk_deeper(2, &registers);
	frames_locate(stacks.frames, stacks.frame_count, &stacks.modules, &stacks.names);
	frames_symbolize(stacks.frames, stacks.frame_count, &stacks.modules, &stacks.names);
	assert_string_equal(stack->frames[0].function, "walk_here");
	for (unsigned i = 1; i < 4; i++)
		assert_string_equal(stack->frames[i].function, "walk_deeper");
	assert_string_equal(stack->frames[4].function, "their_frames_have_modules_and_names");
	assert_string_equal(stack->frames[stack->count - 1].function, "_start");
	assert_non_null(strstr(stack->frames[0].module->path, "test_trace_threads"));
}

static void a_stack_has_no_more_frames_than_it_may(void **state)
{
	struct trace_registers registers;
	const struct thread_stack *stack;

	(void)state;
	thread_stacks_init(&stacks, 3);
	stack = walk_deeper(5, &registers);
	assert_int_equal(stack->count, 3);
	assert_true(stack->truncated);
	thread_stacks_init(&stacks, 128);
	assert_false(walk_deeper(5, &registers)->truncated);
}

static void a_full_store_takes_no_more(void **state)
{
	struct trace_registers registers;
	unsigned taken = 0;

	(void)state;
	thread_stacks_init(&stacks, 128);
	while (taken < THREAD_STACKS_MAX && walk_deeper((int)taken, &registers) != NULL)
		taken++;
	assert_uint_in_range(taken, 32, THREAD_STACKS_MAX - 1);
	assert_int_equal(stacks.frame_count, THREAD_FRAMES_MAX);
	assert_null(walk_here(&registers));
	thread_stacks_init(&stacks, 1);
	for (unsigned i = 0; i < THREAD_STACKS_MAX; i++) {
		registers.value[REGISTER_PC] = i;
		assert_non_null(thread_stacks_walk(&stacks, &registers));
	}
	registers.value[REGISTER_PC] = THREAD_STACKS_MAX;
	assert_null(thread_stacks_walk(&stacks, &registers));
	assert_int_equal(stacks.count, THREAD_STACKS_MAX);
}

#define TEN(what) what what what what what what what what what what

NOINLINE static void wide(void)
{
	TEN(TEN(log_file++;))
}

/* A symbol table is searched for so many addresses at once that these take three rounds. */
static void any_number_of_addresses_is_named(void **state)
{
	static struct frame frames[300];
	static struct modules modules;
	static char storage[4096];
	struct text names;

	(void)state;
	modules_init(&modules);
	text_init(&names, storage, sizeof storage);
	for (unsigned i = 0; i < 300; i++)
		frames[i] = (struct frame){.pc = (uint64_t)(uintptr_t)wide + i, .exact = true};
	frames[299].pc = 0x10;
	frames_locate(frames, 300, &modules, &names);
	frames_symbolize(frames, 300, &modules, &names);
	for (unsigned i = 0; i < 299; i++) {
		assert_non_null(frames[i].function);
		assert_string_equal(frames[i].function, "wide");
		assert_int_equal(frames[i].function_offset, i);
	}
	assert_null(frames[299].function);
	assert_null(frames[299].module);
}

static void registers_are_listed_with_the_pc_first(void **state)
{
	struct frame_register list[REGISTER_COUNT];
	struct trace_registers registers = {.known = 0};

	(void)state;
	assert_int_equal(registers_list(&registers, list), 0);
	register_set(&registers, 0, 7);
	register_set(&registers, REGISTER_PC, 0x1234);
	assert_int_equal(registers_list(&registers, list), 2);
	assert_int_equal(list[0].value, 0x1234);
	assert_int_equal(list[1].value, 7);
#if defined(__x86_64__)
	assert_string_equal(list[0].name, "rip");
	assert_string_equal(list[1].name, "rax");
#else
	assert_string_equal(list[0].name, "pc");
	assert_string_equal(list[1].name, "x0");
#endif
	registers.known = ((uint64_t)1 << REGISTER_COUNT) - 1;
	assert_int_equal(registers_list(&registers, list), REGISTER_COUNT);
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(list[i].name, list[j].name);
}

UNIT_TESTS(cmocka_unit_test(equal_stacks_are_kept_once),
	cmocka_unit_test(their_frames_have_modules_and_names),
	cmocka_unit_test(a_stack_has_no_more_frames_than_it_may),
	cmocka_unit_test(a_full_store_takes_no_more),
	cmocka_unit_test(any_number_of_addresses_is_named),
	cmocka_unit_test(registers_are_listed_with_the_pc_first))
