/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - writes to any descriptor that can neither kill, nor stop, nor delay the program around
 * us.
 *
 * During the write, SIGPIPE, SIGXFSZ and SIGTTOU are blocked in the calling thread, and a signal
 * that the write itself raised is removed, so that the program never sees it. If a pipe, a socket
 * or a terminal is full, the write waits until a deadline. errno is preserved. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How many milliseconds to wait for a pipe, a socket or a terminal that is full; wait_budget.h may
 * allow less. */
#define OUTPUT_DEADLINE_MS 50

/*
 * Write COUNT bytes to FD: with one system call, unless a pipe or a socket is so full that it takes
 * them in pieces. A write to a file has no deadline, as the kernel offers none. Returns how many
 * bytes were written, fewer than COUNT when the disk or the time ran out meanwhile, or -errno when
 * no byte was written (-EAGAIN: the time ran out).
 */
ssize_t output_write(int fd, const char *bytes, size_t count);

/* Whether files may grow without a limit; otherwise a write beyond RLIMIT_FSIZE raises SIGXFSZ. */
bool output_is_unlimited(void);

/* output_write() for a regular file if output_is_unlimited(): one system call. */
ssize_t output_write_file(int fd, const char *bytes, size_t count);

/* output_write() for an FD whose type the caller knows: TYPE is st_mode of struct stat. */
ssize_t output_write_as(int fd, mode_t type, const char *bytes, size_t count);

/* output_write() for a descriptor of which the caller knows still more. */
struct output {
	int fd;
	mode_t type;
	uint64_t subject; /* wait_budget_subject() of what FD leads to; 0: derived from fstat(2) */
};
ssize_t output_write_to(const struct output *to, const char *bytes, size_t count);

/* Set the lowest bit of *WROTE, from now on, as soon as the calling task has written anything by
 * the functions above or has called output_wrote(). NULL ends that. One task at a time. */
void output_note(atomic_uint *wrote);

/* Count as written what the calling task has just sent by other means. */
void output_wrote(void);
