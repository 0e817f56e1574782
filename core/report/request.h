/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - the input of a report: which files, which run, and how long it may take.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far the wall clocks of two hosts may differ, unless the user gives another bound. */
#define REPORT_SKEW_US_DEFAULT 10000

/* How long looking up names and lines of source may take: in `vigil report`, and at the end of
 * `vigil run`, where the user waits for the prompt. */
#define REPORT_LINES_MS_DEFAULT 60000
#define VERDICT_LINES_MS 2000

struct following;

struct report_request {
	const char *const *paths; /* directories (every *.jsonl in them) and files; the CALLER's
				     while the report lives */
	size_t path_count;
	const char *const *dumps; /* files, directories and prefixes of files with dumps of
				     collectives (dump_files.h); the CALLER's */
	size_t dump_count;
	const char *shown; /* what a user calls the first of PATHS; NULL: that itself */
	const struct following *following; /* NULL: PATHS are read; else the report is of what this
					      has read so far, and it must stay as it is */
	/* Events that no path has, in an open file, which is read from its beginning; then a path
	 * that cannot be read is only a warning. */
	bool has_copy;
	int copy;
	const char *run_id; /* NULL: the newest run */
	int64_t skew_us;    /* how far the clocks of two hosts may differ; REPORT_SKEW_US_DEFAULT */

	/* C++ names are demangled, and lines of source looked up in the files that the events'
	 * modules name (lines.h). */
	int64_t lines_ms;	     /* the time limit of both; 0: neither, only PATHS are opened */
	bool no_lines;		     /* demangle names alone */
	bool show_progress;	     /* of the reading, on stderr, if that is a terminal */
	const char *debug_directory; /* absolute; searched besides /usr/lib/debug; or NULL */
};
