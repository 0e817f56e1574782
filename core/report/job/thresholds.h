/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresholds.h - every span of time by which the report takes one event for the cause of another.
 *
 * All are in microseconds. Where no standard is named, the value was chosen from jobs whose first
 * failure is known (tests/unit/fixtures, tests/launch). Signal-safe: yes. Threads: any.
 */
#pragma once

#define MILLISECONDS 1000
#define SECONDS (1000 * MILLISECONDS)

/* proc(5) counts the start of a process in ticks of 1/100 s, and no more exactly. */
#define START_TICK_US (10 * MILLISECONDS)

/*
 * How long before it is reported a termination may have begun to show to others
 * (rules_lateness_us()):
 *   - an exit lets go of its peers first, and its handlers and destructors run before it is
 *     reported;
 *   - a waiter looks now and then;
 *   - an exception is reported when the process ends, be it by a signal during a long cleanup.
 * A fatal signal, an abort and the like are reported where they happen: 0.
 */
#define LATENESS_EXIT_US (2 * SECONDS)
#define LATENESS_WAITER_US (5 * SECONDS)
#define LATENESS_CLEANUP_US (10 * SECONDS)

/* A program that only waits for another ends within this after that, finalizers and all. */
#define HANDING_ON_US (1 * SECONDS)

/* A waiter sees a SIGKILL's work at once; a launcher that kills after it has sent SIGTERM waits
 * longer than this. */
#define KILL_GRACE_US (50 * MILLISECONDS)

/* A failure may be a second cause at most so long after the first, by the same clock: what a lost
 * peer does to others mostly takes longer. */
#define CONCURRENT_US (10 * MILLISECONDS)

/* A launcher's death is reported by its waiter: at most so much later than the failures of those
 * that it took with it. */
#define LAUNCHER_DEATH_US (200 * MILLISECONDS)

/* Open MPI ends the other ranks a second after one left without MPI_Finalize; the rest is for what
 * that takes on a loaded machine. */
#define LEFT_EARLY_US (3 * SECONDS)
