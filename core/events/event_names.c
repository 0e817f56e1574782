/* SPDX-License-Identifier: Apache-2.0 */
/* The names of enums in vigil.event/1: part of the output format, so add, never rename. */
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

static const char files[][10] = {
	[FILE_UNKNOWN] = "",
	[FILE_DIRECTORY] = "directory",
	[FILE_ELF] = "elf",
	[FILE_SCRIPT] = "script",
	[FILE_OTHER] = "other",
};
_Static_assert(NAMES_COUNT(files) == EXEC_FILE_COUNT_, "a kind of file has no name");

static const char doings[][13] = {
	[DOING_UNKNOWN] = "",
	[DOING_COMMUNICATES] = "communicates",
	[DOING_WAITS] = "waits",
	[DOING_COMPUTES] = "computes",
	[DOING_STOPPED] = "stopped",
};
_Static_assert(NAMES_COUNT(doings) == EVENT_DOING_COUNT_, "what a process does has no name");

static const char streams[][9] = {
	[STREAM_UNKNOWN] = "",
	[STREAM_FILE] = "file",
	[STREAM_PIPE] = "pipe",
	[STREAM_TERMINAL] = "terminal",
	[STREAM_TASK_OUT] = "task_out",
	[STREAM_TASK_ERR] = "task_err",
};
_Static_assert(NAMES_COUNT(streams) == EVENT_STREAM_COUNT_, "a kind of stream has no name");

static const char kinds[][7] = {
	[FRAME_CFI] = "cfi",
	[FRAME_FP] = "fp",
	[FRAME_FIXUP] = "fixup",
	[FRAME_PYTHON] = "python",
};
_Static_assert(NAMES_COUNT(kinds) == FRAME_KIND_COUNT_, "a kind of frame has no name");

static const char states[][10] = {
	[NODE_INIT] = "INIT",
	[NODE_RUNNING] = "RUNNING",
	[NODE_SUCCEEDED] = "SUCCEEDED",
	[NODE_FAILED] = "FAILED",
};
_Static_assert(NAMES_COUNT(states) == NODE_STATE_COUNT_, "a state has no name");

static const char sources[][7] = {
	[SOURCE_AGENT] = "AGENT",
	[SOURCE_WORKER] = "WORKER",
};
_Static_assert(NAMES_COUNT(sources) == EVENT_SOURCE_COUNT_, "a source has no name");

static const char launchers[][9] = {
	[LAUNCHER_TORCHRUN] = "torchrun",
	[LAUNCHER_OPENMPI] = "openmpi",
	[LAUNCHER_MPICH] = "mpich",
	[LAUNCHER_FLUX] = "flux",
	[LAUNCHER_PALS] = "pals",
	[LAUNCHER_JSM] = "jsm",
	[LAUNCHER_SLURM] = "slurm",
	[LAUNCHER_NONE] = "none",
};
_Static_assert(NAMES_COUNT(launchers) == LAUNCHER_COUNT_, "a launcher has no name");

/* The pair of functions for one table; OTHERWISE is the name of a value outside the table. */
#define NAMED(type, prefix, table, otherwise)                    \
	const char *prefix##_name(type value)                    \
	{                                                        \
		return names_at(NAMES(table), value, otherwise); \
	}                                                        \
	int prefix##_parse(const char *name, type *ret_value)    \
	{                                                        \
		int index = names_find(NAMES(table), name);      \
                                                                 \
		if (index < 0)                                   \
			return index;                            \
		*ret_value = (type)index;                        \
		return 0;                                        \
	}

NAMED(enum node_state, node_state, states, "UNKNOWN")
NAMED(enum event_source, event_source, sources, "UNKNOWN")
NAMED(enum event_cause, event_cause, causes, "unknown")
NAMED(enum event_how, event_how, hows, "unknown")
NAMED(enum event_sender, event_sender, senders, "unknown")
NAMED(enum trace_outcome, event_outcome, outcomes, "unknown")
NAMED(enum exec_file, exec_file, files, "unknown")
NAMED(enum event_doing, event_doing, doings, "unknown")
NAMED(enum event_stream, event_stream, streams, "unknown")
NAMED(enum frame_kind, event_frame_kind, kinds, "unknown")
NAMED(enum launcher, identity_launcher, launchers, "unknown")
