/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads.h - an alternate stack for every thread, so that the end by a stack overflow can be
 * reported.
 *
 * Only where a thread has none, and nobody but us runs on it: handler_stack.h keeps the host's
 * handlers off. A host that handles SIGSEGV past libc gets none in its threads. The host does not
 * see it: asked for its alternate stack, it hears what it has set itself.
 * The stacks lie in memory of our own and are used again when their thread is gone; none is ever
 * unmapped, and no code of ours runs at the end of a thread. Signal-safe and lock-free. Threads:
 * any.
 */
#pragma once

/* Constructor only: the stack of the first thread. */
void threads_begin(void);
