/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - the lines of source that addresses of one ELF object come from, by elfutils' libdw.
 *
 * Separate debug files are found by build-id and by .gnu_debuglink, in /usr/lib/debug and one more
 * directory, and requested from the servers in DEBUGINFOD_URLS if the user has set that. Each path
 * that libdw would open for a module is looked at before: where one of them is no stored file of at
 * most 4 GiB, the module gets no debug file. A file may be damaged in ways that libdw does not
 * survive, or be slow to come: call this in a process that may die (symbolizer.h). Signal-safe: no.
 * Threads: a reader belongs to one.
 */
#pragma once

#include "core/base/frame.h"

#define SOURCE_INLINED_MOST 16

/* Why an object has no lines. */
enum source_trouble {
	SOURCE_OK,
	SOURCE_ABSENT,	    /* there is no such file here */
	SOURCE_OTHER_BUILD, /* there is one, but not what ran */
	SOURCE_NO_BUILD_ID, /* nothing says whether it is what ran */
	SOURCE_TOO_LARGE,
	SOURCE_UNSTORED, /* what should have its debug information is a device or such */
	SOURCE_SLOW,	 /* it took longer than its part of the time */
	SOURCE_DAMAGED,	 /* the process that read it died */
	SOURCE_TROUBLE_COUNT_
};

/* What an address is; strings are the reader's, NULL where unknown. */
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

/*
 * Opens what MODULE names, up to address HIGHEST of it: an absolute path of a regular file of at
 * most 4 GiB with MODULE's build-id, or without that, a file that is found by the build-id alone.
 * DEBUG_DIRECTORY (NULL: none) is searched besides /usr/lib/debug. Returns SOURCE_OK and a reader
 * that the CALLER OWNS in *RET_READER, to be released with source_close(); else why there is none.
 */
enum source_trouble source_open(const struct frame_module *module, uint64_t highest,
	const char *debug_directory, struct source_reader **ret_reader);

/* What is known of ADDRESS, as in the file, without the bias; everything may be unknown. */
struct source source_find(struct source_reader *reader, uint64_t address);

/* Whether source_find() has left something out because it is not in a stored file. */
bool source_is_unstored(const struct source_reader *reader);

/* Releases READER and every string that it gave out. */
void source_close(struct source_reader *reader);
