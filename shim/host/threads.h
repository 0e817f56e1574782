/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads.h - an alternate stack for every thread, so that the death by a stack overflow can be
 * reported.
 *
 * A thread gets a stack only if it has none, and only our handler runs there: handler_stack.h keeps
 * the host's handlers off. If the host handles SIGSEGV past libc, its threads get none. The host
 * does not see our stacks: sigaltstack() returns what the host has set. They lie in memory of our
 * own and are reused when their thread is gone; none is ever unmapped, and no code of ours runs
 * when a thread exits. Signal-safe and lock-free. Threads: any.
 */
#pragma once

/* Constructor only: give the first thread its stack. */
void threads_begin(void);
