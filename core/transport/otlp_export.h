/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_export.h - sends the events of a directory to a receiver of OTLP, while its files grow or
 * once; or writes them as a file that a collector reads.
 *
 * What was sent counts once the receiver has answered that it took it. A receiver that does not
 * answer, or asks for patience (429, 502, 503, 504), is asked again, later each time and not before
 * it says; one that refuses is not asked again with the same. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/transport/otlp_target.h"
#include "core/transport/publish.h"

#include <stdio.h>

struct otlp_exporting {
	const struct otlp_target *target;
	const char *directory;
	const char *state_directory; /* where it is noted what was sent; NULL: in DIRECTORY */
	const char *source;	     /* distinguishes the notes there; "" in DIRECTORY */
	const char *hostname;	     /* only this host's files; NULL: all */
	int control;	     /* readable, or at its end: send what is there, and end; -1: at once */
	int64_t end_ms;	     /* how long the end waits for a receiver that takes nothing */
	int64_t patience_ms; /* and for one that asks for it */
};

struct otlp_exported {
	struct published rest;
	size_t files;		 /* with events */
	uint64_t sent, rejected; /* log records; what was rejected was sent, too, and not taken */
	char rejected_why[256];
};

/* Send. Returns 0 where all was sent; -EIO where not, and the rest is where it was; -errno where
 * the directory cannot be read, or the library is missing: then rest.left is 0 and rest.why says
 * why. RET_EXPORTED is set in any case. */
int otlp_export(const struct otlp_exporting *exporting, struct otlp_exported *ret_exported);

/* Write all events of DIRECTORY to FILE, a request of OTLP's JSON form a line, as its file exporter
 * does. Returns 0 and how many events these are; or -errno. */
int otlp_write(const char *directory, FILE *file, uint64_t *ret_events);
