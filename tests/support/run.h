/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - runs a command as it is and under watch, and keeps all that it showed.
 *
 * Both halves run in the same small environment, in a session and a scratch directory of their own;
 * the watched one has the preload, VIGIL_DIR and VIGIL_RUN_ID besides. Orphans of the command are
 * waited for too: when a run returns, nothing of it lives and its scratch directory is gone.
 * Failures are cmocka's. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/support/bytes.h"
#include "tests/support/records.h"

/*
 * A victim's path, and a script's; VICTIM_DIR, SCRIPT_DIR and PRELOAD_DEFAULT come from tests.mk.
 */
#define VICTIM(name) VICTIM_DIR "/" name
#define SCRIPT(name) SCRIPT_DIR "/" name

#define RUN_ID "run-of-test"

enum run_stdin {
	STDIN_NULL,
	STDIN_CLOSED,
	STDIN_PIPE, /* open and silent until the command has ended */
};

/* How to run a command. All zero is the usual way. */
struct run_how {
	enum run_stdin stdin_from;
	bool close_stdout, close_stderr;
	bool core;		    /* let it dump core, into its scratch directory */
	int signal;		    /* sent to it when it has printed "ready"; 0: none */
	int timeout_s;		    /* 0: 30 */
	const char *environment[6]; /* "NAME=value" besides the usual, for both halves */
	const char *dir;	    /* VIGIL_DIR instead of a fresh one; "": not set at all */
	bool lend; /* the command becomes another user: the preload, and the command if it is a
			victim, are copied to where that user reaches them, wherever this tree lies
		    */
	void (*in_child)(void *argument); /* before exec, with the scratch directory as cwd */
	void *argument;
};

struct run {
	const char *command; /* argv[0], the caller's */
	pid_t pid;
	int status; /* as wait() had it */
	bool timed_out;
	struct bytes out, err;	    /* with SCRATCH where they named the scratch directory */
	struct bytes data;	    /* the file "data" that the command left in its directory */
	char base[64];		    /* the scratch directory, gone by now */
	struct event_record record; /* empty when the run was bare */
};

/*
 * ARGV ends with NULL; argv[0] is looked up in PATH. HOW may be NULL. The caller frees with
 * run_free().
 */
void run_bare(struct run *run, const struct run_how *how, const char *const argv[]);
void run_watched(struct run *run, const struct run_how *how, const char *const argv[]);
void run_free(struct run *run);

/* The preload under test; VIGIL_PRELOAD may name several, with ':' between them. */
const char *run_preload(void);

/* Is PROGRAM to be found in PATH? */
bool run_can_find(const char *program);

/* Replace in both outputs what matches the extended regular expression REGEX by "#". */
void run_mask(struct run *run, const char *regex);

/*
 * Same wait status (core flag included), same bytes on stdout and stderr, same data file; neither
 * ran out of time.
 */
void assert_same_outcome(const struct run *bare, const struct run *watched);

/* The root process reported exactly these events, in the order of seq; fnmatch() patterns. */
#define assert_events(run, ...) assert_events_((run), (const char *const[]){__VA_ARGS__, NULL})
void assert_events_(const struct run *run, const char *const expected[]);

/*
 * The other processes lived exactly these lives ("INIT, FAILED exit 3"), in any order, and any
 * number of them as HELPERS, which may be NULL; fnmatch() patterns.
 */
#define assert_others(run, ...) \
	assert_others_((run), (const char *const[]){__VA_ARGS__, NULL}, NULL)
void assert_others_(const struct run *run, const char *const expected[], const char *helpers);

/* Every process with an INIT has one end, but for EXCEPT of them; none has more than one. */
void assert_every_process_ended(const struct run *run, size_t except);

/*
 * What the root reported last of its end is what wait() said: the status, or the signal. Nothing if
 * it reported no end.
 */
void assert_true_end(const struct run *run);

/* Nothing at all was recorded: no event, no file. */
void assert_silence(const struct run *run);

/* The root's last event. */
const struct cJSON *run_end(const struct run *run);
