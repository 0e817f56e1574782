/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of signal handlers and of threads, and the same stack without the help of the loader. */
#include "tests/support/trace_stacks.h"

#include "core/trace/unwind.h"

#include <pthread.h>
#include <sys/stat.h>

/* Signals and threads */

static void on_usr1(int signal_number)
{
	(void)signal_number;
	inner_most();
	log_file++;
}

NOINLINE static void interrupted_with(int flags)
{
	struct sigaction action = {.sa_handler = on_usr1, .sa_flags = flags};

	sigaction(SIGUSR1, &action, NULL);
	kill(getpid(), SIGUSR1);
	log_file++;
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
	skip_under_thread_sanitizer();
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

/* A host's handler aborts on a jump to nowhere: below its frame, too, the call is all there is. */

static void abort_on_signal(int signal_number)
{
	(void)signal_number;
	abort();
}

NOINLINE static void jumps(uintptr_t address)
{
	((void (*)(void))address)();
	log_file++;
}

static void handler_aborts(void)
{
	struct sigaction action = {.sa_handler = abort_on_signal};

	sigaction(SIGSEGV, &action, NULL);
	jumps(0x1234);
}

static void jump_into_nowhere_below_a_handler_has_its_caller(void **state)
{
	(void)state;
	skip_under_thread_sanitizer();
	struct trace *trace = trace_of(handler_aborts);
	const struct frame *frame;

	assert_whole(trace);
	frame = frame_of(trace, "<signal handler called>");
	assert_non_null(frame);
	assert_int_equal(frame[1].pc, 0x1234);
	assert_string_equal(frame[2].function, "jumps");
	assert_int_equal(frame[2].kind, FRAME_FIXUP);
	assert_non_null(frame_of(trace, "handler_aborts"));
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
	struct trace *trace = trace_of(searches);

	victim_then = NULL;
	assert_whole(trace);
	assert_true(trace->modules.count >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trace_goes_on_below_a_signal_handler),
		cmocka_unit_test(jump_into_nowhere_below_a_handler_has_its_caller),
		cmocka_unit_test(thread_ends_where_it_began),
		cmocka_unit_test(maps_give_the_same_trace_as_the_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
