/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of every form, each ending in a crash: built with many sets of flags. */
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define NOINLINE __attribute__((noinline))
#define ACT(name) static int name(int count, char **arguments)

static volatile uintptr_t nowhere; /* 0, as the compiler cannot know */
static volatile int zero;

NOINLINE static int leaf(int value)
{
	*(volatile int *)(nowhere + 8) = value;
	return zero;
}

/* Keeps values across the call, and so has registers to save. */
NOINLINE static int middle(int a, int b, int c)
{
	int kept = a * 3 + zero, other = b * 5 + zero, third = c ^ zero;

	return leaf(a) + kept * other + third;
}

ACT(null_write)
{
	return middle(count, arguments != NULL, 3) + zero;
}

NOINLINE static int recurse(int depth)
{
	int kept = zero + depth;

	return depth ? recurse(depth - 1) + kept : leaf(kept) + kept;
}

ACT(recursion)
{
	return recurse(number_at(count, arguments, 0)) + zero;
}

/* Callbacks of libc */

static int compare(const void *a, const void *b)
{
	return leaf(*(const int *)a) + *(const int *)b;
}

ACT(in_qsort)
{
	int numbers[] = {4, 2, 3, count};

	(void)arguments;
	qsort(numbers, 4, sizeof *numbers, compare);
	return numbers[zero];
}

ACT(in_bsearch)
{
	int numbers[] = {1, 2, 3, count};

	(void)arguments;
	return bsearch(&count, numbers, 4, sizeof *numbers, compare) != NULL;
}

static void at_exit(void)
{
	middle(1, 2, 3);
}

ACT(in_atexit)
{
	(void)count, (void)arguments;
	atexit(at_exit);
	return zero;
}

static void *start_routine(void *argument)
{
	return (void *)(intptr_t)middle(argument != NULL, 2, 3);
}

ACT(in_thread)
{
	pthread_t thread;

	(void)count, (void)arguments;
	pthread_create(&thread, NULL, start_routine, NULL);
	pthread_join(thread, NULL);
	return zero;
}

static void key_destructor(void *value)
{
	middle(value != NULL, 2, 3);
}

static void *sets_key(void *key)
{
	pthread_setspecific(*(pthread_key_t *)key, key);
	return NULL;
}

ACT(in_key_destructor)
{
	pthread_key_t key;
	pthread_t thread;

	(void)count, (void)arguments;
	pthread_key_create(&key, key_destructor);
	pthread_create(&thread, NULL, sets_key, &key);
	pthread_join(thread, NULL);
	return zero;
}

/* Signals */

static void on_signal(int number)
{
	middle(number, 2, 3);
}

static void on_outer_signal(int number)
{
	raise(number == SIGUSR1 ? SIGUSR2 : SIGUSR1);
}

static void catch (int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigaction(number, &action, NULL);
}

ACT(in_handler)
{
	(void)count, (void)arguments;
	catch (SIGUSR1, on_signal, 0);
	raise(SIGUSR1);
	return zero;
}

ACT(in_nested_handler)
{
	(void)count, (void)arguments;
	catch (SIGUSR1, on_outer_signal, 0);
	catch (SIGUSR2, on_signal, 0);
	raise(SIGUSR1);
	return zero;
}

ACT(in_handler_on_alternate_stack)
{
	static char room[64 * 1024];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};

	(void)count, (void)arguments;
	sigaltstack(&stack, NULL);
	catch (SIGUSR1, on_outer_signal, SA_ONSTACK);
	catch (SIGUSR2, on_signal, SA_ONSTACK);
	raise(SIGUSR1);
	return zero;
}

/* The interrupted instruction is any: the signal of a fault, which is handled. */
static void on_fault(int number)
{
	nowhere = 0x100000;
	middle(number, 2, 3);
}

ACT(in_handler_of_fault)
{
	(void)arguments;
	catch (SIGSEGV, on_fault, SA_RESETHAND | SA_NODEFER);
	return middle(count, 2, 3) + zero;
}

/* Stacks that are not a thread's own */

static ucontext_t coroutine, home;

static void coroutine_main(int argument)
{
	middle(argument, 2, 3);
}

ACT(in_coroutine)
{
	static char room[64 * 1024];

	(void)count, (void)arguments;
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = room;
	coroutine.uc_stack.ss_size = sizeof room;
	coroutine.uc_link = &home;
	makecontext(&coroutine, (void (*)(void))(uintptr_t)coroutine_main, 1, 7);
	swapcontext(&home, &coroutine);
	return zero;
}

static jmp_buf place;

NOINLINE static void jump_back(int depth)
{
	if (depth > 0)
		jump_back(depth - 1);
	longjmp(place, depth + 1);
}

ACT(after_longjmp)
{
	(void)arguments;
	if (!setjmp(place))
		jump_back(5);
	return middle(count, 2, 3) + zero;
}

/* Frames of odd forms */

NOINLINE static int variadic(int count, ...)
{
	int numbers[count + zero + 1], sum = 0;
	va_list list;

	va_start(list, count);
	for (int i = 0; i < count; i++)
		numbers[i] = va_arg(list, int);
	va_end(list);
	char *room = alloca((size_t)numbers[0]);

	room[0] = (char)count;
	sum += middle(numbers[0], numbers[zero], room[0]);
	return sum + room[zero] + numbers[zero];
}

ACT(in_variadic)
{
	(void)count, (void)arguments;
	return variadic(3, 100, 2, 3) + zero;
}

/* The stack is aligned anew, and the frame has a size of its own in addition: gcc keeps the CFA by
 * an expression. */
NOINLINE static int realigned(int size)
{
	volatile int __attribute__((aligned(64))) wide[32];
	char *room = alloca((size_t)size);

	wide[size & 31] = size;
	room[0] = 1;
	return middle(wide[zero], room[zero], size) + wide[zero] + room[zero];
}

ACT(in_realigned)
{
	(void)arguments;
	return realigned(count + 100) + zero;
}

__attribute__((cold, noinline)) static int unlikely_part(int value)
{
	return middle(value, 1, 2) + value;
}

/* Its second half is moved away, behind another function: "part.cold". */
NOINLINE static int with_cold_part(int value)
{
	int kept = value + zero;

	if (__builtin_expect(kept > 0, 0)) {
		unlikely_part(kept);
		unlikely_part(kept + zero);
		abort();
	}
	return kept;
}

ACT(in_cold_part)
{
	(void)count, (void)arguments;
	return with_cold_part(1) + zero;
}

NOINLINE static int tail_caller(int value)
{
	return middle(value, value + 1, value + 2);
}

ACT(after_tail_call)
{
	(void)arguments;
	return tail_caller(count) + zero;
}

__attribute__((noreturn, noinline)) static void never_returns(void)
{
	leaf(1);
	for (;;)
		pause();
}

/* A call is its last instruction: the return address is another function's. */
NOINLINE static int ends_in_a_call(int value)
{
	if (value)
		never_returns();
	return value + 1;
}

ACT(after_last_call)
{
	(void)count, (void)arguments;
	return ends_in_a_call(1) + zero;
}

/* Nothing is saved on the short way. */
NOINLINE static int shrink_wrapped(int value, int *sum)
{
	if (!value)
		return 1;
	for (int i = 0; i < value; i++)
		*sum += middle(value + i, *sum, value);
	return *sum;
}

ACT(in_shrink_wrapped)
{
	int sum = zero;

	(void)arguments;
	return shrink_wrapped(count + 1, &sum) + sum;
}

/* A leaf whose variables lie below the stack pointer. */
NOINLINE static int in_the_red_zone(int value)
{
	volatile int room[8];

	for (int i = 0; i < 8; i++)
		room[i] = value + i;
	*(volatile int *)(nowhere + 8) = room[zero];
	return room[zero + 1];
}

ACT(red_zone)
{
	(void)arguments;
	return in_the_red_zone(count) + zero;
}

/* Jumps to what is no code */

static int jump_to(uintptr_t to)
{
	return ((int (*)(void))to)() + zero;
}

ACT(jump_to_null)
{
	(void)count, (void)arguments;
	return jump_to(nowhere) + zero;
}

ACT(jump_to_junk)
{
	(void)count, (void)arguments;
	return jump_to(nowhere + 0x1234) + zero;
}

ACT(jump_to_data)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)count, (void)arguments;
	return jump_to((uintptr_t)page) + zero;
}

ACT(jump_to_own_data)
{
	static char data[64] = {1};

	(void)count, (void)arguments;
	return jump_to((uintptr_t)data) + zero;
}

static const struct act acts[] = {
	{"null_write", null_write},
	{"recursion", recursion},
	{"in_qsort", in_qsort},
	{"in_bsearch", in_bsearch},
	{"in_atexit", in_atexit},
	{"in_thread", in_thread},
	{"in_key_destructor", in_key_destructor},
	{"in_handler", in_handler},
	{"in_nested_handler", in_nested_handler},
	{"in_handler_on_alternate_stack", in_handler_on_alternate_stack},
	{"in_handler_of_fault", in_handler_of_fault},
	{"in_coroutine", in_coroutine},
	{"after_longjmp", after_longjmp},
	{"in_variadic", in_variadic},
	{"in_realigned", in_realigned},
	{"in_cold_part", in_cold_part},
	{"after_tail_call", after_tail_call},
	{"after_last_call", after_last_call},
	{"in_shrink_wrapped", in_shrink_wrapped},
	{"red_zone", red_zone},
	{"jump_to_null", jump_to_null},
	{"jump_to_junk", jump_to_junk},
	{"jump_to_data", jump_to_data},
	{"jump_to_own_data", jump_to_own_data},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
