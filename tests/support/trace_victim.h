/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_victim.h - crashes a function in a child and gives its trace to the test.
 *
 * The child shares one struct trace with the test, at the same address, so its pointers are good on
 * both sides. It traces in its signal handler and ends there: cmocka, which takes over the fatal
 * signals in the test's own process, sees nothing.
 */
#pragma once

#include "core/trace/trace.h"
#include "tests/support/cmocka.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A function that stays one, with its own name and frame, whatever the optimizer likes. */
#if defined(__clang__)
#define NOINLINE __attribute__((noinline, used))
#else
#define NOINLINE __attribute__((noinline, noclone, used))
#endif

/* As the preload does it. */
__attribute__((constructor)) static void victim_loader(void)
{
	modules_ask(_dl_find_object);
}

static struct trace *victim_trace;
static void (*victim_then)(const void *ucontext); /* called in the handler, after the trace */

static inline void victim_handler(int signal_number, siginfo_t *info, void *ucontext)
{
	(void)signal_number, (void)info;
	trace_from_context(victim_trace, ucontext);
	trace_modules(victim_trace);
	trace_symbolize(victim_trace);
	if (trace_outermost(victim_trace, INT64_MAX)) {
		trace_modules(victim_trace);
		trace_symbolize(victim_trace);
	}
	if (victim_then != NULL)
		victim_then(ucontext);
	_exit(0);
}

static inline void victim_catch(int signal_number)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

	action.sa_sigaction = victim_handler;
	sigaction(signal_number, &action, NULL);
}

static inline void victim_prepare(void)
{
	stack_t stack = {.ss_size = 256 * 1024};

	stack.ss_sp = mmap(
		NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	victim_catch(SIGSEGV);
	victim_catch(SIGBUS);
	victim_catch(SIGILL);
	victim_catch(SIGABRT);
	alarm(20);
}

/* The trace of VICTIM's crash, or as much as there was; good until the next call. NULL: it did not
 * end in its handler. */
static inline struct trace *trace_of(void (*victim)(void))
{
	if (victim_trace == NULL)
		victim_trace = mmap(NULL, sizeof *victim_trace, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	victim_trace->count = 0;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		victim_prepare();
		victim();
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return NULL;
	return victim_trace;
}

/*
 * Under ThreadSanitizer a signal's handler is called later, by a function of the sanitizer's: its
 * stack is another one. It does not know of our clones, either.
 */
static inline void skip_under_thread_sanitizer(void)
{
#if defined(__SANITIZE_THREAD__)
	print_message("# SKIP ThreadSanitizer calls handlers itself, and knows no clones\n");
	skip();
#endif
}

/* The first frame of FUNCTION; NULL when there is none. */
static inline const struct frame *frame_of(const struct trace *trace, const char *function)
{
	for (unsigned i = 0; i < trace->count; i++)
		if (trace->frames[i].function != NULL &&
			strcmp(trace->frames[i].function, function) == 0)
			return &trace->frames[i];
	return NULL;
}
