/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasks.h - the threads of this process, from /proc.
 *
 * Signal-safe: yes. Threads: any, and in a tracer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Call EACH for every thread, the calling one among them. Returns false when /proc has no list. */
bool tasks_each(void (*each)(pid_t tid));

/*
 * Let our tracer trace this process where Yama lets only ancestors trace (ptrace_scope 1):
 * PR_SET_PTRACER names a process that may trace it, with its descendants; this process names
 * itself, because the tracer is its child. That replaces what the host may have set there, and lets
 * no other process trace. Returns whether the caller has to call tasks_forbid_ptrace() afterwards.
 */
bool tasks_allow_ptrace(void);
void tasks_forbid_ptrace(void);

enum task_state { TASK_GONE, TASK_REFUSED, TASK_RUNS, TASK_WAITS };

/*
 * What thread TID does. TASK_WAITS: it waits in the kernel, and its stack pointer and pc are
 * returned; other registers are not known. TASK_REFUSED: the kernel would not let the caller trace
 * it.
 */
enum task_state task_where(pid_t tid, uint64_t *ret_sp, uint64_t *ret_pc);

/* The signals that thread TID blocks, as a mask; 0 where /proc does not say. */
uint64_t task_blocked(pid_t tid);

/* The one process that traces thread TID; 0: none. */
pid_t task_tracer(pid_t tid);

/* Read FILE of thread TID's directory in /proc, as file_read() does. */
ssize_t task_read(pid_t tid, const char *file, char *buffer, size_t size);

/* The name of a thread, with its NUL: comm in proc(5). */
#define TASK_NAME_SIZE 16

/* Thread TID's name. Returns false, and NAME is empty, where /proc does not say. */
bool task_name(pid_t tid, char name[TASK_NAME_SIZE]);
