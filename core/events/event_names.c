/* SPDX-License-Identifier: Apache-2.0 */
/* The words of vigil.event/1 that stand for enums: part of the output format, so add, never rename.
 */
#include "core/events/event.h"

#include "core/base/names.h"

static const char causes[][12] = {
	[CAUSE_NONE] = "",
	[CAUSE_FAULT] = "fault",
	[CAUSE_ABORT] = "abort",
	[CAUSE_EXCEPTION] = "exception",
	[CAUSE_EXIT] = "exit",
	[CAUSE_TERMINATED] = "terminated",
	[CAUSE_KILLED] = "killed",
	[CAUSE_OOM] = "oom",
	[CAUSE_STOPPED] = "stopped",
	[CAUSE_VANISHED] = "vanished",
	[CAUSE_EXEC_FAILED] = "exec_failed",
};
_Static_assert(NAMES_COUNT(causes) == EVENT_CAUSE_COUNT_, "a cause has no name");

static const char hows[][13] = {
	[HOW_NONE] = "",
	[HOW_RETURN] = "return",
	[HOW_EXIT] = "exit",
	[HOW__EXIT] = "_exit",
	[HOW__Exit] = "_Exit",
	[HOW_QUICK_EXIT] = "quick_exit",
	[HOW_PTHREAD_EXIT] = "pthread_exit",
	[HOW_MPI_ABORT] = "MPI_Abort",
	[HOW_WAIT] = "wait",
};
_Static_assert(NAMES_COUNT(hows) == EVENT_HOW_COUNT_, "a way to exit has no name");

static const char senders[][9] = {
	[SENDER_UNKNOWN] = "",
	[SENDER_SELF] = "self",
	[SENDER_ANCESTOR] = "ancestor",
	[SENDER_OTHER] = "other",
};
_Static_assert(NAMES_COUNT(senders) == EVENT_SENDER_COUNT_, "a sender has no name");

static const char outcomes[][11] = {
	[TRACE_NONE] = "none",
	[TRACE_OK] = "ok",
	[TRACE_DIED] = "died",
	[TRACE_TIMEOUT] = "timeout",
	[TRACE_IN_PROCESS] = "in_process",
};
_Static_assert(NAMES_COUNT(outcomes) == TRACE_OUTCOME_COUNT_, "an outcome has no name");

static const char kinds[][7] = {
	[FRAME_CFI] = "cfi",
	[FRAME_FP] = "fp",
	[FRAME_FIXUP] = "fixup",
	[FRAME_PYTHON] = "python",
};
_Static_assert(NAMES_COUNT(kinds) == FRAME_KIND_COUNT_, "a kind of frame has no name");

/* The pair of functions for one table. */
#define NAMED(type, word, table)                                    \
	const char *event_##word##_name(type value)                 \
	{                                                           \
		return names_at(NAMES(table), value, "unknown");    \
	}                                                           \
	int event_##word##_parse(const char *name, type *ret_value) \
	{                                                           \
		int index = names_find(NAMES(table), name);         \
                                                                    \
		if (index < 0)                                      \
			return index;                               \
		*ret_value = (type)index;                           \
		return 0;                                           \
	}

NAMED(enum event_cause, cause, causes)
NAMED(enum event_how, how, hows)
NAMED(enum event_sender, sender, senders)
NAMED(enum trace_outcome, outcome, outcomes)
NAMED(enum frame_kind, frame_kind, kinds)
