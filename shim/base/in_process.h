/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_process.h - does the tracer's work in the dying thread itself, where the kernel refuses the
 * tracer (RLIMIT_NPROC, pids.max, a filter of system calls).
 *
 * The work runs on the tracer's stack. Until it is over, our own handlers catch faults: a fault of
 * this thread ends the work, and what the work has stored stays; another thread that faults waits
 * for the end of the work, and then gets its signal again, with the host's disposition. A child
 * that is forked meanwhile restores the dispositions itself. Nobody can kill work that hangs here,
 * so the work limits itself (the number of frames, the number of bytes that it reads, struct
 * trace's until_us), and runs no code of the host's (what(), Python's dump). For about a
 * millisecond another thread that asks for the disposition of a fault's signal sees ours.
 * Signal-safe: yes, it needs little stack. Threads: one at a time in a process.
 */
#pragma once

#include "core/events/event.h"

/*
 * Run WORK(ARGUMENT). Returns TRACE_IN_PROCESS if WORK returned, TRACE_DIED if it faulted, and
 * TRACE_NONE, without running it, if there is no stack for it. Meanwhile the calling thread blocks
 * all signals except those of faults; afterwards the signal mask, the dispositions and the
 * alternate stack are restored.
 */
enum trace_outcome in_process_run(void (*work)(void *), void *argument);
