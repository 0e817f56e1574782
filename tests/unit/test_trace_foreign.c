/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks through code of other people's making, without tables or without a frame, and stacks that
 * are broken. */
#include "core/trace/frames.h"
#include "tests/support/trace_stacks.h"

/* Functions of other people's */

#if defined(__x86_64__)
/* With tables but without a frame; without tables but with a frame pointer; with neither.
 * Directives make the tables. */
/* clang-format off */
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
/* clang-format on */

/* push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret: what a just-in-time compiler makes */
static const uint8_t generated[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
#else
/* clang-format off */
__asm__(".text\n"
	".type leaf_fault, %function\n"
	"leaf_fault:\n"
	".cfi_startproc\n"
	"	mov x0, 8\n"
	"	ldr w0, [x0]\n"
	"	ret\n"
	".cfi_endproc\n"
	".size leaf_fault, .-leaf_fault\n"
	".type framed_no_tables, %function\n"
	"framed_no_tables:\n"
	"	stp x29, x30, [sp, -16]!\n"
	"	mov x29, sp\n"
	"	blr x0\n"
	"	ldp x29, x30, [sp], 16\n"
	"	ret\n"
	".size framed_no_tables, .-framed_no_tables\n"
	".type bare_no_tables, %function\n"
	"bare_no_tables:\n"
	"	mov x0, 8\n"
	"	ldr w0, [x0]\n"
	"	ret\n"
	".size bare_no_tables, .-bare_no_tables\n"
	".type framed_fault, %function\n"
	"framed_fault:\n"
	"	stp x29, x30, [sp, -32]!\n"
	"	mov x29, sp\n"
	"	mov x0, 8\n"
	"	ldr w0, [x0]\n"
	"	ldp x29, x30, [sp], 32\n"
	"	ret\n"
	".size framed_fault, .-framed_fault\n"
	".type stack_pointer_lost, %function\n"
	"stack_pointer_lost:\n"
	".cfi_startproc\n"
	"	hint 34\n" /* bti c: it is called through a pointer */
	"	.cfi_offset 30, -8\n"
	"	mov x9, 0x1000\n"
	"	mov sp, x9\n"
	"	ldr x9, [sp]\n"
	".cfi_endproc\n"
	".size stack_pointer_lost, .-stack_pointer_lost\n");
/* clang-format on */

/* stp x29, x30, [sp, -16]!; mov x29, sp; blr x0; ldp x29, x30, [sp], 16; ret */
static const uint32_t generated[] = {0xa9bf7bfd, 0x910003fd, 0xd63f0000, 0xa8c17bfd, 0xd65f03c0};
#endif
#pragma GCC visibility push(hidden)
void leaf_fault(void);
void framed_no_tables(void (*function)(void));
void bare_no_tables(void);
void framed_fault(void);
void stack_pointer_lost(void);
#pragma GCC visibility pop

NOINLINE static void calls_leaf(void)
{
	leaf_fault();
	log_file++;
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
	log_file++;
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
	log_file++;
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

NOINLINE static void calls_generated(void)
{
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(code, generated, sizeof generated);
	__builtin___clear_cache(code, (char *)code + sizeof generated);
	((void (*)(void (*)(void)))code)(inner_most);
	log_file++;
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

#if defined(__aarch64__)
NOINLINE __attribute__((optimize("no-omit-frame-pointer"))) static void calls_framed_fault(void)
{
	framed_fault();
	log_file++;
}

/* The link register and the frame say the same; only the caller's own record reports where the
 * frame ends, as this one is larger than its record. */
static void new_frame_without_tables_is_left_by_its_frame_pointer(void **state)
{
	struct trace *trace = trace_of(calls_framed_fault);

	(void)state;
	assert_whole(trace);
	assert_function(trace, 0, "framed_fault");
	assert_function(trace, 1, "calls_framed_fault");
	assert_int_equal(trace->frames[1].kind, FRAME_FP);
}
#endif

/* Unlike AddressSanitizer, we want to see what it leads to. */
NOINLINE __attribute__((no_sanitize_address)) static void stack_smashed(void)
{
	volatile char *at = __builtin_frame_address(0);

	for (int i = 0; i < 512; i++)
		at[i] = 0x41;
	log_file = *bad;
}

static void smashed_stack_ends_the_trace_quietly(void **state)
{
	struct trace *trace = trace_of(stack_smashed);

	(void)state;
	assert_non_null(trace);
	assert_uint_in_range(trace->count, 1, 3);
	assert_function(trace, 0, "stack_smashed");
	assert_string_not_equal(trace->stop, "end of stack");
}

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

NOINLINE static int recursion(int depth)
{
	if (depth == 0)
		inner_most();
	else
		recursion(depth - 1);
	return log_file++;
}

static void recursion_300(void)
{
	recursion(300);
}

#define FIRST_LEFT (TRACE_FRAMES_MAX - TRACE_FRAMES_MAX / FRAMES_LAST_PART)

/* How many frames the stack of TRACE, of whose frames some are left out, had. */
static unsigned depth_of(const struct trace *trace)
{
	unsigned depth = trace->count;

	for (unsigned i = 0; i < trace->count; i++)
		depth += trace->frames[i].left_out;
	return depth;
}

static unsigned count_of(const struct trace *trace, const char *function)
{
	unsigned count = 0;

	for (unsigned i = 0; i < trace->count; i++)
		count += trace->frames[i].function != NULL &&
			 strcmp(trace->frames[i].function, function) == 0;
	return count;
}

static void of_a_deep_stack_the_middle_is_left_out(void **state)
{
	struct trace *trace = trace_of(recursion_300);
	unsigned depth, shown;
	uint64_t last;

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, TRACE_FRAMES_MAX);
	assert_false(trace->truncated);
	assert_true(trace_is_whole(trace));
	assert_function(trace, 0, "inner_most");
	assert_function(trace, FIRST_LEFT - 1, "recursion");
	assert_function(trace, FIRST_LEFT, "recursion");
	assert_ptr_equal(trace->frames[5].function, trace->frames[90].function);
	depth = depth_of(trace);
	shown = count_of(trace, "recursion");
	assert_int_equal(trace->frames[FIRST_LEFT].left_out, 301 - shown);
	assert_int_equal(depth, TRACE_FRAMES_MAX + 301 - shown);

	/* and once more, as for fewer frames that are wanted */
	last = trace->frames[trace->count - 1].pc;
	trace->count = frames_leave_out(trace->frames, trace->count, 100);
	assert_int_equal(trace->count, 100);
	assert_int_equal(depth_of(trace), depth);
	assert_int_equal(trace->frames[99].pc, last);
	assert_true(trace->frames[75].left_out > 0);
	assert_int_equal(frames_leave_out(trace->frames, trace->count, 100), 100);
	assert_int_equal(frames_leave_out(trace->frames, 2, 3), 2);
	assert_int_equal(frames_leave_out(trace->frames, 100, 3), 100);
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

	log_file = endless(&start);
}

static void overflown_stack_has_its_outermost_frames(void **state)
{
	struct trace *trace = trace_of(overflow);

	(void)state;
	assert_non_null(trace);
	assert_int_equal(trace->count, TRACE_FRAMES_MAX);
	assert_true(trace_is_whole(trace));
	assert_function(trace, 1, "endless");
	assert_function(trace, FIRST_LEFT - 1, "endless");
	assert_int_equal(count_of(trace, "overflow"), 1);
	assert_true(depth_of(trace) > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smashed_stack_ends_the_trace_quietly),
		cmocka_unit_test(of_a_deep_stack_the_middle_is_left_out),
		cmocka_unit_test(overflown_stack_has_its_outermost_frames),
		cmocka_unit_test(leaf_without_a_frame_has_its_caller),
		cmocka_unit_test(code_without_tables_is_left_by_its_frame_pointer),
		cmocka_unit_test(code_with_neither_is_left_by_its_return_address),
		cmocka_unit_test(generated_code_is_left_by_its_frame_pointer),
		cmocka_unit_test(lost_stack_leaves_the_first_frame),
		cmocka_unit_test(ring_of_frames_ends),
#if defined(__aarch64__)
		cmocka_unit_test(new_frame_without_tables_is_left_by_its_frame_pointer),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
