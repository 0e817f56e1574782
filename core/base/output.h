/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - a write to any descriptor that can neither kill, nor stop, nor hold up the program
 * around us.
 *
 * SIGPIPE, SIGXFSZ and SIGTTOU are blocked meanwhile in the calling thread, and what the write
 * itself raised is taken back, so that the program never sees it. For a pipe, a socket or a
 * terminal that is full, the write waits until a deadline. errno stays as it was. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How long to wait for a pipe, a socket or a terminal that is full, in milliseconds, as far as
 * wait_budget.h allows. */
#define OUTPUT_DEADLINE_MS 50

/*
 * Write COUNT bytes to FD: with one system call, unless a pipe or a socket is so full that it takes
 * them in pieces. A write to a file has no deadline, as the kernel has none. Returns how many
 * bytes were written, fewer than COUNT when the disk or the time ran out on the way, or -errno when
 * none was (-EAGAIN: the time ran out).
 */
ssize_t output_write(int fd, const char *bytes, size_t count);

/* May files grow as they like? Else a write beyond RLIMIT_FSIZE raises SIGXFSZ. */
bool output_is_unlimited(void);

/* The same for a regular file, where output_is_unlimited(): one system call. */
ssize_t output_write_file(int fd, const char *bytes, size_t count);

/* The same where the caller knows already what FD is: TYPE is st_mode of struct stat. */
ssize_t output_write_as(int fd, mode_t type, const char *bytes, size_t count);

/* The same for a descriptor of which more is known. */
struct output {
	int fd;
	mode_t type;
	uint64_t
		subject; /* wait_budget_subject() of what FD leads to; 0: it is found by fstat(2) */
};
ssize_t output_write_to(const struct output *to, const char *bytes, size_t count);

/*
 * From now on set the lowest bit of *WROTE as soon as the calling task has written anything, by the
 * functions above or output_wrote(). One task at a time; NULL: no longer.
 */
void output_note(atomic_uint *wrote);

/* Call after the calling task has sent something by other means: it counts as written. */
void output_wrote(void);
