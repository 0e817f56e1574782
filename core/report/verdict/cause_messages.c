/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/cause_messages.h"

#include <ctype.h>
#include <string.h>

#define PHRASES_MOST 2

/* A row holds where all of its phrases are in the text; and where the type of the exception is
 * TYPE, if there is one. A phrase stands between characters that are no letters, digits or
 * underscores, in any case of letters. Of the rows that hold the first counts. */
struct message_row {
	enum cause_class class;
	enum confidence confidence;
	const char *type, *phrases[PHRASES_MOST];
};

#define SAYS(class, ...)                                \
	{                                               \
		CLASS_##class, CONFIDENCE_LIKELY, NULL, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}
#define MAY_SAY(class, ...)                             \
	{                                               \
		CLASS_##class, CONFIDENCE_UNSURE, NULL, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}
#define PROVES(class, ...)                              \
	{                                               \
		CLASS_##class, CONFIDENCE_PROVEN, NULL, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}
#define IS(class, type)                                 \
	{                                               \
		CLASS_##class, CONFIDENCE_LIKELY, type, \
		{                                       \
			NULL                            \
		}                                       \
	}
#define IS_AND_SAYS(class, type, ...)                   \
	{                                               \
		CLASS_##class, CONFIDENCE_LIKELY, type, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}

static const struct message_row rows[] = {
	/* the error codes of CUDA and ROCm, and the texts of the libraries above them */
	SAYS(GPU_HARDWARE, "uncorrectable ECC error"),
	SAYS(GPU_HARDWARE, "double bit ECC"),
	SAYS(GPU_HARDWARE, "uncorrectable NVLink error"),
	SAYS(GPU_HARDWARE, "fallen off the bus"),
	SAYS(GPU_HARDWARE, "GPU is lost"),
	SAYS(GPU_HARDWARE, "GPU requires reset"),
	SAYS(GPU_HARDWARE, "cudaErrorECCUncorrectable"),
	SAYS(GPU_HARDWARE, "CUDA_ERROR_ECC_UNCORRECTABLE"),
	SAYS(GPU_HARDWARE, "hipErrorECCNotCorrectable"),
	SAYS(GPU_HARDWARE, "cudaErrorNvlinkUncorrectable"),
	SAYS(GPU_HARDWARE, "CUDA_ERROR_NVLINK_UNCORRECTABLE"),
	SAYS(GPU_HARDWARE, "hardware stack error"),
	SAYS(GPU_HARDWARE, "cudaErrorHardwareStackError"),
	SAYS(CUDA_ASSERT, "device-side assert"),
	SAYS(CUDA_ASSERT, "cudaErrorAssert"),
	SAYS(CUDA_ASSERT, "CUDA_ERROR_ASSERT"),
	SAYS(CUDA_ASSERT, "hipErrorAssert"),
	SAYS(CUDA_ILLEGAL_ACCESS, "illegal memory access"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA_ERROR_ILLEGAL_ADDRESS"),
	SAYS(CUDA_ILLEGAL_ACCESS, "cudaErrorIllegalAddress"),
	SAYS(CUDA_ILLEGAL_ACCESS, "hipErrorIllegalAddress"),
	SAYS(CUDA_ILLEGAL_ACCESS, "misaligned address"),
	SAYS(CUDA_ILLEGAL_ACCESS, "cudaErrorMisalignedAddress"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA_ERROR_MISALIGNED_ADDRESS"),
	SAYS(CUDA_ILLEGAL_ACCESS, "unspecified launch failure"),
	SAYS(CUDA_ILLEGAL_ACCESS, "cudaErrorLaunchFailure"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA_ERROR_LAUNCH_FAILED"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA", "invalid program counter"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA", "illegal instruction"),
	SAYS(CUDA_ILLEGAL_ACCESS, "CUDA", "invalid address space"),
	SAYS(CUDA_ILLEGAL_ACCESS, "memory access fault by GPU"),
	SAYS(CUDA_OOM, "out of memory", "CUDA"),
	SAYS(CUDA_OOM, "out of memory", "HIP"),
	SAYS(CUDA_OOM, "out of memory", "GPU"),
	SAYS(CUDA_OOM, "out of memory", "RESOURCE_EXHAUSTED"),
	SAYS(CUDA_OOM, "cudaErrorMemoryAllocation"),
	SAYS(CUDA_OOM, "CUDA_ERROR_OUT_OF_MEMORY"),
	SAYS(CUDA_OOM, "hipErrorOutOfMemory"),
	SAYS(CUDA_OOM, "CUBLAS_STATUS_ALLOC_FAILED"),
	SAYS(CUDA_OOM, "CUDNN_STATUS_ALLOC_FAILED"),
	SAYS(CUDA_OOM, "OOM when allocating tensor", "GPU"),
	SAYS(CUDA_OOM, "cudaMalloc", "failed"),
	SAYS(CUDA_OOM, "failed to allocate device memory"),
	SAYS(CUDA_OOM, "no available memory for the cache blocks"),
	IS_AND_SAYS(CUDA_OOM, "OutOfMemoryError", "GPU"),
	{CLASS_CUDA_OOM, CONFIDENCE_UNSURE, "OutOfMemoryError", {"out of memory allocating"}},
	/* NCCL's, and those of torch's process group over it */
	SAYS(NCCL_TIMEOUT, "collective operation timeout"),
	SAYS(NCCL_TIMEOUT, "watchdog got stuck"),
	SAYS(NCCL_SYSTEM, "NCCL", "connection timed out"),
	SAYS(NCCL_TIMEOUT, "NCCL", "before timing out"),
	SAYS(NCCL_TIMEOUT, "NCCL", "timed out"),
	SAYS(NCCL_TIMEOUT, "NCCL timeout"),
	SAYS(PEER_LOST, "ncclRemoteError"),
	SAYS(PEER_LOST, "NCCL", "remote process exited"),
	SAYS(NCCL_SYSTEM, "ncclSystemError"),
	SAYS(NCCL_SYSTEM, "ncclInternalError"),
	SAYS(NCCL_SYSTEM, "ncclUnhandledCudaError"),
	SAYS(NCCL_SYSTEM, "NCCL", "unhandled system error"),
	SAYS(NCCL_SYSTEM, "NCCL", "unhandled cuda error"),
	SAYS(NCCL_SYSTEM, "NCCL", "internal error"),
	/* batch systems' and the kernel's: before errno's, whose words they may have, too */
	SAYS(TIME_LIMIT, "due to time limit"),
	SAYS(TIME_LIMIT, "walltime", "exceeded"),
	SAYS(TIME_LIMIT, "TERM_RUNLIMIT"),
	SAYS(TIME_LIMIT, "h_rt limit"),
	SAYS(TIME_LIMIT, "exceeded the time limit"),
	SAYS(TIME_LIMIT, "exceeded its time limit"),
	SAYS(TIME_LIMIT, "time limit exceeded"),
	SAYS(TIME_LIMIT, "longer than specified deadline"),
	SAYS(PREEMPTED, "due to preemption"),
	SAYS(PREEMPTED, "TERM_PREEMPT"),
	SAYS(PREEMPTED, "was preempted"),
	SAYS(PREEMPTED, "be preempted"),
	SAYS(PREEMPTED, "spot", "interruption"),
	IS(PREEMPTED, "NodePreemptedError"),
	MAY_SAY(PREEMPTED, "preempted"),
	SAYS(CGROUP_OOM, "memory cgroup out of memory"),
	SAYS(CGROUP_OOM, "oom_kill event"),
	SAYS(CGROUP_OOM, "oom-kill event"),
	SAYS(CGROUP_OOM, "OOMKilled"),
	SAYS(CGROUP_OOM, "OOM killed"),
	SAYS(CGROUP_OOM, "TERM_MEMLIMIT"),
	SAYS(CGROUP_OOM, "exceeded", "memory limit"),
	SAYS(CGROUP_OOM, "job killed: mem", "exceeded"),
	SAYS(CGROUP_OOM, "job killed: vmem", "exceeded"),
	/* the texts and names of errno */
	SAYS(SHM_FULL, "insufficient shared memory"),
	SAYS(SHM_FULL, "out of shared memory"),
	SAYS(SHM_FULL, "unable to allocate shared memory"),
	SAYS(SHM_FULL, "no space left on device", "/dev/shm"),
	SAYS(SHM_FULL, "no space left on device", "shared memory"),
	SAYS(SHM_FULL, "no space left on device", "shm_open"),
	SAYS(SHM_FULL, "no space left on device", "/torch_"),
	SAYS(SHM_FULL, "not enough space", "/dev/shm"),
	SAYS(SHM_FULL, "creating shared memory segment"),
	SAYS(DISK_FULL, "no space left on device"),
	SAYS(DISK_FULL, "ENOSPC"),
	SAYS(DISK_FULL, "errno = 28"),
	SAYS(DISK_FULL, "disk is full"),
	SAYS(DISK_FULL, "disk full"),
	SAYS(DISK_FULL, "not enough disk space"),
	SAYS(DISK_FULL, "not enough free disk space"),
	SAYS(QUOTA, "disk quota exceeded"),
	SAYS(QUOTA, "EDQUOT"),
	SAYS(QUOTA, "errno = 122"),
	SAYS(QUOTA, "over quota"),
	SAYS(QUOTA, "exceeded", "disk quota"),
	SAYS(FILE_LIMIT, "too many open files"),
	SAYS(FILE_LIMIT, "EMFILE"),
	SAYS(FILE_LIMIT, "ENFILE"),
	SAYS(FILE_LIMIT, "errno = 24"),
	SAYS(FILE_LIMIT, "file size limit exceeded"),
	SAYS(FILE_LIMIT, "received 0 items of ancdata"),
	IS_AND_SAYS(FILE_LIMIT, "OSError", "file too large"),
	SAYS(PROCESS_LIMIT, "can't start new thread"),
	SAYS(PROCESS_LIMIT, "thread", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "threads", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "pthread_create", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "pthread_create", "EAGAIN"),
	SAYS(PROCESS_LIMIT, "pthread_create", "failed"),
	SAYS(PROCESS_LIMIT, "WouldBlock", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "fork", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "clone", "resource temporarily unavailable"),
	SAYS(PROCESS_LIMIT, "fork", "EAGAIN"),
	SAYS(PROCESS_LIMIT, "unable to create", "thread"),
	SAYS(PROCESS_LIMIT, "failed to create", "thread"),
	SAYS(PROCESS_LIMIT, "failed to spawn thread"),
	SAYS(PROCESS_LIMIT, "thread creation failed"),
	IS_AND_SAYS(PROCESS_LIMIT, "std::system_error", "resource temporarily unavailable"),
	{CLASS_PROCESS_LIMIT, CONFIDENCE_UNSURE, "BlockingIOError",
		{"resource temporarily unavailable"}},
	SAYS(HOST_OOM, "cannot allocate memory"),
	SAYS(HOST_OOM, "can't allocate memory"),
	SAYS(HOST_OOM, "ENOMEM"),
	SAYS(HOST_OOM, "out_of_memory"),
	SAYS(HOST_OOM, "failed to allocate", "memory"),
	SAYS(HOST_OOM, "failure occurred while allocating memory"),
	SAYS(HOST_OOM, "errno = 12"),
	SAYS(HOST_OOM, "unable to allocate", "array"),
	SAYS(HOST_OOM, "cannot allocate vector"),
	SAYS(HOST_OOM, "not enough memory"),
	SAYS(HOST_OOM, "low on memory"),
	SAYS(HOST_OOM, "insufficient virtual memory"),
	SAYS(HOST_OOM, "virtual memory exhausted"),
	SAYS(HOST_OOM, "exceed memory limit"),
	SAYS(HOST_OOM, "memory exhausted"),
	SAYS(HOST_OOM, "java heap space"),
	SAYS(HOST_OOM, "GC overhead limit exceeded"),
	SAYS(HOST_OOM, "memory allocation of", "failed"),
	SAYS(HOST_OOM, "malloc", "failed"),
	SAYS(HOST_OOM, "std::bad_alloc"),
	SAYS(HOST_OOM, "out of memory"),
	IS(HOST_OOM, "MemoryError"),
	IS(HOST_OOM, "_ArrayMemoryError"),
	IS(HOST_OOM, "ArrowMemoryError"),
	IS(HOST_OOM, "OutOfMemoryError"),
	IS(HOST_OOM, "std::bad_alloc"),
	/* the loader's, and those of languages that load modules */
	SAYS(UNDEFINED_SYMBOL, "undefined symbol"),
	SAYS(UNDEFINED_SYMBOL, "symbol lookup error"),
	SAYS(UNDEFINED_SYMBOL, "symbol not found"),
	SAYS(UNDEFINED_SYMBOL, "version `", "not found"),
	SAYS(MISSING_LIBRARY, "cannot open shared object file"),
	SAYS(MISSING_LIBRARY, "error while loading shared libraries"),
	SAYS(MISSING_LIBRARY, "unable to load any of"),
	SAYS(MISSING_LIBRARY, "could not load library"),
	SAYS(MISSING_LIBRARY, "could not load dynamic library"),
	SAYS(MISSING_LIBRARY, "failed to load shared library"),
	SAYS(IMPORT_ERROR, "no module named"),
	SAYS(IMPORT_ERROR, "failed to import"),
	SAYS(IMPORT_ERROR, "there is no package called"),
	SAYS(IMPORT_ERROR, "can't locate", "@INC"),
	SAYS(IMPORT_ERROR, "cannot find module"),
	SAYS(IMPORT_ERROR, "cannot find package"),
	IS(IMPORT_ERROR, "ModuleNotFoundError"),
	IS(IMPORT_ERROR, "ImportError"),
	IS(IMPORT_ERROR, "DistributionNotFound"),
	IS(IMPORT_ERROR, "PackageNotFoundError"),
	SAYS(IMPORT_ERROR, "NoClassDefFoundError"),
	SAYS(IMPORT_ERROR, "ClassNotFoundException"),
	/* of numbers */
	IS(NAN, "FloatingPointError"),
	SAYS(NAN, "NaN"),
	SAYS(NAN, "NaNs"),
	SAYS(NAN, "non-finite"),
	SAYS(NAN, "nonfinite"),
	SAYS(NAN, "float infinity"),
	SAYS(NAN, "infs"),
	SAYS(NAN, "inf", "loss"),
	SAYS(NAN, "inf", "gradient"),
	SAYS(NAN, "inf", "gradients"),
	SAYS(NAN, "infinity or a value too large"),
	MAY_SAY(NAN, "not finite"),
	/* MPI's, as MPICH words them; its own names are looked up */
	SAYS(MPI_USAGE, "error stack", "invalid"),
	SAYS(MPI_USAGE, "error stack", "message truncated"),
	SAYS(MPI_USAGE, "error stack", "null"),
	SAYS(MPI_ERROR, "other MPI error"),
	SAYS(MPI_ERROR, "error stack", "MPI"),
	/* checks of libc's, of C's and C++'s, of Python's and Rust's; languages' stacks */
	IS(STACK_OVERFLOW, "RecursionError"),
	IS(STACK_OVERFLOW, "StackOverflowError"),
	SAYS(STACK_OVERFLOW, "StackOverflowError"),
	SAYS(STACK_OVERFLOW, "maximum recursion depth exceeded"),
	SAYS(STACK_OVERFLOW, "maximum call stack size exceeded"),
	SAYS(STACK_OVERFLOW, "has overflowed its stack"),
	SAYS(STACK_OVERFLOW, "stack level too deep"),
	SAYS(STACK_OVERFLOW, "C stack usage"),
	SAYS(STACK_OVERFLOW, "stack-overflow"),
	SAYS(STACK_OVERFLOW, "stack overflow"),
	PROVES(MEMORY_FAULT, "double free or corruption"),
	PROVES(MEMORY_FAULT, "free(): invalid"),
	PROVES(MEMORY_FAULT, "free(): double free"),
	PROVES(MEMORY_FAULT, "malloc(): "),
	PROVES(MEMORY_FAULT, "realloc(): invalid"),
	PROVES(MEMORY_FAULT, "munmap_chunk(): invalid"),
	PROVES(MEMORY_FAULT, "corrupted size vs. prev_size"),
	PROVES(MEMORY_FAULT, "corrupted double-linked list"),
	PROVES(MEMORY_FAULT, "stack smashing detected"),
	PROVES(MEMORY_FAULT, "buffer overflow detected"),
	SAYS(MEMORY_FAULT, "heap-buffer-overflow"),
	SAYS(MEMORY_FAULT, "stack-buffer-overflow"),
	SAYS(MEMORY_FAULT, "heap-use-after-free"),
	SAYS(MEMORY_FAULT, "segmentation fault"),
	SAYS(MEMORY_FAULT, "caught segfault"),
	IS(ASSERTION, "AssertionError"),
	PROVES(ASSERTION, "assertion", "failed"),
	SAYS(ASSERTION, "assert failed"),
	SAYS(ASSERTION, "check failed"),
	SAYS(ASSERTION, "check failure"),
	SAYS(ASSERTION, "enforce fail"),
	SAYS(ASSERTION, "panicked at"),
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* PHRASE is in TEXT, and beside its own letters and digits there are none. */
static bool says(const char *text, const char *phrase)
{
	size_t length = strlen(phrase);

	for (const char *at = text; (at = strcasestr(at, phrase)) != NULL; at++)
		if ((at == text || !is_word(at[-1]) || !isalnum((unsigned char)phrase[0])) &&
			(!is_word(at[length]) || !isalnum((unsigned char)phrase[length - 1])))
			return true;
	return false;
}

static bool holds(const struct message_row *row, const char *type, const char *text)
{
	if (row->type != NULL && (type == NULL || strcmp(row->type, type) != 0))
		return false;
	for (size_t i = 0; i < PHRASES_MOST && row->phrases[i] != NULL; i++)
		if (!says(text, row->phrases[i]))
			return false;
	return true;
}

enum cause_class cause_class_of_mpi(const struct mpi_error *error)
{
	/* What no argument of the call was wrong for. */
	static const struct {
		const char *name;
		enum cause_class class;
	} others[] = {
		{"MPI_ERR_NO_SPACE", CLASS_DISK_FULL},
		{"MPI_ERR_QUOTA", CLASS_QUOTA},
		{"MPI_ERR_NO_MEM", CLASS_HOST_OOM},
		{"MPI_ERR_NO_SUCH_FILE", CLASS_MPI_ERROR},
		{"MPI_ERR_FILE_EXISTS", CLASS_MPI_ERROR},
		{"MPI_ERR_FILE_IN_USE", CLASS_MPI_ERROR},
		{"MPI_ERR_READ_ONLY", CLASS_MPI_ERROR},
		{"MPI_ERR_ACCESS", CLASS_MPI_ERROR},
		{"MPI_ERR_IO", CLASS_MPI_ERROR},
	};

	for (size_t i = 0; error->name != NULL && i < sizeof others / sizeof *others; i++)
		if (strcmp(error->name, others[i].name) == 0)
			return others[i].class;
	return error->own ? CLASS_MPI_USAGE : CLASS_MPI_ERROR;
}

struct cause cause_of_text(const char *type, const char *text)
{
	struct mpi_error error;

	if (mpi_error_named(text, &error))
		return (struct cause){cause_class_of_mpi(&error), CONFIDENCE_LIKELY};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (holds(&rows[i], type, text))
			return (struct cause){rows[i].class, rows[i].confidence};
	return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
}
