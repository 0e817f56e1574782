/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresholds.h - every span of time by which the report decides whether one event caused another.
 *
 * All are in microseconds. Where no standard is named, the value was chosen from jobs whose first
 * failure is known (tests/unit/fixtures, tests/launch). Signal-safe: yes. Threads: any.
 */
#pragma once

#define MILLISECONDS 1000
#define SECONDS (1000 * MILLISECONDS)

/* The resolution of a process's start time in proc(5): 1/100 s. */
#define START_TICK_US (10 * MILLISECONDS)

/*
 * How long before it is reported a termination may have begun to show to other processes
 * (rules_lateness_us()):
 *   - an exit runs handlers and destructors, and closes connections, before it is reported;
 *   - a waiter looks only from time to time;
 *   - an exception may be reported when the process terminates, by a signal during a long cleanup;
 *     likewise a fault whose handler waits for ever.
 * A fatal signal, an abort and the like are reported where they happen: 0; so is an exception whose
 * own event is there.
 */
#define LATENESS_EXIT_US (2 * SECONDS)
#define LATENESS_WAITER_US (5 * SECONDS)
#define LATENESS_CLEANUP_US (10 * SECONDS)

/* A program that only waits for a child terminates within this after it, finalizers included. */
#define HANDING_ON_US (1 * SECONDS)

/* A program that only runs one other, as flock does, ends within this after it. */
#define WRAPPING_US (100 * MILLISECONDS)

/* A waiter sees a death by SIGKILL within this time; a launcher that sends SIGTERM first waits
 * longer than this before it sends SIGKILL. */
#define KILL_GRACE_US (50 * MILLISECONDS)

/* Slurm sends SIGKILL at the earliest so long after SIGTERM: KillWait of slurm.conf(5), in seconds,
 * 30 unless set. */
#define SLURM_KILL_WAIT_US (1 * SECONDS)

/* A failure may be a second cause if it comes at most so long after the first, by the same clock.
 * The effects of a lost peer on other ranks mostly take longer. */
#define CONCURRENT_US (10 * MILLISECONDS)

/* Ranks that raise the same exception of their own have a common cause, if that takes them not much
 * longer than ranks differ in how fast they start. */
#define ALIKE_US (1 * SECONDS)

/* Likewise of ranks that exit with the same status at the same place: longer than machines under
 * load need for it, shorter than programs wait before they give up on a peer. */
#define ALIKE_EXIT_US (100 * MILLISECONDS)

/* Who is in a collective call for so long when it ends waits there for others: while ranks move,
 * most calls take less. */
#define CALL_WAITS_US (500 * MILLISECONDS)

/* A launcher's death, which its waiter reports, may come at most so much later than the failures of
 * the ranks that it took with it. */
#define LAUNCHER_DEATH_US (200 * MILLISECONDS)

/* Open MPI ends the other ranks one second after a rank left without MPI_Finalize; the rest is for
 * the time that takes on a loaded machine. */
#define LEFT_EARLY_US (3 * SECONDS)

/* A dump of calls has times of the same host's clock as the events of its rank; this is for steps
 * of that clock. */
#define DUMP_CLOCK_US (2 * SECONDS)

/* An error of a GPU that the kernel logged without a process may be why a program that uses GPUs of
 * that host failed within this: NCCL waits for 10 minutes before it gives up. */
#define HOST_ERROR_US ((int64_t)15 * 60 * SECONDS)

/* PyTorch has all ranks write their dumps within some seconds of the first that waited in vain;
 * those that were written further apart may show different calls. */
#define DUMPS_APART_US (60 * SECONDS)

/* Where a rank was seen says where it ended if it ended at most so much later: launchers wait 30 s
 * at most between SIGTERM and SIGKILL, and ranks are looked at once a minute. */
#define SEEN_US (90 * SECONDS)
