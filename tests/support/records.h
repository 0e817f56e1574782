/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reported.h - what a run directory reports: its events, read and checked against the schema
 * vigil.event/1.
 *
 * Threads: one.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TOLD_LIFE_MAX 1024

struct reported_event {
	cJSON *json;
	pid_t pid;
	int image; /* how many programs the process had run before: an exec begins seq anew */
	int seq;
	size_t place; /* in the file */
};

struct event_record {
	/* By process in the order of their first words, then by seq; the end of one that reported
	 * none itself is the one that its waiter reported. */
	struct reported_event *events;
	size_t count;
	struct reported_event
		*waits; /* every end that a waiter reported, as it stands in the file */
	size_t wait_count;
	struct reported_event *kills; /* and every signal that was sent to another */
	size_t kill_count;
	size_t files, strays; /* in the directory; strays are not <hostname>.jsonl */
	char problem[512];    /* the first thing that is not as the schema wants it, or "" */
};

/* Read DIR; a directory that is not there reported nothing. What is wrong is left in `problem`. */
void reported_read(struct event_record *record, const char *dir, const char *run_id);
void reported_free(struct event_record *record);

/*
 * One event in short: "INIT", "FAILED exit 3", "FAILED SIGSEGV SEGV_MAPERR", "FAILED exception
 * ValueError".
 */
void reported_render(const cJSON *event, char *buffer, size_t size);

/* All of PID's events in short, with ", " between them; "" when it reported nothing. */
void reported_life(const struct event_record *record, pid_t pid, char *buffer, size_t size);

/* What PID was sent, in the order of the file, by whom one can report: "SIGTERM, SIGKILL to its
 * group"; "" when nobody reported any. */
void reported_sent(const struct event_record *record, pid_t pid, char *buffer, size_t size);

/* What PID's waiter reported its end, or NULL. */
const cJSON *reported_wait(const struct event_record *record, pid_t pid);

/* All lives, a line each, for a message. Ends before SIZE. */
void reported_dump(const struct event_record *record, char *buffer, size_t size);

bool reported_is_end(const cJSON *event);

/* A member by its path ("signal.sender_pid"), or NULL; a string's value, or "". */
const cJSON *reported_get(const cJSON *event, const char *path);
const char *reported_string(const cJSON *event, const char *path);
double reported_number(const cJSON *event, const char *path); /* NAN when there is none */
