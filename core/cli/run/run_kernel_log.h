/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_kernel_log.h - what the kernel logs while the job runs: that it killed a process for lack of
 * memory, and that a GPU had an error (core/events/kernel_line.h).
 *
 * The log is /dev/kmsg, in the form of the kernel's Documentation/ABI/testing/dev-kmsg. Often only
 * root may read it; and the pids in it are those of the initial pid namespace. Where either is in
 * the way, there is no log. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/events/kernel_line.h"

#define KERNEL_LOG_PATH "/dev/kmsg"

/* The longest line that is kept. */
#define KERNEL_TEXT_SIZE 512

struct kernel_log {
	int fd;		   /* -1: there is none */
	unsigned left;	   /* how many more lines are taken: an error may come again and again */
	int64_t opened_us; /* mono_us */
};

/* Called with LINE, its TEXT without the prefix, and the mono_us at which the kernel logged it. */
typedef void kernel_log_taker(
	void *context, const struct kernel_line *line, const char *text, int64_t at_us);

/* Open the log in PATH at its end, if our pids are those in it. */
void kernel_log_open(struct kernel_log *ret_log, const char *path);

/* Give the lines that have come, and that kernel_line_parse() knows, to TAKE. Nobody is woken for
 * them: they are read when a process has ended. Returns false when
 * LOG can give no more. */
bool kernel_log_read(struct kernel_log *log, kernel_log_taker *take, void *context);

/* Close LOG, which is none afterwards. */
void kernel_log_close(struct kernel_log *log);
