/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - the lines of source that addresses of one ELF object come from, by elfutils' libdw.
 *
 * Separate debug files are found by build-id and by .gnu_debuglink, in /usr/lib/debug and one more
 * directory, and requested from the servers in DEBUGINFOD_URLS if the user has set that. Each path
 * that libdw would open for a module is checked before: where one of them is not a stored file
 * (stored.h) of at most 4 GiB, the module gets no debug file. A file may be damaged in ways that
 * libdw does not survive, or be slow to come: call this in a process that may die (symbolizer.h).
 * Signal-safe: no. Threads: a reader belongs to one.
 */
#pragma once

#include "core/base/frame.h"

#define SOURCE_INLINED_MOST 16

/* Why an object has no lines. */
enum source_trouble {
	SOURCE_OK,
	SOURCE_ABSENT,	    /* there is no such file here */
	SOURCE_OTHER_BUILD, /* there is one, but of another build than the one that ran */
	SOURCE_NO_BUILD_ID, /* the event has no build-id to compare */
	SOURCE_TOO_LARGE,
	SOURCE_UNSTORED, /* its debug information would be in a device or such */
	SOURCE_SLOW,	 /* reading it took longer than its share of the time */
	SOURCE_DAMAGED,	 /* the process that read it died */
	SOURCE_TROUBLE_COUNT_
};

/* What is at an address. The reader owns the strings; NULL where unknown. */
struct source {
	const char *file; /* absolute, unless the compiler was given a relative path */
	int line;	  /* 0: unknown */
	const char *symbol;
	uint64_t offset;			  /* from the symbol's start */
	const char *inlined[SOURCE_INLINED_MOST]; /* the functions that were inlined there, the
						     innermost first, with their symbols' names */
	size_t inlined_count;
};

struct source_reader;

/* Opens the object of MODULE, of which addresses up to HIGHEST will be looked up: the regular file
 * of at most 4 GiB at MODULE's absolute path, if that has MODULE's build-id, else a file that is
 * found by the build-id. DEBUG_DIRECTORY (NULL: none) is searched besides /usr/lib/debug. Returns
 * SOURCE_OK and a reader that the CALLER OWNS, for source_close(); else why there is none. */
enum source_trouble source_open(const struct frame_module *module, uint64_t highest,
	const char *debug_directory, struct source_reader **ret_reader);

/* What is known of ADDRESS, without the load bias; everything may be unknown. */
struct source source_find(struct source_reader *reader, uint64_t address);

/* Whether source_find() has left something out because it is not in a stored file. */
bool source_is_unstored(const struct source_reader *reader);

/* Releases READER and every string that it gave out. */
void source_close(struct source_reader *reader);
