/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_process.h - does the tracer's work in the dying thread itself, where the kernel refuses the
 * tracer (RLIMIT_NPROC, pids.max, a filter of system calls).
 *
 * On the tracer's stack, with handlers of our own for faults as long as it takes: a fault of this
 * thread ends the work, and what it stored is there; another thread that faults meanwhile waits,
 * and then has its signal again, by the host's own disposition. A child that is forked meanwhile
 * puts the dispositions back itself. Nobody can kill work that hangs here: it must be bounded by
 * itself (the number of frames, of bytes that are read, struct trace's until_us), and code of the
 * host's (what(), Python's dump) is not run. For that millisecond another thread that asks for the
 * disposition of SIGSEGV and its like sees ours. Signal-safe: yes, it needs little stack. Threads:
 * one at a time in a process.
 */
#pragma once

#include "core/events/event.h"

/*
 * Run WORK(ARGUMENT). Returns TRACE_IN_PROCESS when it returned, TRACE_DIED when it faulted, and
 * TRACE_NONE, and nothing ran, when there is no stack for it. While it runs, all signals of the
 * calling thread but those of faults are blocked; then mask, dispositions and alternate stack are
 * what they were.
 */
enum trace_outcome in_process_run(void (*work)(void *), void *argument);
