/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_launch.h - starts the command as the caller started us, with the same process group, signal
 * mask, dispositions and descriptors; and ends as the command did.
 *
 * Signal-safe: no, but for run_end(). Threads: one.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Our signals as the caller left them, for the command. */
struct run_signals {
	sigset_t mask;
	struct sigaction child; /* SIGCHLD's disposition: the only one that we change */
};

/*
 * Block every signal from here on, to be taken with sigwaitinfo(2): without handlers the command
 * inherits its dispositions untouched. SIGCHLD is set to its default: if it is ignored, children
 * cannot be waited for.
 */
void run_signals_hold(struct run_signals *ret_before);

/*
 * Start PATH with ARGV and our environment; it needs no free descriptor. Returns its pid once its
 * program runs; or -errno of vfork(2), with *RET_FORKED false, or of execve(2), and there is no
 * child.
 */
pid_t run_launch(
	const char *path, char *const *argv, const struct run_signals *before, bool *ret_forked);

/* Become PATH ourselves, with the signals as they were. Returns only on failure, with errno. */
void run_exec(const char *path, char *const *argv, const struct run_signals *before);

/*
 * Open /dev/null, not for the command, where a standard descriptor is closed: else a file of ours
 * would take its number.
 */
void run_descriptors_hold(void);

/*
 * Close what the command alone should hold, so that who reads from or writes to the command sees
 * when it closes that. Standard input, and standard output and error unless they are still needed,
 * become /dev/null; everything above but KEEP (-1: nothing) is closed.
 */
void run_descriptors_release(bool need_output, bool need_error, int keep);

/* Close the open descriptors from FIRST to LAST. */
void run_descriptors_close(int first, int last);

/* Die of SIGNAL, or stop by it, which is blocked: it gets its default action, and is unblocked. */
void run_take_signal(int signal);

/*
 * Exit as the wait status STATUS says, or die of the same signal, without a core file of our own.
 * Signal-safe.
 */
void run_end(int status) __attribute__((noreturn));

/*
 * From here on SIGINT and SIGQUIT end us at once, with STATUS: the rest of the output is lost.
 * Other signals stay blocked.
 */
void run_end_on_interrupt(int status);
