/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told.h - what a run directory tells: its events, read and checked against the schema
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

struct told_event {
	cJSON *json;
	pid_t pid;
	int image; /* how many programs the process had run before: an exec begins seq anew */
	int seq;
	size_t place; /* in the file */
};

struct told {
	/* By process in the order of their first words, then by seq; the end of one that told none
	 * itself is the one that its waiter told. */
	struct told_event *events;
	size_t count;
	struct told_event *waits; /* every end that a waiter told, as it stands in the file */
	size_t wait_count;
	struct told_event *kills; /* and every signal that was sent to another */
	size_t kill_count;
	size_t files, strays; /* in the directory; strays are not <hostname>.jsonl */
	char problem[512];    /* the first thing that is not as the schema wants it, or "" */
};

/* Read DIR; a directory that is not there told nothing. What is wrong is left in `problem`. */
void told_read(struct told *told, const char *dir, const char *run_id);
void told_free(struct told *told);

/*
 * One event in short: "INIT", "FAILED exit 3", "FAILED SIGSEGV SEGV_MAPERR", "FAILED exception
 * ValueError".
 */
void told_render(const cJSON *event, char *buffer, size_t size);

/* All of PID's events in short, with ", " between them; "" when it told nothing. */
void told_life(const struct told *told, pid_t pid, char *buffer, size_t size);

/* What PID was sent, in the order of the file, by whom one can tell: "SIGTERM, SIGKILL to its
 * group"; "" when nobody told of any. */
void told_sent(const struct told *told, pid_t pid, char *buffer, size_t size);

/* What PID's waiter told of its end, or NULL. */
const cJSON *told_wait(const struct told *told, pid_t pid);

/* All lives, a line each, for a message. Ends before SIZE. */
void told_dump(const struct told *told, char *buffer, size_t size);

bool told_is_end(const cJSON *event);

/* A member by its path ("signal.sender_pid"), or NULL; a string's value, or "". */
const cJSON *told_get(const cJSON *event, const char *path);
const char *told_string(const cJSON *event, const char *path);
double told_number(const cJSON *event, const char *path); /* NAN when there is none */
