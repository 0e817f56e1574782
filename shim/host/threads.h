/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads.h - an alternate stack for every thread, so that the death by a stack overflow can be
 * reported.
 *
 * A thread gets one only where it has none, and none but our handler runs there: handler_stack.h
 * keeps the host's handlers off. A host that handles SIGSEGV past libc gets none in its threads.
 * The host does not see it: sigaltstack() returns what the host has set itself. The stacks lie in
 * memory of our own and are used again when their thread is gone; none is ever unmapped, and no
 * code of ours runs when a thread exits. Signal-safe and lock-free. Threads: any.
 */
#pragma once

/* Constructor only: give the first thread its stack. */
void threads_begin(void);
