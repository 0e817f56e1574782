/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - the numbers of this process and thread, which each record carries, without a system call
 * each time.
 *
 * Both are cached. The kernel clears the cached process in every forked child (MADV_WIPEONFORK),
 * however the child was forked; a thread looks itself up again where the process has changed.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <sys/types.h>

/* Called once, before the others. From then on clocks are read by libc's clock_gettime(). */
void own_begin(void);

/* The same as getpid() and gettid(). */
pid_t own_process(void);
pid_t own_thread(void);
