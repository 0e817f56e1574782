/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwatched.h - the note that a process leaves in the run's directory when the preload in it has
 * switched itself off: which program, and why.
 *
 * A note is an empty file whose name says it all, beside the marks of run_mark.h, made once for a
 * run, a program and a reason; a run has at most UNWATCHED_MOST of them, whatever its processes do.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

#define UNWATCHED_MOST 64

enum unwatched_reason {
	UNWATCHED_LIBC,	    /* the C library is not glibc */
	UNWATCHED_FUNCTION, /* libc lacks the function that `detail` names */
	UNWATCHED_FILTER,   /* an inherited filter of system calls kills for ours, or may */
	UNWATCHED_KERNEL,   /* the kernel lacks what `detail` names */
	UNWATCHED_REASON_COUNT_
};

/* All strings are letters, digits, '_' and '-', in `program` also '.'; other characters become
 * '_'. */
struct unwatched {
	enum unwatched_reason reason;
	char detail[32]; /* "" where the reason says it all */
	char program[48];
};

/* Leave NOTE in DIRECTORY, an absolute path, for run RUN_ID (NULL: it has none), unless the same
 * note is there. Failures are silent: a process that is not watched has nobody to report them
 * to. */
void unwatched_leave(const char *directory, const char *run_id, const struct unwatched *note);

/* A note with REASON, DETAIL and the name of PROGRAM, whatever they hold, cut to fit. */
struct unwatched unwatched_make(
	enum unwatched_reason reason, const char *detail, const char *program);

/* Whether the file NAME is a note of run RUN_ID (NULL: of any run), which is *RET_NOTE then. */
bool unwatched_parse(const char *name, const char *run_id, struct unwatched *ret_note);
