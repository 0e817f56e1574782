/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocking.h - the calls with which a program waits: there is the time to write what is pending.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

/* The program is about to make system call NUMBER, whose second argument is B, by syscall(): write
 * what is pending if that may wait, end the process or make it another program. */
void blocking_before_call(long number, long b);
