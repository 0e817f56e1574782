/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_record.h - one event as it was read back: the fields that every line has, compactly, and
 * the others only where a process terminated.
 *
 * Plain data. Every pointer points into the arena of the reading (read.h) and lives as long.
 */
#pragma once

#include "core/events/event.h"

#include <string.h>

/* What core/report/symbols found out about a frame, beyond what struct frame has room for. */
struct frame_note {
	const char *symbol; /* the name in the symbol table, where the frame's function is a more
			       readable one; else NULL */
	const char *const
		*inlined; /* the functions that the compiler inlined there, the innermost first */
	size_t inlined_count;
};

/* A text of many lines, each with its newline; the last may lack it. */
struct text_lines {
	const char *const *lines;
	size_t count;
};

/* Whether a line of TEXT contains WORDS, in whatever case. */
static inline bool text_lines_have(const struct text_lines *text, const char *words)
{
	for (size_t i = 0; i < text->count; i++)
		if (strcasestr(text->lines[i], words) != NULL)
			return true;
	return false;
}

/* What only the last event of a process says. It is kept apart from struct event_record, of which
 * there may be millions. */
struct termination {
	struct event event; /* state, cause, how, exit_code, signal, reporter, oom, exception,
			       abort_message, report_file, calls, frames, truncated, stop,
			       registers, threads, process.tid are filled; frames are shared with
			       terminations in the same location */
	struct text_lines error_trace; /* no lines: the event has none */
	const uint64_t *pcs; /* one for each frame, whose own pc is 0 if the frame is in a module */
	const uint64_t *const *thread_pcs; /* likewise, of each of event.threads */
	const struct frame_note *notes;	   /* one for each frame; NULL: nothing was looked up */
	const struct frame_note *const *thread_notes; /* likewise, of each of event.threads */
};

/* A signal that somebody sent by kill() or its like. */
struct kill_record {
	int number;
	enum event_reach reach;
	bool already_dead; /* another signal had killed the process before */
	struct event_reporter
		reporter; /* who sent it; its pid is 0 where the event does not say it */
};

/* What an event about a process that goes on says of output. */
struct output_record {
	struct event_output own[2];	  /* the process's own standard output and error */
	struct event_forwarded forwarded; /* what it has read last from a rank */
};

struct event_record {
	/* never NULL; "" when unknown */
	const char *hostname, *boot_id, *run_id, *program, *command, *what, *rank_source,
		*system_message;
	int64_t time_us, mono_us;			/* mono_us 0: unknown */
	uint64_t start_ticks;				/* 0: unknown */
	int64_t rank, local_id, world_size, group_rank; /* RANK_UNKNOWN where not known */
	int64_t attempt;
	pid_t pid, ppid;
	uint32_t seq, dropped, unsent;
	enum event_source source;
	enum node_state state;
	enum launcher launcher;
	bool leader;
	const struct event_ancestor *ancestors;
	size_t ancestor_count;
	const struct termination *end;	    /* NULL unless the state is SUCCEEDED or FAILED */
	const struct termination *raised;   /* NULL unless it is about the exception that ends the
					       process, which has not ended yet */
	const struct termination *stand;    /* NULL unless it is about where the process was, which
					       went on */
	const struct output_record *output; /* NULL unless it says something of output, and is of
					       a process that goes on */
	const struct kill_record *kill; /* NULL unless it is about a signal that was sent to PID */
};
