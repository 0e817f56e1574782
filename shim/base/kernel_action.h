/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_action.h - a signal's disposition as the kernel stores it, read and set without libc.
 *
 * Signal-safe: yes. Threads: any; a disposition is the whole process's.
 */
#pragma once

#include "core/base/signal_table.h"
#include "core/base/sys.h"

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

typedef void kernel_handler(int number, siginfo_t *info, void *context);

/* The kernel's struct sigaction, whose layout differs from libc's. On aarch64 it has a restorer,
 * too, which the kernel ignores. */
struct kernel_action {
	kernel_handler *handler;
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* The flag that libc adds to every action that it sets, and shows: <asm/signal.h>. */
#if defined(__x86_64__)
#define KERNEL_SA_RESTORER 0x04000000

/* Where a handler returns to: rt_sigreturn(2), in signal_return.c. */
void signal_restorer(void) __attribute__((visibility("hidden")));
#else
#define KERNEL_SA_RESTORER 0
#endif

/* The action that calls HANDLER on the alternate stack, with the signals of MASK blocked. */
static inline struct kernel_action kernel_action(kernel_handler *handler, uint64_t mask)
{
	struct kernel_action action = {
		.handler = handler,
		.flags = SA_ONSTACK | SA_SIGINFO,
		.mask = mask,
	};

#if defined(__x86_64__)
	action.flags |= KERNEL_SA_RESTORER;
	action.restorer = signal_restorer;
#endif
	return action;
}

/* sigaction(2); OLD may be NULL. Returns 0 or -errno. */
static inline int kernel_action_set(
	int number, const struct kernel_action *action, struct kernel_action *old)
{
	return (int)sys_call(
		SYS_rt_sigaction, number, (long)action, (long)old, SYS_SIGSET_SIZE, 0, 0);
}

/* Let NUMBER be blocked when the handler that was called with CONTEXT, a ucontext_t, returns. */
static inline void context_block(void *context, int number)
{
	uint64_t *mask = (uint64_t *)(void *)&((ucontext_t *)context)->uc_sigmask;

	*mask |= SIGNAL_BIT(number);
}
