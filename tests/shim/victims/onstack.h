/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onstack.h - what the victims with SA_ONSTACK share: handlers that say where they run, and threads
 * from before these were set.
 */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

typedef void *routine(void *);

static char own_memory[256 * 1024];
static __thread uintptr_t stack_begin, stack_end;
__attribute__((unused)) static volatile int zero, depth, calls;
static int room; /* what a handler uses, in KiB */

/* Handlers are called at points that are known, so they may print. */
static inline void find_own_stack(void)
{
	pthread_attr_t attributes;
	void *begin;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &begin, &size);
	pthread_attr_destroy(&attributes);
	stack_begin = (uintptr_t)begin;
	stack_end = stack_begin + size;
}

static inline const char *place(const void *at)
{
	uintptr_t address = (uintptr_t)at;

	return address >= stack_begin && address < stack_end	     ? "the thread's stack"
	       : address - (uintptr_t)own_memory < sizeof own_memory ? "the alternate stack"
								     : "a strange stack";
}

__attribute__((noinline, unused)) static int use(int kilobytes)
{
	volatile char bytes[1024];

	bytes[0] = (char)kilobytes;
	return kilobytes <= 1 ? bytes[0] : use(kilobytes - 1) + bytes[0];
}

#if defined(__x86_64__)
/* Whether CONTEXT is where the kernel puts it: below the red zone and the extended state. */
static inline int is_in_place(const ucontext_t *context)
{
	const char *state = (const char *)context->uc_mcontext.fpregs;
	uintptr_t end = (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - 128;
	unsigned size;

	memcpy(&size, state + 468, sizeof size);
	return (uintptr_t)state == ((end - size) & ~(uintptr_t)63) &&
	       (uintptr_t)context == (((uintptr_t)state - 440) & ~(uintptr_t)15);
}
#endif

static inline void print_context(const ucontext_t *context, const void *frame)
{
	const stack_t *stack = &context->uc_stack;

	printf("  uc_stack %s, size %zu, flags %d, uc_flags %#lx\n",
		stack->ss_sp == NULL	     ? "null"
		: stack->ss_sp == own_memory ? "own"
					     : "strange",
		stack->ss_size, stack->ss_flags, context->uc_flags);
	printf("  on %s, context on %s", place(frame), place(context));
#if defined(__x86_64__)
	if (!strcmp(place(context), "the thread's stack"))
		printf(", in place %d", is_in_place(context));
#endif
	printf("\n");
}

static inline void handle(int number, siginfo_t *info, void *context)
{
	stack_t now;

	depth++;
	printf("signal %d at depth %d: si_signo %d, si_code %d, own %d\n", number, depth,
		info->si_signo, info->si_code, info->si_pid == getpid());
	print_context(context, __builtin_frame_address(0));
	memset(&now, 0xff, sizeof now);
	printf("  sigaltstack %d", sigaltstack(NULL, &now));
	printf(": %s, flags %d\n", now.ss_sp == NULL ? "null" : "a stack", now.ss_flags);
	if (room)
		use(room);
	fflush(stdout);
	depth--;
}

static inline void handle_simply(int number)
{
	depth++;
	printf("signal %d at depth %d on %s\n", number, depth, place(__builtin_frame_address(0)));
	if (room)
		use(room);
	fflush(stdout);
	depth--;
}

static inline void install(int number, int flags)
{
	struct sigaction action = {.sa_flags = flags | SA_ONSTACK}, old;

	if (flags & SA_SIGINFO)
		action.sa_sigaction = handle;
	else
		action.sa_handler = handle_simply;
	sigaction(number, &action, NULL);
	sigaction(number, NULL, &old);
	printf("%d shows flags %#x, %s\n", number, (unsigned)old.sa_flags & ~0x04000000u,
		old.sa_sigaction == handle || old.sa_handler == handle_simply ? "the handler"
									      : "another");
}

/* A thread that has begun, and goes on when it is reported to. */
static pthread_barrier_t barrier;
static routine *later;

static inline void *waits_first(void *argument)
{
	find_own_stack();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return later(argument);
}

static inline pthread_t start(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, waits_first, NULL);
	pthread_barrier_wait(&barrier);
	return thread;
}

static inline void go_on(pthread_t thread, routine *what)
{
	later = what;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}

static inline void *raises_usr1(void *unused)
{
	raise(SIGUSR1);
	return unused;
}
