/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_state.h - the words that belong to one process, and the question whether they are ours to
 * write.
 *
 * They lie in pages that the kernel empties in every forked child (MADV_WIPEONFORK), however it
 * was forked. So three cases can be distinguished: the pid in the page is ours; the page is empty,
 * and we are a forked child with a copy of our own; the pid is another's, and we are a vfork or
 * CLONE_VM child that runs in somebody else's memory and must not touch it. Signal-safe: yes.
 * Threads: any; the words are atomic.
 */
#pragma once

#include "core/base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

/* Who has reported, or is reporting, the end of this process. A death by signal overrules an end
 * reported before it. */
enum process_end { END_OPEN, END_BY_EXIT, END_BY_SIGNAL };

/* Of how many signals to others it is known how often they were sent. */
#define SENT_SLOTS 256

/* Of how many signals to others the event may be still to be written. */
#define PENDING_PLACES 1024

/* A signal that was sent to others, and whose event is still to be written: pending.c. */
struct pending {
	_Atomic int state;
	int16_t number, reach;
	pid_t pid;
	int64_t at_us;
};
/* As many threads as can emit at once (late_memory.c), and one that ends. */
#define STACK_COUNT 6

struct timeline {
	_Atomic pid_t owner; /* 0: nobody yet */
	_Atomic uint32_t seq, dropped, unsent;
	_Atomic int init_emitted;
	_Atomic int end;	    /* enum process_end */
	_Atomic pid_t reporter;	    /* the thread that reports it */
	_Atomic pid_t aborting;	    /* the last to call abort() where the host has a handler */
	_Atomic int end_emitted;    /* futex: 1 once it is written */
	_Atomic int waiting;	    /* how many threads wait for that */
	_Atomic int exit_called;    /* exit() was called, main did not just return */
	_Atomic uint32_t scratches; /* which of late_memory.c's are taken, a bit each */
	_Atomic uint8_t stacks[STACK_COUNT]; /* whether each of stack.c's is taken */
	_Atomic int seats_inherited; /* what fork left in the table of threads.c is settled */
	_Atomic int leaving;	     /* 1 + the status other than 0 that it exits with */
	_Atomic int64_t left_real_us, left_mono_us; /* since when */
	_Atomic int quick_status;		    /* what quick_exit() was given */
	_Atomic pid_t silent_child;    /* the last one that a signal ended in our memory */
	_Atomic uint32_t sent_emitted; /* how many signals to others were reported */
	_Atomic int pending_filled; /* how many of the places below hold one; a guess meanwhile */
	_Atomic uint32_t pending_next;	   /* the place to fill next; 0: none was ever filled */
	_Atomic pid_t pending_writer;	   /* the thread that writes their events; 0: none does */
	_Atomic uint64_t sent[SENT_SLOTS]; /* sent.c: the signals that were sent last */
	struct pending pending[PENDING_PLACES];
};

/* The largest page that the kernel may use here: it empties whole pages, and nothing else may lie
 * in ours. */
#if defined(__x86_64__)
#define PROCESS_PAGE_SIZE 4096
#else
#define PROCESS_PAGE_SIZE 65536
#endif

union process_page {
	struct timeline words;
	char bytes[(sizeof(struct timeline) + PROCESS_PAGE_SIZE - 1) / PROCESS_PAGE_SIZE *
		   PROCESS_PAGE_SIZE];
};

extern union process_page process_page;

#define process_words (process_page.words)

/*
 * Constructor only: the pages are prepared and this process owns them. Returns false when the
 * kernel cannot empty pages. Where a filter kills for the question, forked children are taken for
 * vfork children and report nothing.
 */
bool process_begin(void);

/* From now on we do nothing in this process, not even a system call. */
void process_stop(void);

/* After process_stop(): that was for nothing. */
void process_go_on(void);

/* Whether process_begin() was called in this program: whether we do anything at all. */
bool process_has_begun(void);

/* Whether this process may write `life` and report itself; an emptied page is taken over on the
 * way. */
bool process_is_ours(void);

/*
 * In a vfork or CLONE_VM child that a signal ends: it cannot report so, as the words are its
 * parent's. All that it may write is which child it is. And in the parent: whether CHILD is the
 * one.
 */
void process_note_silent_child(void);
bool process_was_silent_child(pid_t child);

/* What wait() shows of an exit's status: exit(3). */
#define PROCESS_STATUS_MASK 0xff

/* This process exits with STATUS: note the instant, unless STATUS says success or another call was
 * first. */
void process_note_leaving(int status);

/* Whether this process is on its way out by exit() or the like with *RET_STATUS other than 0, and
 * since when. */
bool process_is_leaving(int *ret_status, struct instant *ret_since);

/* Take the right to report the end. Returns false when somebody else has it. */
bool process_claim_end(enum process_end by);

/* Wait until the end is written by the thread that claimed it, if that is another one, at most so
 * many milliseconds. */
void process_await_end(int milliseconds);

/* The end is written: whoever waits goes on. */
void process_end_is_emitted(void);

/* The same, and thread TID, if it waits, is the one to end the process. */
void process_end_is_emitted_for(pid_t tid);
