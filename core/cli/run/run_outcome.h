/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_outcome.h - the last thing of `vigil run`: to end as its command did.
 *
 * Signal-safe: yes. Threads: one.
 */
#pragma once

/* What the verdict is printed on: at every end, when anything failed, at no end. */
enum run_report { REPORT_ALWAYS, REPORT_FAILURE, REPORT_NEVER };

/*
 * Exit as the wait status STATUS says, or die by the same signal, without a core file of our own.
 */
void run_end(int status) __attribute__((noreturn));

/*
 * From here on an impatient Ctrl-C or Ctrl-\ ends `vigil run` at once, still with STATUS: what
 * remains to be said is cut off. Other signals stay blocked.
 */
void run_end_on_interrupt(int status);
