/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/cause_class.h"

#include "core/report/job/last_words.h"
#include "core/report/job/mpi_error.h"
#include "core/report/job/rules.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>

#define PHRASES_MOST 2

/* What a message says of its cause. The first row counts of which a phrase is in the text and,
 * where there is a second, that too; and the type of the exception is TYPE, where there is one. A
 * phrase stands between characters that are no letters or digits, in any case. */
static const struct message_row {
	enum cause_class class;
	enum confidence confidence;
	const char *type, *phrases[PHRASES_MOST];
} messages[] = {
	/* the texts of CUDA's and ROCm's error codes, and of the libraries above them */
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"uncorrectable ECC error"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"uncorrectable NVLink error"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"fallen off the bus"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"GPU is lost"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"cudaErrorECCUncorrectable"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"CUDA_ERROR_ECC_UNCORRECTABLE"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"cudaErrorNvlinkUncorrectable"}},
	{CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY, NULL, {"hardware stack error"}},
	{CLASS_CUDA_ASSERT, CONFIDENCE_LIKELY, NULL, {"device-side assert triggered"}},
	{CLASS_CUDA_ASSERT, CONFIDENCE_LIKELY, NULL, {"cudaErrorAssert"}},
	{CLASS_CUDA_ASSERT, CONFIDENCE_LIKELY, NULL, {"CUDA_ERROR_ASSERT"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"illegal memory access"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"CUDA_ERROR_ILLEGAL_ADDRESS"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"cudaErrorIllegalAddress"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"misaligned address", "CUDA"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"unspecified launch failure"}},
	{CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY, NULL, {"memory access fault by GPU"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"CUDA out of memory"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"HIP out of memory"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"CUDA error", "out of memory"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"cudaErrorMemoryAllocation"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"CUDA_ERROR_OUT_OF_MEMORY"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"CUBLAS_STATUS_ALLOC_FAILED"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"RESOURCE_EXHAUSTED", "out of memory"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, NULL, {"OOM when allocating tensor", "GPU"}},
	{CLASS_CUDA_OOM, CONFIDENCE_LIKELY, "OutOfMemoryError", {"GPU"}},
	{CLASS_CUDA_OOM, CONFIDENCE_UNSURE, "OutOfMemoryError", {"out of memory allocating"}},
	/* NCCL's, and those of torch's process group over it */
	{CLASS_NCCL_TIMEOUT, CONFIDENCE_LIKELY, NULL, {"collective operation timeout"}},
	{CLASS_NCCL_TIMEOUT, CONFIDENCE_LIKELY, NULL, {"NCCL", "before timing out"}},
	{CLASS_NCCL_TIMEOUT, CONFIDENCE_LIKELY, NULL, {"NCCL", "timed out"}},
	{CLASS_NCCL_TIMEOUT, CONFIDENCE_LIKELY, NULL, {"NCCL timeout"}},
	{CLASS_PEER_LOST, CONFIDENCE_LIKELY, NULL, {"ncclRemoteError"}},
	{CLASS_PEER_LOST, CONFIDENCE_LIKELY, NULL, {"NCCL", "remote process exited"}},
	{CLASS_NCCL_SYSTEM, CONFIDENCE_LIKELY, NULL, {"ncclSystemError"}},
	{CLASS_NCCL_SYSTEM, CONFIDENCE_LIKELY, NULL, {"ncclInternalError"}},
	{CLASS_NCCL_SYSTEM, CONFIDENCE_LIKELY, NULL, {"ncclUnhandledCudaError"}},
	{CLASS_NCCL_SYSTEM, CONFIDENCE_LIKELY, NULL, {"NCCL", "unhandled system error"}},
	{CLASS_NCCL_SYSTEM, CONFIDENCE_LIKELY, NULL, {"NCCL", "unhandled cuda error"}},
	/* the texts of errno */
	{CLASS_SHM_FULL, CONFIDENCE_LIKELY, NULL, {"insufficient shared memory"}},
	{CLASS_SHM_FULL, CONFIDENCE_LIKELY, NULL, {"no space left on device", "/dev/shm"}},
	{CLASS_SHM_FULL, CONFIDENCE_LIKELY, NULL, {"no space left on device", "shared memory"}},
	{CLASS_SHM_FULL, CONFIDENCE_LIKELY, NULL, {"no space left on device", "/torch_"}},
	{CLASS_DISK_FULL, CONFIDENCE_LIKELY, NULL, {"no space left on device"}},
	{CLASS_DISK_FULL, CONFIDENCE_LIKELY, NULL, {"errno = 28"}},
	{CLASS_DISK_FULL, CONFIDENCE_LIKELY, NULL, {"disk is full"}},
	{CLASS_QUOTA, CONFIDENCE_LIKELY, NULL, {"disk quota exceeded"}},
	{CLASS_FILE_LIMIT, CONFIDENCE_LIKELY, NULL, {"too many open files"}},
	{CLASS_FILE_LIMIT, CONFIDENCE_LIKELY, "OSError", {"file too large"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_LIKELY, NULL, {"can't start new thread"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_LIKELY, NULL,
		{"thread", "resource temporarily unavailable"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_LIKELY, NULL,
		{"fork", "resource temporarily unavailable"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_LIKELY, NULL, {"unable to create", "thread"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_LIKELY, "std::system_error",
		{"resource temporarily unavailable"}},
	{CLASS_PROCESS_LIMIT, CONFIDENCE_UNSURE, "BlockingIOError",
		{"resource temporarily unavailable"}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, NULL, {"cannot allocate memory"}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, NULL, {"can't allocate memory"}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, NULL, {"unable to allocate", "array"}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, NULL, {"not enough memory"}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, "MemoryError", {NULL}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, "_ArrayMemoryError", {NULL}},
	{CLASS_HOST_OOM, CONFIDENCE_LIKELY, "std::bad_alloc", {NULL}},
	/* the loader's */
	{CLASS_UNDEFINED_SYMBOL, CONFIDENCE_LIKELY, NULL, {"undefined symbol"}},
	{CLASS_UNDEFINED_SYMBOL, CONFIDENCE_LIKELY, NULL, {"version `GLIBC", "not found"}},
	{CLASS_UNDEFINED_SYMBOL, CONFIDENCE_LIKELY, NULL, {"version `CXXABI", "not found"}},
	{CLASS_UNDEFINED_SYMBOL, CONFIDENCE_LIKELY, NULL, {"version `GLIBCXX", "not found"}},
	{CLASS_MISSING_LIBRARY, CONFIDENCE_LIKELY, NULL, {"cannot open shared object file"}},
	{CLASS_IMPORT_ERROR, CONFIDENCE_LIKELY, "ModuleNotFoundError", {NULL}},
	{CLASS_IMPORT_ERROR, CONFIDENCE_LIKELY, "ImportError", {NULL}},
	/* batch systems' and schedulers' */
	{CLASS_TIME_LIMIT, CONFIDENCE_LIKELY, NULL, {"due to time limit"}},
	{CLASS_PREEMPTED, CONFIDENCE_LIKELY, NULL, {"due to preemption"}},
	{CLASS_PREEMPTED, CONFIDENCE_UNSURE, NULL, {"preempted"}},
	/* of numbers */
	{CLASS_NAN, CONFIDENCE_LIKELY, "FloatingPointError", {NULL}},
	{CLASS_NAN, CONFIDENCE_LIKELY, NULL, {"NaN"}},
	{CLASS_NAN, CONFIDENCE_LIKELY, NULL, {"NaNs"}},
	{CLASS_NAN, CONFIDENCE_LIKELY, NULL, {"non-finite"}},
	{CLASS_NAN, CONFIDENCE_UNSURE, NULL, {"not finite"}},
	/* checks of libc's, of C's and C++'s, of Python's and Rust's */
	{CLASS_STACK_OVERFLOW, CONFIDENCE_LIKELY, "RecursionError", {NULL}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"double free or corruption"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"free(): invalid"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"free(): double free"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"malloc(): "}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"realloc(): invalid"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"munmap_chunk(): invalid"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"corrupted size vs. prev_size"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"corrupted double-linked list"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"stack smashing detected"}},
	{CLASS_MEMORY_FAULT, CONFIDENCE_PROVEN, NULL, {"buffer overflow detected"}},
	{CLASS_ASSERTION, CONFIDENCE_PROVEN, "AssertionError", {NULL}},
	{CLASS_ASSERTION, CONFIDENCE_PROVEN, NULL, {"assertion", "failed"}},
	{CLASS_ASSERTION, CONFIDENCE_LIKELY, NULL, {"check failed"}},
	{CLASS_ASSERTION, CONFIDENCE_LIKELY, NULL, {"panicked at"}},
};

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

/* PHRASE is in TEXT, and no letter or digit is beside its own. */
static bool says(const char *text, const char *phrase)
{
	size_t length = strlen(phrase);

	for (const char *at = text; (at = strcasestr(at, phrase)) != NULL; at++)
		if ((at == text || !isalnum((unsigned char)at[-1]) ||
			    !isalnum((unsigned char)phrase[0])) &&
			(!isalnum((unsigned char)at[length]) ||
				!isalnum((unsigned char)phrase[length - 1])))
			return true;
	return false;
}

static bool row_is_met(const struct message_row *row, const char *type, const char *text)
{
	if (row->type != NULL && (type == NULL || strcmp(row->type, type) != 0))
		return false;
	for (size_t i = 0; i < PHRASES_MOST && row->phrases[i] != NULL; i++)
		if (!says(text, row->phrases[i]))
			return false;
	return true;
}

/* What TEXT says of its cause, a message of an exception of TYPE, or of a check (NULL). */
static struct cause cause_in(const char *type, const char *text)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		if (row_is_met(&messages[i], type, text))
			return (struct cause){messages[i].class, messages[i].confidence};
	return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
}

/* The last name of TYPE, "torch.OutOfMemoryError"; one of C++ is whole. */
static const char *short_type(const struct event_exception *exception)
{
	const char *dot = exception->type == NULL ? NULL : strrchr(exception->type, '.');

	return dot == NULL ? exception->type : dot + 1;
}

static struct cause cause_of_message(const struct event *event)
{
	const struct event_exception *exception = &event->exception;
	struct cause cause = {CLASS_UNKNOWN, CONFIDENCE_UNSURE};

	if (exception->type != NULL)
		cause = cause_in(short_type(exception), exception->message ?: "");
	if (cause.class == CLASS_UNKNOWN && event->abort_message != NULL)
		cause = cause_in(NULL, event->abort_message);
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

static struct cause cause_of_end(const struct process *process)
{
	const struct event *event = termination_event(process);
	const struct process *parent = process->parent;

	if (rules_is_over(process) || (parent != NULL && parent->termination != NULL &&
					      rules_ran_out_of_time(parent, process)))
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

/* Where the last SAID_LINES lines of TEXT begin. */
static const char *last_lines(const char *text)
{
	const char *at = text + strlen(text);

	while (at > text && isspace((unsigned char)at[-1]))
		at--;
	for (int lines = 0; at > text; at--)
		if (at[-1] == '\n' && ++lines == SAID_LINES)
			return at;
	return at;
}

/* What WORDS name as a cause: nothing that is said proves it, and what others may have said makes
 * it no more than possible. */
static struct cause cause_of_words(const struct last_words *words)
{
	struct cause cause = {CLASS_UNKNOWN, CONFIDENCE_UNSURE};

	for (size_t i = 0; i < words->count && cause.class == CLASS_UNKNOWN; i++) {
		cause = cause_in(NULL, last_lines(words->said[i].text));
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
	struct cause cause;

	if (process == NULL || process->termination == NULL)
		return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
	cause = cause_of_message(termination_event(process));
	if (cause.class != CLASS_UNKNOWN)
		return cause;
	if (mpi_error_of(process->termination->end, &error))
		return (struct cause){error.own ? CLASS_MPI_USAGE : CLASS_MPI_ERROR,
			error.name != NULL ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY};
	failure = rules_failure_class(job, process);
	if (failure == FAILURE_PEER_LOST || failure == FAILURE_PEER_TIMEOUT ||
		failure == FAILURE_LAUNCHER_LOST)
		return (struct cause){CLASS_PEER_LOST, CONFIDENCE_LIKELY};
	return cause_of_end(process);
}

const char *cause_class_name(enum cause_class class)
{
	return classes[class].name;
}

const char *cause_class_advice(enum cause_class class)
{
	return classes[class].advice;
}
