/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads.h - an alternate stack for every thread, so that the end by a stack overflow can be told.
 *
 * Only where a thread has none and nobody but us would use it: a host that handles SIGSEGV itself
 * gets none, because a handler of its own that could not run on an overflowed stack would run on
 * ours. The host does not see it: asked for its alternate stack, it hears what it has set itself.
 * The stacks lie in memory of our own and are used again when their thread is gone; none is ever
 * unmapped, and no code of ours runs at the end of a thread. Signal-safe and lock-free. Threads:
 * any.
 */
#pragma once

/* Constructor only: the stack of the first thread. */
void threads_begin(void);
