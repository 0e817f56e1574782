/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - what an end says of itself: the tables of messages, launchers and programs that
 * attribution goes by.
 *
 * Everything that is a matter of knowing names and texts is here; who failed first is decided in
 * attribute.h. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/process.h"

#include <stdbool.h>

/* What an end is by itself, before it is seen beside the others'. */
enum failure_class {
	FAILURE_NONE,	      /* it has no end */
	FAILURE_OK,	      /* it ended with success */
	FAILURE_OWN,	      /* it failed by itself */
	FAILURE_PEER_LOST,    /* it failed, and says that another was gone */
	FAILURE_PEER_TIMEOUT, /* it failed, and says that another did not come */
	FAILURE_OBEYED, /* it ended by an exit status that stands for a signal: 128 + SIGTERM and
			   such */
	FAILURE_TERMINATED,  /* its launcher, or another ancestor, sent it a signal */
	FAILURE_INTERRUPTED, /* the terminal did: Ctrl-C, a closed session */
	FAILURE_SIGNALLED,   /* somebody else sent it a signal to end, or nobody knows who */
	FAILURE_KILLED,	     /* SIGKILL, and nobody knows from whom */
	FAILURE_COUNT_
};

/* What the end of PROCESS, a process of JOB, is by itself. */
enum failure_class rules_failure_class(const struct job *job, const struct process *process);

/* How TEXT reads of a lost peer: FAILURE_PEER_LOST, FAILURE_PEER_TIMEOUT, or FAILURE_OWN when it
 * does not. */
enum failure_class rules_peer_text(const char *text);

/* Who asked PROCESS to end by a kill() of which is reported is its launcher, or another ancestor.
 */
bool rules_asked_by_launcher(const struct job *job, const struct process *process);

/* COMM, as the kernel cuts it, is a launcher of ranks or one of its helpers. */
bool rules_is_launcher(const char *comm);

/* PROGRAM starts ranks on other hosts, and waits for them. */
bool rules_starts_remotely(const char *program);

/* PROGRAM ends with the status of what it ran: a shell, timeout and such. */
bool rules_is_wrapper(const char *program);

/* PROGRAM runs many others and fails, with a status of its own, when one of them does: make and
 * such. */
bool rules_is_driver(const char *program);

/* An exit status of 1 is PROGRAM's way to say no: grep, test, diff. */
bool rules_is_question(const char *program);

/*
 * It stood in MPI_Abort when a signal ended it: that has the launcher end the caller with all the
 * others, and only its stack reports it from them.
 */
bool rules_called_abort(const struct termination *end);

/* Its exit is what became of MPI_Abort: Open MPI's reports the launcher, and then exits. */
bool rules_exits_by_abort(const struct termination *end);

/* It had called exit() when a signal ended it. */
bool rules_was_leaving(const struct event *event);

/* A parent raises EXCEPTION for what a child of its handed to it, whose trace ends its message. */
bool rules_quotes_child(const struct event_exception *exception);

/* A fatal signal, an abort, MPI_Abort, an exception, a lack of memory, a program that could not
 * start: no script ends so by intent. */
bool rules_is_hard(const struct event *event);

/*
 * How long before it was reported the end may have begun to show to others, in microseconds: an
 * exit lets go of its peers before it is reported, a waiter looks now and then, and an exception is
 * reported when the process ends, be it by a signal while it cleans up.
 */
int64_t rules_lateness_us(const struct process *process);

/*
 * The status of PARENT's end is what it gives for CHILD's, both of which have one: the same exit
 * code, the same signal, a status that stands for that signal, what timeout gives for what it
 * ended.
 */
bool rules_hands_on(const struct process *parent, const struct process *child);

/* PARENT, which has an end, ended CHILD because its time was over, as timeout does. */
bool rules_ran_out_of_time(const struct process *parent, const struct process *child);

/* A signal ended it, or it ended with a status that stands for one: 128 + signal. */
bool rules_died_of_signal(const struct event *event);

/* What ran PROCESS, which has an end, reported that there was no program to run. */
bool rules_is_unstarted(const struct process *process);

/* What the exit status of PROCESS, which has an end, means beyond its number: "no such program".
 * NULL: nothing is known. */
const char *rules_meaning(const struct process *process);
