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

/* Called once, before the others. From then on clocks are read by libc's clock_gettime(). */
void own_begin(void);

/* The same as getpid() and gettid(). */
pid_t own_process(void);
pid_t own_thread(void);
