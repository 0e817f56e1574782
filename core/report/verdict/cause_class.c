/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/cause_class.h"

#include "core/report/job/last_words.h"
#include "core/report/job/rules.h"
#include "core/report/verdict/cause_messages.h"
#include "core/report/verdict/cause_system.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>

/* Names, and what a user can do. */
static const struct {
	const char *name, *advice;
} classes[CAUSE_CLASS_COUNT_] = {
	[CLASS_UNKNOWN] = {"unknown", NULL},
	[CLASS_HOST_OOM] = {"host_oom",
		"no memory left for it: use fewer processes or smaller pieces on a host, or a host "
		"with more; `ulimit -v` and the batch system may set limits"},
	[CLASS_CGROUP_OOM] = {"cgroup_oom",
		"its control group's memory limit was reached: ask the batch system or the pod for "
		"more memory, or use less"},
	[CLASS_CUDA_OOM] = {"cuda_oom",
		"no memory left on the GPU: a smaller batch, less kept between steps, or no other "
		"process on that GPU"},
	[CLASS_CUDA_ILLEGAL_ACCESS] = {"cuda_illegal_access",
		"a GPU kernel used memory that is not its own; its errors come late, so the line "
		"may be wrong: CUDA_LAUNCH_BLOCKING=1 or compute-sanitizer has the right one"},
	[CLASS_CUDA_ASSERT] = {"cuda_assert",
		"an assertion failed on the GPU, most often an index out of range; the line may be "
		"wrong: CUDA_LAUNCH_BLOCKING=1 has the right one"},
	[CLASS_GPU_HARDWARE] = {"gpu_hardware",
		"the GPU or its link is faulty: exclude this host, and have its GPU reset or "
		"checked"},
	[CLASS_NCCL_TIMEOUT] = {"nccl_timeout",
		"a collective did not end in time: another rank was late, made another call, or "
		"was gone; its stack says more than this one's"},
	[CLASS_NCCL_SYSTEM] = {"nccl_system",
		"NCCL failed in the system or the network: NCCL_DEBUG=INFO says where"},
	[CLASS_PEER_LOST] = {"peer_lost", NULL},
	[CLASS_SHM_FULL] = {"shm_full",
		"shared memory (/dev/shm) is full: make it larger (a container's --shm-size or an "
		"emptyDir in memory), or use fewer loader processes"},
	[CLASS_DISK_FULL] = {"disk_full", "the file system is full: `df` on that host says which"},
	[CLASS_QUOTA] = {"quota", "the user's quota on that file system is used up"},
	[CLASS_FILE_LIMIT] = {"file_limit",
		"a limit on files was reached: `ulimit -n` (how many are open) or `ulimit -f` (how "
		"large one is)"},
	[CLASS_PROCESS_LIMIT] = {"process_limit",
		"no further thread or process could be made: `ulimit -u`, the control group's "
		"pids.max, or too many threads in each process (OMP_NUM_THREADS)"},
	[CLASS_IMPORT_ERROR] = {"import_error",
		"a Python module is not there: is the environment the same on each host?"},
	[CLASS_MISSING_LIBRARY] = {"missing_library",
		"a shared library is not found: LD_LIBRARY_PATH or the modules loaded on that "
		"host"},
	[CLASS_UNDEFINED_SYMBOL] = {"undefined_symbol",
		"a library is of another version than the program was built for: `ldd -r` on that "
		"host names both"},
	[CLASS_NAN] = {"nan", "a number is not finite: look at the inputs and the step before"},
	[CLASS_MPI_ERROR] = {"mpi_error", NULL},
	[CLASS_MPI_USAGE] = {"mpi_usage", "the call of MPI is wrong: its arguments, or its place"},
	[CLASS_TIME_LIMIT] = {"time_limit",
		"its time was over: ask for more, or save and go on in the next job"},
	[CLASS_PREEMPTED] = {"preempted", "it had to make room for another job: submit it again"},
	[CLASS_STACK_OVERFLOW] = {"stack_overflow",
		"a thread's stack is full: a recursion without end, or large local variables "
		"(`ulimit -s`, OMP_STACKSIZE)"},
	[CLASS_MEMORY_FAULT] = {"memory_fault", NULL},
	[CLASS_ASSERTION] = {"assertion", NULL},
	[CLASS_EXCEPTION] = {"exception", NULL},
	[CLASS_KILLED] = {"killed", NULL},
	[CLASS_EXIT] = {"exit", NULL},
};

/* The last name of TYPE, "torch.OutOfMemoryError"; one of C++ is whole. */
static const char *short_type(const struct event_exception *exception)
{
	const char *dot = exception->type == NULL ? NULL : strrchr(exception->type, '.');

	return dot == NULL ? exception->type : dot + 1;
}

/* Python's multiprocessing raised it where it makes semaphores, queues and blocks in /dev/shm. */
static bool raised_for_shared_memory(const struct termination *end)
{
	static const char *const files[] = {"multiprocessing/synchronize.py",
		"multiprocessing/shared_memory.py", "multiprocessing/heap.py"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (text_lines_have(&end->error_trace, files[i]))
			return true;
	return false;
}

static struct cause cause_of_message(const struct termination *end)
{
	const struct event *event = &end->event;
	const struct event_exception *exception = &event->exception;
	struct cause cause = {CLASS_UNKNOWN, CONFIDENCE_UNSURE};

	if (exception->type != NULL)
		cause = cause_of_text(short_type(exception), exception->message ?: "");
	if (cause.class == CLASS_UNKNOWN && event->abort_message != NULL)
		cause = cause_of_text(NULL, event->abort_message);
	if (cause.class == CLASS_DISK_FULL && raised_for_shared_memory(end))
		cause.class = CLASS_SHM_FULL;
	return cause;
}

/* A library that maps /dev/shm has a part in the stack: a page behind a mapping that could not be
 * had is likely one of there. */
static bool shares_memory(const struct event *event)
{
	static const char *const names[] = {
		"libtorch", "libnccl", "libmpi", "libfabric", "libuc", "mca_"};

	for (size_t i = 0; i < event->frame_count; i++)
		for (size_t name = 0; name < sizeof names / sizeof *names; name++)
			if (event->frames[i].module != NULL &&
				strstr(event->frames[i].module->path, names[name]) != NULL)
				return true;
	return false;
}

/* Of signal NUMBER with CODE, which the process of EVENT brought about itself. */
static struct cause cause_of_signal(const struct event *event, int number, int code)
{
	switch (number) {
	case SIGSEGV: return (struct cause){CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN};
	case SIGBUS:
		if (code == BUS_ADRERR && shares_memory(event))
			return (struct cause){CLASS_SHM_FULL, CONFIDENCE_LIKELY};
		return (struct cause){CLASS_MEMORY_FAULT, CONFIDENCE_LIKELY};
	case SIGFPE:
		return code == FPE_FLTINV || code == FPE_FLTDIV || code == FPE_FLTOVF
			       ? (struct cause){CLASS_NAN, CONFIDENCE_LIKELY}
			       : (struct cause){CLASS_EXCEPTION, CONFIDENCE_LIKELY};
	case SIGABRT: return (struct cause){CLASS_ASSERTION, CONFIDENCE_UNSURE};
	case SIGXFSZ: return (struct cause){CLASS_FILE_LIMIT, CONFIDENCE_PROVEN};
	case SIGXCPU: return (struct cause){CLASS_TIME_LIMIT, CONFIDENCE_LIKELY};
	default: return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
	}
}

/* Another process sent the signal, whatever it stands for. */
static bool was_sent(const struct event_signal *signal)
{
	return signal->sender_is == SENDER_ANCESTOR || signal->sender_is == SENDER_OTHER;
}

static struct cause cause_of_fault(const struct process *process)
{
	const struct event *event = termination_event(process);
	const struct event_signal *signal = &event->signal;

	if (event->stack_overflow)
		return (struct cause){CLASS_STACK_OVERFLOW, CONFIDENCE_PROVEN};
	if (rules_had_no_room(process))
		return (struct cause){CLASS_STACK_OVERFLOW, CONFIDENCE_UNSURE};
	if (was_sent(signal))
		return (struct cause){CLASS_KILLED, CONFIDENCE_PROVEN};
	return cause_of_signal(event, signal->number, signal->code);
}

/* Of memory that the kernel had to take back: whose limit it was. */
static struct cause cause_of_oom(const struct event_oom *oom)
{
	bool own = oom->cgroup != NULL && strcmp(oom->cgroup, "/") != 0;

	return (struct cause){own ? CLASS_CGROUP_OOM : CLASS_HOST_OOM,
		own && oom->kills_after > oom->kills_before ? CONFIDENCE_LIKELY
							    : CONFIDENCE_UNSURE};
}

static struct cause cause_of_exit(const struct process *process)
{
	if (rules_lacked_symbol(process))
		return (struct cause){CLASS_UNDEFINED_SYMBOL, CONFIDENCE_LIKELY};
	if (rules_lacked_library(process))
		return (struct cause){CLASS_MISSING_LIBRARY, CONFIDENCE_UNSURE};
	return (struct cause){CLASS_EXIT, CONFIDENCE_PROVEN};
}

/* A parent such as timeout(1) ended PROCESS as its time was over. */
static bool ran_out_of_time(const struct process *process)
{
	const struct process *parent = process->parent;

	return parent != NULL && parent->termination != NULL &&
	       rules_ran_out_of_time(parent, process);
}

static struct cause cause_of_end(const struct process *process)
{
	const struct event *event = termination_event(process);

	if (rules_is_over(process) || ran_out_of_time(process))
		return (struct cause){CLASS_TIME_LIMIT, CONFIDENCE_PROVEN};
	if (rules_called_abort(process->termination->end))
		return (struct cause){CLASS_EXIT, CONFIDENCE_PROVEN};
	if (event->fault.number != 0)
		return cause_of_signal(event, event->fault.number, event->fault.code);
	switch (event->cause) {
	case CAUSE_FAULT:
	case CAUSE_ABORT: return cause_of_fault(process);
	case CAUSE_EXCEPTION: return (struct cause){CLASS_EXCEPTION, CONFIDENCE_PROVEN};
	case CAUSE_OOM: return cause_of_oom(&event->oom);
	case CAUSE_KILLED:
	case CAUSE_TERMINATED:
		if (event->signal.number == SIGXCPU || event->signal.number == SIGXFSZ)
			return cause_of_fault(process);
		return (struct cause){CLASS_KILLED, CONFIDENCE_PROVEN};
	case CAUSE_EXIT: return cause_of_exit(process);
	default: return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
	}
}

/* The lines of what was said last that may name a cause. */
#define SAID_LINES 5

/* Where the last SAID_LINES lines of TEXT begin; lines that are indented, as those of a stack are,
 * belong to the one before. */
static const char *last_lines(const char *text)
{
	const char *at = text + strlen(text);

	for (int lines = 0; at > text; at--)
		if (at[-1] == '\n' && *at != '\0' && !isspace((unsigned char)*at) &&
			++lines == SAID_LINES)
			return at;
	return at;
}

/* What WORDS name as a cause: nothing that is said proves it, and what others may have said makes
 * it no more than possible. */
static struct cause cause_of_words(const struct last_words *words)
{
	struct cause cause = {CLASS_UNKNOWN, CONFIDENCE_UNSURE};

	for (size_t i = 0; i < words->count && cause.class == CLASS_UNKNOWN; i++) {
		cause = cause_of_text(NULL, last_lines(words->said[i].text));
		if (words->said[i].shared)
			cause.confidence = CONFIDENCE_UNSURE;
		else if (cause.confidence == CONFIDENCE_PROVEN)
			cause.confidence = CONFIDENCE_LIKELY;
	}
	return cause;
}

struct cause cause_class_of(const struct job *job, const struct process *process)
{
	struct cause cause = cause_class_by_end(job, process), said;

	if (process == NULL || process->words == NULL ||
		(cause.class != CLASS_EXIT && cause.class != CLASS_UNKNOWN &&
			(cause.class != CLASS_ASSERTION || cause.confidence != CONFIDENCE_UNSURE)))
		return cause;
	said = cause_of_words(process->words);
	return said.class == CLASS_UNKNOWN ? cause : said;
}

struct cause cause_class_by_end(const struct job *job, const struct process *process)
{
	struct mpi_error error;
	enum failure_class failure;
	struct cause cause, system;

	if (process == NULL || process->termination == NULL)
		return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
	system = system_cause_of(job, process).cause;
	if (system.class == CLASS_GPU_HARDWARE && system.confidence >= CONFIDENCE_LIKELY)
		return system;
	cause = cause_of_message(process->termination->end);
	if (cause.class != CLASS_UNKNOWN)
		return cause;
	if (system.class != CLASS_UNKNOWN)
		return system;
	if (mpi_error_of(process->termination->end, &error))
		return (struct cause){cause_class_of_mpi(&error),
			error.name != NULL ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY};
	failure = rules_failure_class(job, process);
	if (failure == FAILURE_PEER_LOST || failure == FAILURE_PEER_TIMEOUT ||
		failure == FAILURE_LAUNCHER_LOST)
		return (struct cause){CLASS_PEER_LOST, CONFIDENCE_LIKELY};
	return cause_of_end(process);
}

/* The cause of the end of PROCESS, which another process ended. */
static struct cause cause_of_ended(const struct process *process)
{
	bool is_over = rules_is_over(process) || ran_out_of_time(process);

	return (struct cause){is_over ? CLASS_TIME_LIMIT : CLASS_KILLED, CONFIDENCE_PROVEN};
}

bool cause_class_of_attempt(
	const struct job *job, const struct attempt *attempt, struct cause *ret_cause)
{
	struct system_cause system = system_cause_of_attempt(job, attempt);

	if (attempt->has_root || attempt->explanation == NULL)
		return false;
	if (system.message != NULL)
		*ret_cause = system.cause;
	else if (attempt->ended != NULL)
		*ret_cause = cause_of_ended(attempt->ended);
	return system.message != NULL || attempt->ended != NULL;
}

const char *cause_class_name(enum cause_class class)
{
	return classes[class].name;
}

const char *cause_class_advice(enum cause_class class)
{
	return classes[class].advice;
}
