/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - what a termination means by itself: its failure class, by status, signal, messages and
 * the program's name, with the tables of rules.c.
 *
 * Which process failed first is decided by core/report/verdict. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/process.h"

#include <stdbool.h>

/* What kind of termination it is, judged without the terminations of other processes. */
enum failure_class {
	FAILURE_NONE,	       /* there is no termination */
	FAILURE_OK,	       /* success */
	FAILURE_OWN,	       /* it failed by itself */
	FAILURE_PEER_LOST,     /* it failed, and reported that a peer was gone */
	FAILURE_PEER_TIMEOUT,  /* it failed, and reported that a peer did not come */
	FAILURE_LAUNCHER_LOST, /* MPI's library ended it, as the launcher was gone */
	FAILURE_OBEYED,	       /* an exit status that stands for a request to end: 128 + SIGTERM */
	FAILURE_TERMINATED,    /* its launcher, or another ancestor, sent it a signal */
	FAILURE_INTERRUPTED,   /* the terminal sent it a signal: Ctrl-C, a closed session */
	FAILURE_SIGNALLED,     /* another sender, or an unknown one, requested it to end */
	FAILURE_KILLED,	       /* SIGKILL, and the sender is unknown */
	FAILURE_COUNT_
};

/* FAILURE_CLASS is of a process that somebody ended, and that did not fail by itself. */
bool rules_class_is_ended(enum failure_class failure_class);

/* The failure class of the termination of PROCESS, a process of JOB. */
enum failure_class rules_failure_class(const struct job *job, const struct process *process);

/* FAILURE_PEER_LOST or FAILURE_PEER_TIMEOUT if TEXT reports that a peer was gone or did not come;
 * else, or where TEXT is NULL, FAILURE_OWN. */
enum failure_class rules_peer_text(const char *text);

/* That PROCESS lost a peer, or waited in vain for one, is known by the kinds of words in its
 * message alone (peer_words.h): it may as well speak of something outside of the job. */
bool rules_is_worded(const struct process *process);

/* PROCESS has a kill request, whose sender is its launcher or another ancestor. */
bool rules_requested_by_launcher(const struct job *job, const struct process *process);

/* Kinds of names: of programs, and of the exceptions of Python. */
enum name_kind {
	NAME_LAUNCHER, /* starts ranks and ends them, or helps a launcher; matches a program's name
			  and a comm, which the kernel shortens to 15 characters */
	NAME_REMOTE_STARTER, /* starts ranks on other hosts, and waits for them */
	NAME_TIMER, /* runs one program, and exits with a status of its own when it ends that */
	NAME_BARE_NUMBER,  /* runs one program, and exits with the bare number of its signal */
	NAME_DRIVER,	   /* runs many, and exits with its own status when one fails: make */
	NAME_QUESTION,	   /* answers "no" by an exit status of 1: grep, test, diff */
	NAME_INTERRUPTION, /* what Python and torch's agent raise for a request to end */
	NAME_ABSENCE,	   /* what Python raises for a thing that is not there, as scripts try */
	NAME_VAIN_WAIT,	   /* what Python raises where an answer does not come */
	NAME_QUOTATION,	   /* what a parent raises to quote its child's exception, as
			      torch.multiprocessing does */
	NAME_KIND_COUNT_
};

/* NAME is of KIND. */
bool rules_name_is(enum name_kind kind, const char *name);

/* PROGRAM exits with the status of the program that it ran: a shell, timeout and such. */
bool rules_is_wrapper(const char *program);

/* The process was in MPI_Abort when a signal ended it. MPI_Abort has the launcher end the caller
 * and all other ranks; only the stack shows which rank was the caller. */
bool rules_called_abort(const struct termination *end);

/* PROCESS, which has a termination, exited in MPI_Abort: Open MPI's exits after it has notified the
 * launcher, and MPICH's does where the communicator has only some of the ranks. */
bool rules_exits_by_abort(const struct process *process);

/* Somebody's signal ended the process of EVENT while a thread of it was in the handler of a fault
 * of its own: the handler waits for ever, as it may for a lock, and the process has failed before.
 */
bool rules_was_handling(const struct event *event);

/* PROCESS, which has a termination, was ended by a library that lost its launcher or, where that
 * lived on, a peer; FAILURE_OWN: it was not. */
enum failure_class rules_library_class(const struct process *process);

/* EXCEPTION is one that a parent raised to quote its child's, whose traceback ends the message. */
bool rules_quotes_child(const struct event_exception *exception);

/* EVENT is a fatal signal, an abort, MPI_Abort, an exception, a lack of memory, or a program that
 * could not start: no script ends that way by intent. */
bool rules_is_hard(const struct event *event);

/* How long before it was reported the termination of PROCESS may have begun to show to other
 * processes, in microseconds (thresholds.h). */
int64_t rules_lateness_us(const struct process *process);

/* The status of PARENT is the one with which PARENT hands on that of CHILD; both have a
 * termination. It is the same exit code, the same signal, a status that stands for that signal, or
 * the status of a timeout that ended CHILD. */
bool rules_hands_on(const struct process *parent, const struct process *child);

/* PARENT, which has a termination, ended CHILD because its time was over, as timeout does. */
bool rules_ran_out_of_time(const struct process *parent, const struct process *child);

/* PROCESS, which has a termination, is a timeout(1) that ended what it ran because its time was
 * over. */
bool rules_is_over(const struct process *process);

/* A signal ended the process, or it ended with a status that stands for one: 128 + signal. */
bool rules_died_of_signal(const struct event *event);

/* The loader ended PROCESS, which has a termination and was running, with the status that it has
 * for a function that is in no library. */
bool rules_lacked_symbol(const struct process *process);

/* PROCESS, which has a termination, reported none itself, and has the status of the loader, or of a
 * shell, for a library or a program that is not there. */
bool rules_lacked_library(const struct process *process);

/* A SIGSEGV ended PROCESS, which was running and did not report it: on the stack, or on the host's
 * alternate stack, may have been no room for any handler. */
bool rules_had_no_room(const struct process *process);

/* The status of PROCESS, which has a termination, says that there was no program to run. */
bool rules_is_unstarted(const struct process *process);

/* What the exit status of PROCESS, which has a termination, means beyond its number: "no such
 * program". NULL: nothing is known. */
const char *rules_meaning(const struct process *process);
