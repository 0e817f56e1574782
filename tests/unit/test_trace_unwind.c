/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of programs that crash in different ways: what they are, the victims know. */
#include "tests/support/trace_victim.h"

#include "core/trace/unwind.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

static int *volatile bad = (int *)8;
static volatile int sink;

#define assert_function(trace, index, name)                                                        \
	do {                                                                                       \
		assert_true((index) < (trace)->count);                                             \
		assert_non_null((trace)->frames[index].function);                                  \
		assert_string_equal((trace)->frames[index].function, name);                        \
	} while (0)

static void assert_whole(const struct trace *trace)
{
	assert_non_null(trace);
	assert_string_equal(trace->stop, "end of stack");
	assert_non_null(frame_of(trace, "main"));
	assert_function(trace, trace->count - 1, "_start");
	assert_false(trace->truncated);
}

/* A null dereference, three calls deep. */

NOINLINE static void inner_most(void)
{
	sink = *bad;
	sink++;
}

NOINLINE static void middle(void)
{
	inner_most();
	sink++;
}

NOINLINE static void outer_most(void)
{
	middle();
	sink++;
}

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
	sink++;
}

static void jump_into_nowhere(void)
{
	jumps(0x1234);
}

static void jump_into_data(void)
{
	jumps((uintptr_t)&sink);
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

/* Functions of other people's */

#if defined(__x86_64__)
/* With tables but without a frame; without tables but with a frame pointer; with neither.
 * Directives make the tables. */
__asm__(".text\n"
	".type leaf_fault, @function\n"
	"leaf_fault:\n"
	".cfi_startproc\n"
	"	movl 8, %eax\n"
	"	ret\n"
	".cfi_endproc\n"
	".size leaf_fault, .-leaf_fault\n"
	".type framed_no_tables, @function\n"
	"framed_no_tables:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	sub $16, %rsp\n"
	"	call *%rdi\n"
	"	leave\n"
	"	ret\n"
	".size framed_no_tables, .-framed_no_tables\n"
	".type bare_no_tables, @function\n"
	"bare_no_tables:\n"
	"	movl 8, %eax\n"
	"	ret\n"
	".size bare_no_tables, .-bare_no_tables\n"
	".type stack_pointer_lost, @function\n"
	"stack_pointer_lost:\n"
	".cfi_startproc\n"
	"	mov $0x1000, %rsp\n"
	"	push %rax\n"
	".cfi_endproc\n"
	".size stack_pointer_lost, .-stack_pointer_lost\n");
void leaf_fault(void);
void framed_no_tables(void (*function)(void));
void bare_no_tables(void);
void stack_pointer_lost(void);

NOINLINE static void calls_leaf(void)
{
	leaf_fault();
	sink++;
}

static void leaf_without_a_frame_has_its_caller(void **state)
{
	struct trace *trace = trace_of(calls_leaf);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "leaf_fault");
	assert_function(trace, 1, "calls_leaf");
}

NOINLINE static void calls_framed(void)
{
	framed_no_tables(inner_most);
	sink++;
}

static void code_without_tables_is_left_by_its_frame_pointer(void **state)
{
	struct trace *trace = trace_of(calls_framed);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, 1, "framed_no_tables");
	assert_function(trace, 2, "calls_framed");
	assert_int_equal(trace->frames[1].kind, FRAME_CFI);
	assert_int_equal(trace->frames[2].kind, FRAME_FP);
	assert_int_equal(trace->frames[3].kind, FRAME_CFI);
}

NOINLINE static void calls_bare(void)
{
	bare_no_tables();
	sink++;
}

static void code_with_neither_is_left_by_its_return_address(void **state)
{
	struct trace *trace = trace_of(calls_bare);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "bare_no_tables");
	assert_function(trace, 1, "calls_bare");
	assert_int_equal(trace->frames[1].kind, FRAME_FIXUP);
}

/* push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret: what a just-in-time compiler makes */
static const uint8_t generated[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};

NOINLINE static void calls_generated(void)
{
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(code, generated, sizeof generated);
	((void (*)(void (*)(void)))code)(inner_most);
	sink++;
}

static void generated_code_is_left_by_its_frame_pointer(void **state)
{
	struct trace *trace = trace_of(calls_generated);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_null(trace->frames[1].module);
	assert_function(trace, 2, "calls_generated");
	assert_int_equal(trace->frames[2].kind, FRAME_FP);
}

/* Broken stacks */

static void lost_stack_leaves_the_first_frame(void **state)
{
	struct trace *trace = trace_of(stack_pointer_lost);

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, 1);
	assert_function(trace, 0, "stack_pointer_lost");
	assert_string_equal(trace->stop, "stack is not readable");
}
#endif

NOINLINE static void stack_smashed(void)
{
	volatile char *at = __builtin_frame_address(0);

	for (int i = 0; i < 512; i++)
		at[i] = 0x41;
	sink = *bad;
}

static void smashed_stack_ends_the_trace_quietly(void **state)
{
	struct trace *trace = trace_of(stack_smashed);

	(void)state;
	assert_non_null(trace);
	assert_in_range(trace->count, 1, 3);
	assert_function(trace, 0, "stack_smashed");
	assert_string_not_equal(trace->stop, "end of stack");
}

#if defined(__x86_64__)
static uint64_t fake_frames[8];

/* A ring: each frame's caller is the other one. */
NOINLINE static void frame_pointers_in_a_ring(void)
{
	struct trace_registers registers = {.known = UINT64_MAX};

	fake_frames[0] = (uintptr_t)&fake_frames[4];
	fake_frames[1] = (uintptr_t)generated + 1;
	fake_frames[4] = (uintptr_t)&fake_frames[0];
	fake_frames[5] = (uintptr_t)generated + 1;
	registers.value[REGISTER_PC] = (uintptr_t)generated + 1;
	registers.value[REGISTER_FP] = registers.value[REGISTER_SP] = (uintptr_t)fake_frames;
	trace_from_here(victim_trace, &registers, NULL);
	_exit(0);
}

static void ring_of_frames_ends(void **state)
{
	struct trace *trace = trace_of(frame_pointers_in_a_ring);

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, 3);
	assert_string_equal(trace->stop, "no unwind information");
}
#endif

NOINLINE static int recursion(int depth)
{
	if (depth == 0)
		inner_most();
	else
		recursion(depth - 1);
	return sink++;
}

static void recursion_300(void)
{
	recursion(300);
}

static void deep_stack_is_cut(void **state)
{
	struct trace *trace = trace_of(recursion_300);

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, TRACE_FRAMES_MAX);
	assert_true(trace->truncated);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, TRACE_FRAMES_MAX - 1, "recursion");
	assert_ptr_equal(trace->frames[5].function, trace->frames[100].function);
}

NOINLINE static int endless(volatile char *outer)
{
	volatile char room[4096];

	room[0] = outer[0];
	return outer[0] == 0 ? endless(room) + room[0] : 0;
}

static void overflow(void)
{
	char start = 0;

	sink = endless(&start);
}

static void overflown_stack_is_cut(void **state)
{
	struct trace *trace = trace_of(overflow);

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, TRACE_FRAMES_MAX);
	assert_true(trace->truncated);
	assert_function(trace, 1, "endless");
}

/* Through the C library */

NOINLINE static int compare(const void *a, const void *b)
{
	(void)a, (void)b;
	inner_most();
	return sink++;
}

NOINLINE static void sorts(void)
{
	int numbers[] = {3, 1, 2};

	qsort(numbers, 3, sizeof *numbers, compare);
	sink++;
}

static void callback_of_qsort_has_its_caller(void **state)
{
	struct trace *trace = trace_of(sorts);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "inner_most");
	assert_function(trace, 1, "compare");
	assert_non_null(frame_of(trace, "sorts"));
	const struct frame *sorter = frame_of(trace, "qsort_r");

	assert_non_null(sorter); /* from .dynsym: the library is stripped */
	assert_non_null(strstr(sorter->module->path, "libc.so"));
	assert_true(sorter->module->build_id_size > 0);
}

NOINLINE static void measures(void)
{
	sink = (int)strlen((const char *)bad);
	sink++;
}

NOINLINE static void copies(void)
{
	char *volatile to = malloc(100000);
	volatile size_t size = 100000;

	memcpy(to, bad, size);
	sink = to[sink];
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
	assert_string_equal(frame[1].function, "aborts");
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
	sink++;
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
	return sink++;
}

NOINLINE static void sorts_and_traces(void)
{
	int numbers[] = {3, 1, 2};

	qsort(numbers, 3, sizeof *numbers, compare_and_trace);
	sink++;
}

static void first_frames_of_ones_own_object_are_left_out(void **state)
{
	struct trace *trace = trace_of(sorts_and_traces);

	(void)state;
	assert_whole(trace);
	assert_non_null(strstr(trace->frames[0].module->path, "libc.so"));
	assert_false(trace->frames[0].exact);
	assert_null(frame_of(trace, "compare_and_trace"));
	assert_non_null(frame_of(trace, "sorts_and_traces"));
}

/* Signals and threads */

static void on_usr1(int signal_number)
{
	(void)signal_number;
	inner_most();
	sink++;
}

NOINLINE static void interrupted_with(int flags)
{
	struct sigaction action = {.sa_handler = on_usr1, .sa_flags = flags};

	sigaction(SIGUSR1, &action, NULL);
	kill(getpid(), SIGUSR1);
	sink++;
}

static void interrupted(void)
{
	interrupted_with(0);
}

static void interrupted_on_another_stack(void)
{
	interrupted_with(SA_ONSTACK);
}

static void trace_goes_on_below_a_signal_handler(void **state)
{
	void (*const victims[])(void) = {interrupted, interrupted_on_another_stack};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = trace_of(victims[i]);

		assert_whole(trace);
		assert_function(trace, 0, "inner_most");
		assert_function(trace, 1, "on_usr1");
		assert_function(trace, 2, "<signal handler called>");
		assert_false(trace->frames[2].exact);
		assert_function(trace, 3, "kill");
		assert_true(trace->frames[3].exact);
		assert_function(trace, 4, "interrupted_with");
	}
}

static void *thread_main(void *argument)
{
	stack_t stack = {.ss_sp = argument, .ss_size = 256 * 1024};

	sigaltstack(&stack, NULL);
	middle();
	return NULL;
}

static void crash_in_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_main, malloc(256 * 1024));
	pthread_join(thread, NULL);
}

static void thread_ends_where_it_began(void **state)
{
	struct trace *trace = trace_of(crash_in_a_thread);

	(void)state;
	assert_non_null(trace);
	assert_string_equal(trace->stop, "end of stack");
	assert_function(trace, 1, "middle");
	assert_function(trace, 2, "thread_main");
	assert_null(frame_of(trace, "main"));
}

/* The same stack without the loader's help */

static struct modules maps_modules;

/* The loader keeps the path that it was given, the kernel the one without links. */
static bool same_file(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static void walk_by_maps(const void *ucontext)
{
	struct trace_registers registers;
	struct unwind unwind;
	unsigned count = 0;
	struct text names;
	char storage[8192];

	maps_modules.by_maps = true;
	text_init(&names, storage, sizeof storage);
	registers_from_context(&registers, ucontext);
	unwind_init(&unwind, &registers, &maps_modules);
	do {
		if (count >= victim_trace->count ||
			unwind_pc(&unwind) != victim_trace->frames[count].pc)
			_exit(2);
		const struct frame_module *by_loader = victim_trace->frames[count].module;
		struct module *module = modules_find(&maps_modules, unwind_lookup_pc(&unwind));

		if (module == NULL)
			_exit(3);
		modules_describe(&maps_modules, module, &names);
		if (module->public.bias != by_loader->bias ||
			module->public.build_id_size != by_loader->build_id_size ||
			memcmp(module->public.build_id, by_loader->build_id,
				sizeof by_loader->build_id) != 0 ||
			!same_file(module->public.path, by_loader->path))
			_exit(4);
		count++;
	} while (unwind_step(&unwind) == NULL);
	_exit(count == victim_trace->count ? 0 : 5);
}

static void maps_give_the_same_trace_as_the_loader(void **state)
{
	(void)state;
	victim_then = walk_by_maps;
	struct trace *trace = trace_of(sorts);

	victim_then = NULL;
	assert_whole(trace);
	assert_true(trace->modules.count >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_dereference_has_every_caller),
		cmocka_unit_test(offsets_are_counted_from_the_function_and_from_the_bias),
		cmocka_unit_test(jump_into_nowhere_has_its_caller),
		cmocka_unit_test(jump_into_data_has_its_caller),
#if defined(__x86_64__)
		cmocka_unit_test(leaf_without_a_frame_has_its_caller),
		cmocka_unit_test(code_without_tables_is_left_by_its_frame_pointer),
		cmocka_unit_test(code_with_neither_is_left_by_its_return_address),
		cmocka_unit_test(generated_code_is_left_by_its_frame_pointer),
		cmocka_unit_test(lost_stack_leaves_the_first_frame),
		cmocka_unit_test(ring_of_frames_ends),
#endif
		cmocka_unit_test(smashed_stack_ends_the_trace_quietly),
		cmocka_unit_test(deep_stack_is_cut),
		cmocka_unit_test(overflown_stack_is_cut),
		cmocka_unit_test(callback_of_qsort_has_its_caller),
		cmocka_unit_test(fault_inside_libc_has_its_caller),
		cmocka_unit_test(abort_shows_who_called_it),
		cmocka_unit_test(trace_from_here_begins_here),
		cmocka_unit_test(first_frames_of_ones_own_object_are_left_out),
		cmocka_unit_test(trace_goes_on_below_a_signal_handler),
		cmocka_unit_test(thread_ends_where_it_began),
		cmocka_unit_test(maps_give_the_same_trace_as_the_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
