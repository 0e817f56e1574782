/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocking.h - the calls with which a program waits: before them the pending events are written.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

/* The program is about to make system call NUMBER, whose second argument is B, by syscall(): write
 * the pending events if it may wait, terminate the process or exec. */
void blocking_before_call(long number, long b);
