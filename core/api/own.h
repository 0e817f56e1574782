/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - the numbers of this process and thread, which each record carries, without a system call
 * each time.
 *
 * They are remembered for a process and a thread; the kernel forgets the former in every forked
 * child (MADV_WIPEONFORK), however it was forked. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <sys/types.h>

/* Once, before the others; clocks are read by libc from then on. */
void own_begin(void);

/* getpid() and gettid(). */
pid_t own_process(void);
pid_t own_thread(void);
