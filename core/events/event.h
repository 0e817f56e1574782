/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - one node-state event, schema vigil.event/1, and its readable and JSON forms.
 *
 * Plain data that its maker fills and keeps until it is written. "Unknown" is NULL for a string, 0
 * for a pid, a time or a count, RANK_UNKNOWN for a rank; an unknown value is left out of the JSON,
 * except where the schema says "always". Signal-safe: yes. Threads: one at a time per event.
 */
#pragma once

#include "core/base/call_counts.h"
#include "core/base/clock.h"
#include "core/base/frame.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/events/identity.h"
#include "core/events/node_state.h"

struct json_out;
struct record_delivery;

#define EVENT_SCHEMA "vigil.event/1"

/* The longest line of an event, its newline included. */
#define EVENT_LINE_MAX ((size_t)64 * 1024)

/* Why a process FAILED. Names on the wire: event_cause_name(). */
enum event_cause {
	CAUSE_NONE,
	CAUSE_FAULT,	  /* a fatal signal of its own making */
	CAUSE_ABORT,	  /* abort(), a C assertion, a check of libc's */
	CAUSE_EXCEPTION,  /* an exception that nobody caught */
	CAUSE_EXIT,	  /* it terminated with a status other than 0 */
	CAUSE_TERMINATED, /* a signal that another process sent */
	CAUSE_KILLED,	  /* SIGKILL */
	CAUSE_OOM,	  /* SIGKILL by the kernel, out of memory */
	CAUSE_STOPPED,
	CAUSE_VANISHED,	   /* it is gone, and its status is not known */
	CAUSE_EXEC_FAILED, /* its program could not be started */
	EVENT_CAUSE_COUNT_
};

/* How the process terminated by an exit status, or was about to exit when a signal terminated
 * it: then the cause is CAUSE_EXIT, and the signal is known, too. Names on the wire:
 * event_how_name(). */
enum event_how {
	HOW_NONE,   /* it did not terminate by an exit status */
	HOW_RETURN, /* main returned */
	HOW_EXIT,
	HOW__EXIT,
	HOW__Exit,
	HOW_QUICK_EXIT,
	HOW_PTHREAD_EXIT, /* the last thread ended, and it was not the main thread */
	HOW_MPI_ABORT,	  /* it called MPI_Abort(), whatever terminated it then */
	HOW_WAIT,	  /* reported by the process that waited for it */
	EVENT_HOW_COUNT_
};

/* Who sent a signal, seen from the process that got it. */
enum event_sender {
	SENDER_UNKNOWN,
	SENDER_SELF,
	SENDER_ANCESTOR,
	SENDER_OTHER,
	EVENT_SENDER_COUNT_
};

/* What became of the tracer. Names on the wire: event_outcome_name(). */
enum trace_outcome {
	TRACE_NONE, /* no trace was taken */
	TRACE_OK,
	TRACE_DIED,
	TRACE_TIMEOUT,
	TRACE_IN_PROCESS,
	TRACE_OUTCOME_COUNT_
};

struct event_signal {
	int number;    /* 0: there was no signal */
	bool has_code; /* false: only the wait status is known */
	int code;      /* si_code */
	bool has_address;
	uint64_t address; /* si_addr, of a fault */
	pid_t sender_pid;
	int64_t sender_uid; /* -1: unknown */
	const char *sender; /* its comm */
	enum event_sender sender_is;
	bool core_dumped; /* the kernel wrote a core file; only the wait status says so */
};

/* A fault that a signal handler of the program's own received before the process terminated. */
struct event_fault {
	int number; /* 0: there was none */
	int code;   /* si_code */
	bool has_address;
	uint64_t address;
	pid_t tid; /* 0: the handler terminated the process, and `frames` show the fault; else the
		      thread that was in the handler when another thread terminated the process */
};

struct event_exception {
	const char *language; /* NULL: there was none; "python", "c++" */
	const char *type;
	const char *message;
	const char *module;
};

/* What the file is that exec could not start. Names on the wire: exec_file_name(). */
enum exec_file {
	FILE_UNKNOWN, /* it is not there, or may not be read */
	FILE_DIRECTORY,
	FILE_ELF,
	FILE_SCRIPT, /* it begins with "#!" */
	FILE_OTHER,
	EXEC_FILE_COUNT_
};

/* An exec that failed, whereupon the process that called it terminated. */
struct event_exec {
	const char *path; /* as exec was given it; NULL: there was none */
	int number;	  /* errno */
	enum exec_file file;
	const char *interpreter; /* that a script's first line names; NULL: unknown */
};

/* What a process did that `vigil run` looked at. Names on the wire: event_doing_name(). */
enum event_doing {
	DOING_UNKNOWN,
	DOING_COMMUNICATES, /* it is in a function that communicates with other processes */
	DOING_WAITS,	    /* for something else */
	DOING_COMPUTES,
	DOING_STOPPED, /* by a signal such as SIGSTOP */
	EVENT_DOING_COUNT_
};

struct event_stand {
	enum event_doing doing; /* DOING_UNKNOWN: nobody looked */
	int64_t for_us;		/* for how long it had not moved, as far as is known */
};

/* What the standard output or error of a process leads to. Names on the wire:
 * event_stream_name(). */
enum event_stream {
	STREAM_UNKNOWN,
	STREAM_FILE, /* a regular one */
	STREAM_PIPE,
	STREAM_TERMINAL,
	STREAM_TASK_OUT, /* the standard output of a task of srun's, which has read it; */
	STREAM_TASK_ERR, /* its standard error */
	EVENT_STREAM_COUNT_
};

/* The most bytes of what a process said last that are kept of one stream. */
#define EVENT_SAID_MAX ((size_t)4096)

struct event_output {
	enum event_stream kind;
	bool append;	  /* it is open with O_APPEND */
	bool shared;	  /* the parent of the process has the same file as its own output */
	uint64_t inode;	  /* of the file or the pipe; the number of the terminal */
	int64_t start;	  /* in a file, where the program found its end when it began */
	int64_t offset;	  /* in a file, behind what was written last; 0: unknown, or nothing was */
	const char *path; /* absolute, of a file; NULL: unknown */
};

/* What a launcher has read last from the pipe, or terminal, that a rank writes to, or srun from a
 * task. */
struct event_forwarded {
	enum event_stream kind; /* STREAM_UNKNOWN: there is none */
	uint64_t inode;		/* as in struct event_output; the number of the task in its step */
	const char *text;	/* its last EVENT_SAID_MAX bytes */
};

/* One ancestor, as /proc had it when the process began. */
struct event_ancestor {
	pid_t pid;
	const char *comm;
};

/* The process that emits an event about another one: it waited for the other process, or sent it a
 * signal. */
struct event_reporter {
	pid_t pid;	  /* 0: unknown */
	const char *comm; /* as the kernel has it */
};

/* Whom a kill() was sent to. Names on the wire: the members to_group, to_all. */
enum event_reach { REACH_ONE, REACH_GROUP, REACH_ALL };

/* How many processes the kernel had killed for lack of memory in the cgroup of a process, before
 * and after that process terminated. */
struct event_oom {
	const char *cgroup; /* NULL: nothing is known */
	int64_t kills_before, kills_after;
};

struct event_process {
	const char *program; /* always: the base name of exe */
	const char *exe;
	const char *cwd;
	const char *const *argv; /* argc strings */
	size_t argc;
	enum argv_form argv_form;
	pid_t ppid;
	const struct event_ancestor *ancestors; /* the parent first */
	size_t ancestor_count;
	uint64_t start_ticks;
	const char *boot_id;
	pid_t tid;
	const char *thread; /* name of the thread tid */
};

struct event_usage {
	bool known;
	int64_t wall_us; /* 0: unknown */
	int64_t user_us, system_us, max_rss_kb;
};

/* A thread other than the one whose stack is the event's `frames`. */
struct event_thread {
	pid_t tid;
	const char *name;
	const struct frame *frames; /* shared by all threads with the same stack */
	size_t frame_count;
	bool truncated;	   /* the stack has more frames */
	const char *error; /* why there are no frames; NULL where there are some */
};

/* `what` of an event that follows the last one of a process only to say how many were dropped; and
 * of one that comes before the last one: of the exception after which the process cleans up. */
#define EVENT_WHAT_DROPPED "dropped"
#define EVENT_WHAT_RAISED "raised"

/* `what` of an event in which `vigil run` says where a rank was that goes on: all ranks of its host
 * have stood still for the time of --stall; it has moved again after that; it stood still when the
 * job was requested to end, or when it ended. */
#define EVENT_WHAT_STALLED "stalled"
#define EVENT_WHAT_MOVED "moved"
#define EVENT_WHAT_SEEN "seen"

/* `what` of an event in which `vigil run` says what the kernel logged, of the process or, where it
 * is about `vigil run` itself, of the host. */
#define EVENT_WHAT_KERNEL "kernel"

/* Likewise what NVIDIA's management library says of a GPU of the host after a failure. */
#define EVENT_WHAT_NVML "nvml"

/* Likewise what Slurm says of the job that it ended for a limit: fields of `scontrol show job`. */
#define EVENT_WHAT_SLURM "slurm"

/* `what` of the event of a call that failed. */
#define EVENT_WHAT_CALL "call"

/* `what` of an event in which a launcher reports what it has read last from a rank. */
#define EVENT_WHAT_OUTPUT "output"

/* `what` of the first and the last event of a `vigil run` that is one of several in its run. */
#define EVENT_WHAT_WATCH "watch"
#define EVENT_WHAT_WATCHED "watched"

/* A call that failed, by a probe of the setting `calls`. */
struct event_failed_call {
	const char *function; /* NULL: there is none */
	int64_t returned;
};

struct event {
	enum event_source source;
	enum node_state state;
	const char *what;  /* init main exit _exit quick_exit signal abort exception raised wait
			      vanished kill dropped watch watched stalled moved seen
			      kernel nvml slurm call output */
	struct instant at; /* of the fact, not of the writing */
	struct identity identity;
	bool leader;
	const char *hostname;
	pid_t pid;
	uint32_t seq;	    /* per process, from 0 */
	uint32_t dropped;   /* events of this process that not every handler could write so far */
	uint32_t unsent;    /* of these, how many are in the run directory all the same */
	bool for_directory; /* only the run directory gets it, not the user's handlers */
	bool crashing;	    /* reported while the program dies, see struct log_record */
	struct record_delivery *delivery; /* see struct log_record; NULL: it is sent once */
	struct event_reporter reporter;	  /* of an AGENT event */
	struct event_stand stand;	  /* of one about a process that goes on */
	const char *system_message;	  /* what the system said: EVENT_WHAT_KERNEL, … */
	bool second_hand; /* from an AGENT, about a fact that the process reports itself, too: level
			     DEBUG */

	/* "kill", RUNNING: `signal` was sent to the process PID, with REACH_GROUP to the group that
	 * it leads; with REACH_ALL, PID is the reporter. */
	enum event_reach reach;
	bool already_dead; /* another signal had killed PID before */

	/* FAILED, and why */
	enum event_cause cause;
	enum event_how how;
	int exit_code; /* meaningful unless how is HOW_NONE */
	struct event_signal signal;
	struct event_fault fault;
	struct event_exception exception;
	bool stack_overflow; /* the fault is that the thread's stack was full */
	struct event_exec exec;
	const char *abort_message;
	const char
		*report_file; /* absolute path of the report that its runtime wrote of the crash */
	struct event_oom oom;
	struct event_output outputs[2]; /* where standard output and error go */
	const char *unwritten;	/* the end of what stdio's buffer of stdout held when the process
				   died; NULL: nothing */
	const char *last_error; /* the text of the last error of its interpreter; NULL: unknown */
	struct event_forwarded forwarded; /* EVENT_WHAT_OUTPUT */
	const char *foreign_trace; /* readable, in its language's own format, e.g. Python's; ends
				      with a newline */
	const char *threads_trace; /* the stacks of other threads, in the same format */
	/* The frames of thread process.tid, the innermost first: an interpreter's before the native
	 * ones. */
	const struct frame *frames;
	size_t frame_count;
	bool truncated;	  /* the stack has more frames */
	const char *stop; /* why no more frames were found; NULL: the stack ends */
	const struct frame_register *registers; /* that thread's, the pc first */
	size_t register_count;
	const struct event_thread *threads; /* the others */
	size_t thread_count;
	size_t threads_left_out;   /* how many more there are */
	const char *threads_error; /* why none, or not all, could be examined */
	struct event_failed_call failed_call;
	struct call_counts calls; /* how often it called functions that are counted */
	enum trace_outcome outcome;
	const char *python_error; /* why an interpreter's frames are missing, or not whole */
	int64_t trace_us;	  /* how long the trace took */
	uint64_t fingerprint;	  /* of the stack, equal for equal stacks; 0: none */

	struct event_process process;
	bool process_in_full; /* write all of process (INIT), not only program, ppid, start_ticks */
	struct event_usage usage;
};

/* Names on the wire, in static storage; "unknown" outside the range, NULL for the value that is
 * left out (…_NONE). */
const char *event_cause_name(enum event_cause cause);
const char *event_how_name(enum event_how how);
const char *event_sender_name(enum event_sender sender);
const char *event_outcome_name(enum trace_outcome outcome);
const char *exec_file_name(enum exec_file file);
const char *event_doing_name(enum event_doing doing);
const char *event_stream_name(enum event_stream stream);
const char *event_frame_kind_name(enum frame_kind kind);

/* Return 0, or -EINVAL and the value as it was. */
int event_cause_parse(const char *name, enum event_cause *ret_cause);
int event_how_parse(const char *name, enum event_how *ret_how);
int event_sender_parse(const char *name, enum event_sender *ret_sender);
int event_outcome_parse(const char *name, enum trace_outcome *ret_outcome);
int event_doing_parse(const char *name, enum event_doing *ret_doing);
int event_stream_parse(const char *name, enum event_stream *ret_stream);
int exec_file_parse(const char *name, enum exec_file *ret_file);
int event_frame_kind_parse(const char *name, enum frame_kind *ret_kind);

/* The si_code CODE of signal NUMBER, in static storage: its name ("SEGV_MAPERR", "SI_USER"; NULL:
 * unknown), and what it says in words ("address not mapped"; NULL: nothing). */
const char *event_signal_code_name(int number, int code);
const char *event_signal_code_text(int number, int code);

/* Append why EXEC failed: "./run.sh: its interpreter /bin/zsh is missing". */
void event_exec_text(const struct event_exec *exec, struct text *text);
/* SIGNAL is the SIGPIPE that the kernel sends to a process whose write() has no reader. */
bool event_is_broken_pipe(const struct event_signal *signal);

/* Append why the process terminated, without its name: "SIGSEGV (address not mapped) at 0x8 in step
 * (solver.c:88)", "ValueError: bad batch", "exit 3", "SIGTERM from torchrun (pid 31790)". Appends
 * nothing for an event that is not about a termination. */
void event_reason(const struct event *event, struct text *text);

/* Append the readable line, field `message`: "rank 3 FAILED: SIGSEGV …", "pid 4711 SUCCEEDED",
 * "rank 3 RUNNING: SIGTERM sent by mpirun (pid 4000)". No newline. */
void event_message(const struct event *event, struct text *text);

/* Append field `error_trace`: foreign_trace; the native frames, a line each ("#0 step+0x12 (solver)
 * solver.c:88"); threads_trace. event_threads_text() appends the other threads behind it. Where a
 * Python program dies without an exception, foreign_trace is the thread's stack in the form of a
 * traceback, headed "Python stack (most recent call last):", and threads_trace has those of the
 * other threads, each headed "Python stack of thread 0x7f… (most recent call last):". A report_file
 * is the last line: "Report: /scratch/hs_err_pid4711.log". */
void event_error_trace(const struct event *event, struct text *text);

/* Append FRAME, number INDEX of its stack, as a line of `error_trace`. EVENT_MORE_FRAMES is the
 * last line of a stack that has more frames. */
void event_frame_line(size_t index, const struct frame *frame, struct text *text);
#define EVENT_MORE_FRAMES "    … more frames\n"

/* Append the event as one JSON object without a newline, at most EVENT_LINE_MAX - 1 bytes: what
 * does not fit is cut from the other threads, also in `error_trace`, then from the end of `frames`,
 * then of `error_trace`, then of `process.argv`, and "truncated" says so. TEXT must be empty and
 * have room for EVENT_LINE_MAX bytes; in a smaller buffer the same cutting makes it fit. */
void event_json(const struct event *event, struct text *text);

/* Append the first COUNT arguments of PROCESS as a string that a POSIX shell reads back: quoted
 * where they must be, parted by blanks, with their secrets masked as PROCESS->argv_form says. Only
 * whole arguments are appended, as many as MOST bytes hold and TEXT has room for. Returns how
 * many. */
size_t event_command(
	const struct event_process *process, size_t count, size_t most, struct text *text);

/* Write FRAME as an element of `frames`, or only its members, into an object that the caller has
 * begun. */
void event_frame_json(const struct frame *frame, struct json_out *json);
void event_frame_members(const struct frame *frame, struct json_out *json);

/* Write the member `registers` of EVENT; nothing where there are none. */
void event_registers_json(const struct event *event, struct json_out *json);

/* The level of EVENT's record, a number of Python's logging: of a failure, CRITICAL for a fault or
 * an abort(), WARNING for a signal from outside, else ERROR; of anything else INFO. DEBUG for what
 * is second-hand, or a helper's and no failure. */
int event_level(const struct event *event);
