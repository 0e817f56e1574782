/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause.h - the classes of causes.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Names on the wire: cause_class_name(). */
enum cause_class {
	CLASS_UNKNOWN,
	CLASS_HOST_OOM, /* memory of the host, or of the process's own limit */
	CLASS_CGROUP_OOM,
	CLASS_CUDA_OOM,
	CLASS_CUDA_ILLEGAL_ACCESS,
	CLASS_CUDA_ASSERT,
	CLASS_GPU_HARDWARE,
	CLASS_NCCL_TIMEOUT,
	CLASS_NCCL_SYSTEM,
	CLASS_PEER_LOST,
	CLASS_SHM_FULL,
	CLASS_DISK_FULL,
	CLASS_QUOTA,
	CLASS_FILE_LIMIT, /* too many open files, or one too large */
	CLASS_PROCESS_LIMIT,
	CLASS_IMPORT_ERROR,
	CLASS_MISSING_LIBRARY,
	CLASS_UNDEFINED_SYMBOL,
	CLASS_NAN,
	CLASS_MPI_ERROR,
	CLASS_MPI_USAGE,
	CLASS_TIME_LIMIT,
	CLASS_PREEMPTED,
	CLASS_STACK_OVERFLOW,
	CLASS_MEMORY_FAULT,
	CLASS_ASSERTION,
	CLASS_EXCEPTION,
	CLASS_KILLED,
	CLASS_EXIT,
	CAUSE_CLASS_COUNT_
};

struct cause {
	enum cause_class class;
	enum confidence confidence; /* that the class is right; CONFIDENCE_UNSURE of
				       CLASS_UNKNOWN */
};
