/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_launch.h - starts the command as the caller itself was started: same group, mask,
 * dispositions, descriptors.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* How the caller found its signals, to be handed to the command. */
struct run_signals {
	sigset_t mask;
	struct sigaction child; /* SIGCHLD's disposition: the only one that vigil has to change */
};

/*
 * From here on every signal waits until it is taken with sigwaitinfo(2): no handler, so that the
 * command inherits its dispositions untouched. SIGCHLD is set to its default, or the dead could not
 * be waited for.
 */
void run_signals_hold(struct run_signals *ret_before);

/*
 * Start PATH with ARGV and ENVIRONMENT; that takes no descriptor. Returns its pid once its program
 * runs, or -errno of fork(2) or execve(2); then there is no child. *RET_FORKED: it was not fork(2).
 */
pid_t run_launch(const char *path, char *const *argv, char *const *environment,
	const struct run_signals *before, bool *ret_forked);

/* Become PATH ourselves, with the signals as they were. Returns only on failure, with errno. */
void run_exec(const char *path, char *const *argv, char *const *environment,
	const struct run_signals *before);

/*
 * Where a standard descriptor is closed, put one of ours that the command does not get, lest a file
 * of ours take its number.
 */
void run_descriptors_hold(void);

/*
 * Let go of what the command alone should hold, so that whoever reads from or writes to the command
 * sees its end when it is there: standard input, and standard output and error unless they are
 * still needed, become /dev/null; everything above but KEEP (-1: nothing) is closed.
 */
void run_descriptors_release(bool need_output, bool need_error, int keep);
