/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps through a program, instruction by instruction, and after each one compares the unwinder's
 * frames with the return addresses that the calls have pushed. Those are known from the steps
 * themselves: a call leaves the address behind it on the top of the stack, and what lies below the
 * stack pointer is over. Prints a line for each mismatch, and at the end how many steps there were.
 *
 * longjmp() describes its last steps as if it were in the frame already that it goes to. Such
 * frames are no mismatch if the next step out of them goes there.
 *
 * An argument is a library whose throw_and_catch() is stepped through as well; a static program
 * takes none.
 */
#include "core/trace/unwind.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define CALLS_MAX 256
#define INSTRUCTION_MAX 15 /* bytes */
#define TRAP_FLAG "0x100"
#define MISMATCHES_MAX 100

static struct {
	uint64_t slots[CALLS_MAX]; /* where the return addresses of the calls under way are */
	unsigned count;
	uint64_t pc, sp;
	uint64_t leap; /* where frames say that we are, and we are not yet; 0: none do */
	unsigned long leaping, steps, frames, mismatches;
} stepped;

static uint64_t word_at(uint64_t address)
{
	uint64_t word;

	memcpy(&word, (const void *)(uintptr_t)address, sizeof word);
	return word;
}

static void follow(uint64_t pc, uint64_t sp)
{
	while (stepped.count > 0 && stepped.slots[stepped.count - 1] < sp)
		stepped.count--;
	if (stepped.pc != 0 && sp == stepped.sp - 8 && word_at(sp) > stepped.pc &&
		word_at(sp) - stepped.pc <= INSTRUCTION_MAX && pc - stepped.pc > INSTRUCTION_MAX)
		stepped.slots[stepped.count++] = sp;
	stepped.pc = pc;
	stepped.sp = sp;
}

/* A frame 1 that is FOUND, and not where the call came from. */
static bool is_ahead(uint64_t found)
{
	if (stepped.leap != 0 && stepped.leap != found)
		return false;
	stepped.leap = found;
	stepped.leaping++;
	return true;
}

static void complain(uint64_t pc, unsigned frame, uint64_t expected, uint64_t found)
{
	Dl_info info = {.dli_fname = "?"};

	if (stepped.mismatches++ >= MISMATCHES_MAX)
		return;
	dladdr((void *)(uintptr_t)pc, &info);
	printf("at %#lx (%s+%#lx, %s): frame %u is %#lx and should be %#lx\n", pc, info.dli_fname,
		pc - (uint64_t)(uintptr_t)info.dli_fbase, info.dli_sname ? info.dli_sname : "?",
		frame, found, expected);
}

static void on_step(int number, siginfo_t *info, void *context)
{
	static struct modules modules;
	struct trace_registers registers;
	struct unwind unwind;

	(void)number;
	(void)info;
	registers_from_context(&registers, context);
	follow(registers.value[REGISTER_PC], registers.value[REGISTER_SP]);
	unwind_init(&unwind, &registers, &modules);
	stepped.steps++;
	if (stepped.pc == stepped.leap)
		stepped.leap = stepped.leaping = 0;
	for (unsigned i = stepped.count; i-- > 0;) {
		uint64_t expected = word_at(stepped.slots[i]);
		const char *stop = unwind_step(&unwind);
		uint64_t found = stop == NULL ? unwind_pc(&unwind) : 0;

		stepped.frames++;
		if (found == expected)
			continue;
		if (found == 0 || i + 1 < stepped.count || !is_ahead(found))
			complain(stepped.pc, stepped.count - i, expected, found);
		break;
	}
}

/* What is stepped through */

static volatile int log_file;
static jmp_buf place;

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static int with_room(int size)
{
	int numbers[size];
	volatile int __attribute__((aligned(64))) wide[16];

	for (int i = 0; i < size; i++)
		numbers[i] = size * 7 % (i + 1);
	wide[size & 15] = size;
	qsort(numbers, (size_t)size, sizeof *numbers, compare);
	return numbers[0] + wide[0];
}

__attribute__((noinline)) static void jump_back(int depth)
{
	if (depth > 0)
		jump_back(depth - 1);
	longjmp(place, 1);
}

__attribute__((noinline)) static void exercise(void)
{
	char text[200];
	struct timespec now;
	char *volatile memory = malloc(5000);

	if (!setjmp(place))
		jump_back(3);
	log_file = with_room(20);
	snprintf(text, sizeof text, "%d %s %g %p", log_file, "word", 1.5, (void *)memory);
	memcpy(memory, text, sizeof text);
	memset(memory + sizeof text, 1, 3000);
	memmove(memory + 1, memory, 4000);
	log_file = (int)strlen(text) + strcmp(text, memory) + (int)strtol("123", NULL, 10);
	log_file += memchr(memory, 'x', 4000) != NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	log_file += (int)getppid() + atoi("7") + (getenv("HOME") != NULL);
	free(memory);
}

__attribute__((noinline)) static void step(int (*throw_and_catch)(int))
{
	__asm__ volatile("pushfq\n\torq $" TRAP_FLAG ", (%%rsp)\n\tpopfq" : : : "memory", "cc");
	exercise();
	if (throw_and_catch)
		log_file = throw_and_catch(3);
	__asm__ volatile("pushfq\n\tandq $~" TRAP_FLAG ", (%%rsp)\n\tpopfq" : : : "memory", "cc");
}

static int (*throwing(int argc, char **argv))(int)
{
#ifndef STATIC
	void *library = argc > 1 ? dlopen(argv[1], RTLD_LAZY) : NULL;

	if (library)
		return (int (*)(int))(uintptr_t)dlsym(library, "throw_and_catch");
#endif
	if (argc > 1)
		fprintf(stderr, "%s cannot be loaded\n", argv[1]);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static char room[256 * 1024];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};

	modules_ask(_dl_find_object);
	sigaltstack(&stack, NULL);
	sigaction(SIGTRAP, &action, NULL);
	step(throwing(argc, argv));
	stepped.mismatches += stepped.leaping;
	printf("%lu steps, %lu frames, %lu mismatches\n", stepped.steps, stepped.frames,
		stepped.mismatches);
	return stepped.mismatches != 0 || stepped.count != 0;
}
