/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - the fault behind a signal that the program sent to itself.
 *
 * A handler of the host's (Open MPI's, UCX's) that reports a fault and then raises the signal again
 * leaves a second siginfo that knows nothing of it. But the second signal comes when the handler
 * returns, so it interrupts the faulting instruction itself, and the kernel hands out the
 * processor's words about the last fault with it (x86-64: trapno, err, cr2). Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fault {
	int code; /* si_code of the fault itself */
	bool has_address;
	uint64_t address;
};

/*
 * What CONTEXT, a ucontext_t, says of a fault that leads to signal NUMBER. Returns false when it
 * reports none: then somebody called raise() or kill(), and the interrupted instruction is that
 * system call. On machines other than x86-64 always false.
 */
bool fault_of_context(int number, const void *context, struct fault *ret_fault);
