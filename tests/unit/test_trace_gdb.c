/* SPDX-License-Identifier: Apache-2.0 */
/* Frame by frame, a trace is what gdb says of the same crash. Without gdb, or where it may not
 * trace, the test is skipped. */
#include "tests/support/trace_victim.h"

#include <inttypes.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define FRAMES 64

static int *volatile bad = (int *)8;
static volatile int sink;

NOINLINE static int crashing_compare(const void *a, const void *b)
{
	(void)a, (void)b;
	sink = *bad;
	return sink++;
}

NOINLINE static void on_signal(int number)
{
	int numbers[] = {3, number, 1, 2};
	size_t count = 4;

	sink = lfind(numbers, numbers, &count, sizeof *numbers, crashing_compare) != NULL;
}

NOINLINE static int nested(int depth)
{
	if (depth > 0)
		nested(depth - 1);
	else
		raise(SIGUSR1);
	return sink++;
}

/* gdb shows the stack when the signal comes; then this handler shows ours. */
static void victim_show(const void *ucontext)
{
	(void)ucontext;
	for (unsigned i = 0; i < victim_trace->count; i++) {
		const struct frame *frame = &victim_trace->frames[i];

		printf("ours %u %" PRIx64 " %s\n", i, frame->pc,
			frame->function != NULL ? frame->function : "??");
	}
	fflush(stdout);
}

NOINLINE static int victim_main(void)
{
	static struct trace trace;

	victim_trace = &trace;
	victim_then = victim_show;
	victim_prepare();
	signal(SIGUSR1, on_signal);
	nested(10);
	return 1;
}

struct line {
	uint64_t pc; /* 0: gdb shows none for the innermost frame and for a signal handler's */
	char function[128];
};

struct stack {
	struct line lines[FRAMES];
	unsigned count;
};

/* "#3  0x0000555555555185 in nested (…) at …", "#0  crashing_compare (…) …", "#2  <signal handler
 * called>" */
static void gdb_line(struct stack *stack, const char *text)
{
	struct line *line = &stack->lines[stack->count];
	unsigned index;

	line->pc = 0;
	if (sscanf(text, "#%u %" SCNx64 " in %127s", &index, &line->pc, line->function) == 3 ||
		sscanf(text, "#%u %127[^(\n]", &index, line->function) == 2) {
		size_t length = strlen(line->function);

		if (length > 0 && line->function[length - 1] == ' ')
			line->function[length - 1] = '\0';
		stack->count++;
	}
}

static void our_line(struct stack *stack, const char *text)
{
	struct line *line = &stack->lines[stack->count];
	unsigned index;

	if (sscanf(text, "ours %u %" SCNx64 " %127[^\n]", &index, &line->pc, line->function) == 3)
		stack->count++;
}

static void stacks_read(FILE *from, struct stack *gdbs, struct stack *ours)
{
	char text[1024];

	while (fgets(text, sizeof text, from) != NULL) {
		if (text[0] == '#' && gdbs->count < FRAMES)
			gdb_line(gdbs, text);
		else if (ours->count < FRAMES)
			our_line(ours, text);
	}
}

static void trace_is_what_gdb_says(void **state)
{
	static struct stack gdbs, ours;
	char command[4600], self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	(void)state;
	skip_under_thread_sanitizer();
	assert_true(length > 0);
	self[length] = '\0';
	snprintf(command, sizeof command,
		"gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set pagination off' "
		"-ex 'set debug-file-directory /nonexistent' "
		"-ex 'handle SIGUSR1 nostop noprint' -ex run -ex bt -ex continue "
		"--args '%s' victim 2>&1",
		self);
	FILE *gdb = popen(command, "r");

	assert_non_null(gdb);
	stacks_read(gdb, &gdbs, &ours);
	pclose(gdb);
	if (gdbs.count == 0)
		skip();
	assert_in_range(ours.count, 18, FRAMES - 1);
	/* gdb stops at main; ours goes on to _start. Separate debug information would show it
	 * inlined calls in libc */
	assert_in_range(gdbs.count, 18, ours.count);
	for (unsigned i = 0; i < gdbs.count; i++) {
		assert_string_equal(gdbs.lines[i].function, ours.lines[i].function);
		if (gdbs.lines[i].pc != 0)
			assert_int_equal(gdbs.lines[i].pc, ours.lines[i].pc);
	}
	assert_string_equal(gdbs.lines[gdbs.count - 1].function, "main");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(trace_is_what_gdb_says)};

	(void)argv;
	if (argc > 1)
		return victim_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
