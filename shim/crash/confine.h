/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - lets a task do nothing but compute, before it runs code of the host's.
 *
 * Signal-safe: yes. Threads: it holds for the calling task alone.
 */
#pragma once

#include <stdbool.h>

/*
 * From now on the calling process may allocate memory, wait for a lock, signal itself and end; any
 * other system call fails with EPERM, so nothing that it shares but memory can change. There is no
 * way back. Returns false, and nothing is forbidden, when the kernel refuses the filter.
 */
bool confine(void);
