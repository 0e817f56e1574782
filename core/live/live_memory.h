/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_memory.h - the memory of another process, read while that goes on.
 *
 * process_vm_readv(2) stops nothing and runs nothing in the process. Pages that were read are
 * kept, as an unwinder reads few bytes at a time. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/memory.h"

#include <sys/types.h>

#define LIVE_PAGE 4096
#define LIVE_PAGES 64

struct live_memory {
	struct memory_source source; /* set by live_memory_init() */
	pid_t pid;		     /* a thread of the process */
	struct live_page {
		uintptr_t at; /* 0: none */
		unsigned char bytes[LIVE_PAGE];
	} pages[LIVE_PAGES];
	unsigned next;
};

/* Let MEMORY read that of PID, which may be any living thread of the process. */
void live_memory_init(struct live_memory *memory, pid_t pid);

/* Forget what was read: from now on it is read anew. */
void live_memory_forget(struct live_memory *memory);

/* Read SIZE bytes from ADDRESS of PID, past what is kept. Returns how many, or -errno if that is
 * not one byte. */
ssize_t live_memory_take(pid_t pid, uintptr_t address, void *to, size_t size);

#define LIVE_COPY_MAX ((size_t)1 << 20)

/* A part of a stack, copied while its thread stood still. */
struct live_copy {
	struct memory_source source; /* set by live_copy_init(); reads nothing but the copy */
	uintptr_t at;
	size_t size;
	unsigned char bytes[LIVE_COPY_MAX];
};

/* Let COPY, whose part of a stack is set, be read. */
void live_copy_init(struct live_copy *copy);
