/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasks.h - the threads of this process, as /proc lists them.
 *
 * Signal-safe: yes. Threads: any, and in a tracer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Call EACH for every thread there is, the caller's too. Returns false when /proc has no list. */
bool tasks_each(void (*each)(pid_t tid));

/*
 * Let our tracer look at them: where Yama lets a process be traced by its ancestors alone, it may
 * name one more, whose descendants may as well; itself, as the tracer is its child. Returns whether
 * tasks_hide() is to follow.
 */
bool tasks_show(void);
void tasks_hide(void);

enum task_stands { TASK_GONE, TASK_REFUSED, TASK_RUNS, TASK_WAITS };

/*
 * Whether thread TID waits in the kernel; then its stack pointer and pc are known, and no other
 * register. The kernel reports those who might trace it; TASK_REFUSED is for the others.
 */
enum task_stands task_where(pid_t tid, uint64_t *ret_sp, uint64_t *ret_pc);

/* The signals that thread TID blocks, as a mask; 0 where that is not to be had. */
uint64_t task_blocked(pid_t tid);
