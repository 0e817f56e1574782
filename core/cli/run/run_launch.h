/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_launch.h - starts the command as the caller started us, with the same process group, signal
 * mask, dispositions and descriptors; and terminates us as the command terminated.
 *
 * Signal-safe: no, but for run_end(). Threads: one.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Our signals as the caller left them, for the command. */
struct run_signals {
	sigset_t mask;
	struct sigaction child; /* the disposition of SIGCHLD, the only one that we change */
};

/* Block every signal from here on; sigwaitinfo(2) takes them. No handler is set, so that the
 * command inherits its dispositions untouched. SIGCHLD gets its default disposition: children
 * cannot be waited for while it is ignored. */
void run_signals_hold(struct run_signals *ret_before);

/* Start PATH with ARGV and our environment, without a free descriptor. Returns the child's pid once
 * its program runs; or -errno of vfork(2), with *RET_FORKED false, or of execve(2), with no child
 * left. */
pid_t run_launch(
	const char *path, char *const *argv, const struct run_signals *before, bool *ret_forked);

/* Execute PATH in this process, with the signals of BEFORE. Returns only on failure, with errno. */
void run_exec(const char *path, char *const *argv, const struct run_signals *before);

/* Open /dev/null as each standard descriptor that is closed, since a file of ours would take its
 * number otherwise. The command does not inherit it. */
void run_descriptors_hold(void);

/* Close the descriptors that only the command should hold, so that the other ends of its pipes and
 * sockets see when it closes them. Standard input, and standard output and error unless they are
 * still needed, become /dev/null; everything above but the COUNT descriptors in KEEP, which are put
 * in order, is closed. */
void run_descriptors_release(bool need_output, bool need_error, int *keep, size_t count);

/* The socket by which a launcher of MPI sees that its rank is gone, by PMI_FD in the environment;
 * -1: there is none. */
int run_launcher_socket(void);

/* Close the open descriptors from FIRST to LAST. */
void run_descriptors_close(int first, int last);

/* Die of SIGNAL, which is blocked, or stop: by its default disposition, raised and unblocked. */
void run_take_signal(int signal);

/* Exit with the exit status in STATUS, a wait status, or die of the signal in it, without a core
 * file of our own. Signal-safe. */
void run_end(int status) __attribute__((noreturn));

/* From here on SIGINT and SIGQUIT terminate us at once, with STATUS, and the rest of our output is
 * lost. Other signals stay blocked. */
void run_end_on_interrupt(int status);
