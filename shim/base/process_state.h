/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_state.h - the words that belong to one process, and whether the calling process may write
 * them.
 *
 * They lie in pages that the kernel empties in every forked child (MADV_WIPEONFORK), however it was
 * forked. So three cases can be distinguished. The pid in the page is the caller's own. The page is
 * empty: the caller is a forked child with memory of its own. The pid is another's: the caller is a
 * vfork or CLONE_VM child, which runs in its parent's memory and must not write there. Signal-safe:
 * yes. Threads: any; the words are atomic.
 */
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

/*
 * What this process's termination is reported as, or about to be. A death by signal overrules an
 * exit that was reported before it (SIGPIPE in libc's last flush, a destructor of a library that
 * was loaded later): then two terminations are reported, and the last one counts.
 */
enum process_termination { TERMINATION_OPEN, TERMINATION_BY_EXIT, TERMINATION_BY_SIGNAL };

/* For how many pairs of target and signal we count how often the signal was sent. */
#define SENT_SLOTS 256

/* The number of signals to others whose events can wait to be written. */
#define PENDING_MAX 1024

/* How many children that were dead already host/dead_children.c remembers. */
#define DEAD_CHILDREN_MAX 64

/* A signal that was sent to others, and whose event is still to be written: emit/pending.c. */
struct pending {
	_Atomic int state;
	int16_t number;
	uint8_t reach;
	bool already_dead;
	pid_t pid;
	int64_t at_us;
};

/* The last exec that failed, in this process or in a vfork child of it: emit/exec_failure.c. */
struct failed_exec {
	_Atomic pid_t pid; /* which process called it; 0: none did; -1: it is being written */
	int number;	   /* errno */
	int64_t at_us;	   /* of CLOCK_MONOTONIC */
	char *const *environment; /* that the program would have got */
	char path[256];
};

/* As many as threads can emit at once (emit/scratch.c), and one for a termination. */
#define STACK_COUNT 6

/* How many events of this process can be made at once: emit/emit.h. */
#define EVENT_MOMENTS 5

struct process_state {
	_Atomic pid_t owner; /* 0: nobody yet */
	_Atomic uint32_t seq, dropped, unsent;
	_Atomic int init_emitted;
	_Atomic int termination;	 /* enum process_termination */
	_Atomic pid_t reporter;		 /* the thread that reports it */
	_Atomic pid_t aborting;		 /* the last to call abort() where the host has a handler */
	_Atomic int termination_emitted; /* futex: 1 once its event is written */
	_Atomic int waiting;		 /* how many threads wait for that */
	_Atomic int exit_called;	 /* exit() was called, main did not just return */
	_Atomic uint32_t scratches;	 /* which of emit/scratch.c's are taken, a bit each */
	_Atomic uint8_t stacks[STACK_COUNT]; /* whether each of stack.c's is taken */
	_Atomic int slots_inherited;	     /* host/threads.c has freed the parent's slots */
	_Atomic int exiting;		     /* 1 + the status other than 0 of its exit */
	_Atomic int64_t exiting_real_us, exiting_mono_us; /* since when */
	_Atomic int quick_status;			  /* what quick_exit() was given */
	_Atomic pid_t silent_child;			  /* see process_note_silent_child() */
	struct failed_exec failed_exec;
	_Atomic int has_waited;			    /* for a child */
	_Atomic int failed_calls, failed_call_busy; /* emit/failed_call.c */
	_Atomic uint32_t sent_emitted;		    /* how many signals to others were reported */
	_Atomic int pending_filled;	     /* how many of PENDING are in use; a guess meanwhile */
	_Atomic uint32_t pending_next;	     /* which to fill next; 0: none was ever filled */
	_Atomic pid_t pending_writer;	     /* the thread that writes their events; 0: none */
	struct event moments[EVENT_MOMENTS]; /* emit/emit.c; in the page of the words above */
	_Atomic uint64_t sent[SENT_SLOTS];   /* host/sent.c: the signals that were sent last */
	/* host/dead_children.c: those found by the last look, when that was, and how long all
	 * looks took */
	_Atomic int dead_count, dead_looks_us;
	_Atomic int grace_given; /* host/kill_grace.c has waited */
	_Atomic pid_t dead_children[DEAD_CHILDREN_MAX];
	_Atomic int64_t dead_us;
	struct pending pending[PENDING_MAX];
};

/* The largest page size of this machine's kernels: the kernel empties whole pages, so nothing else
 * may lie in ours. */
#if defined(__x86_64__)
#define PROCESS_PAGE_SIZE 4096
#else
#define PROCESS_PAGE_SIZE 65536
#endif

union process_page {
	struct process_state words;
	char bytes[(sizeof(struct process_state) + PROCESS_PAGE_SIZE - 1) / PROCESS_PAGE_SIZE *
		   PROCESS_PAGE_SIZE];
};

extern union process_page process_page;

#define process_words (process_page.words)

/*
 * Constructor only: prepare the pages and make this process their owner. Returns false if the
 * kernel cannot empty pages in forked children. If a filter kills for madvise(), which asks for
 * that, forked children are taken for vfork children and report nothing.
 */
bool process_begin(void);

/* Switch this library off in this process, in which from then on it does nothing, not even a system
 * call; or on again. */
void process_switch(bool on);

/* Whether this library does anything in this program: after process_begin(), not switched off. */
bool process_has_begun(void);

/* Whether this process owns the words, and so may write them and report itself. A forked child
 * becomes the owner of its empty page here. */
bool process_is_ours(void);

/*
 * The first is called in a vfork or CLONE_VM child that a signal kills, and which cannot report
 * that, because the words are its parent's: it notes its pid for the parent. The second is called
 * in the parent: whether CHILD was the last to do so.
 */
void process_note_silent_child(void);
bool process_was_silent_child(pid_t child);

/* What wait() shows of an exit's status: exit(3). */
#define PROCESS_STATUS_MASK 0xff

/* This process is about to exit with STATUS: note STATUS and the instant, unless STATUS means
 * success or an earlier call noted one. */
void process_note_exit(int status);

/* Whether this process is on its way out by exit() or the like with *RET_STATUS other than 0, and
 * since when. */
bool process_is_exiting(int *ret_status, struct instant *ret_since);

/* Claim the right to report the termination. Returns false if another thread has it. */
bool process_claim_termination(enum process_termination by);

/* Whether another thread reports that this process dies of a signal, and has not done so yet. */
bool process_dies_of_signal(void);

/* Wait until the thread that claimed the termination, if it is another one, has written its event,
 * at most so many milliseconds. */
void process_await_termination(int milliseconds);

/* The event of the termination is written: the threads that wait for it go on. */
void process_termination_is_emitted(void);

/* As process_termination_is_emitted(); in addition thread TID, if it waits, becomes the one that
 * kills the process. */
void process_termination_is_emitted_for(pid_t tid);
