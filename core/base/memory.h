/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - reads memory that may not be mapped, without a fault.
 *
 * To probe a page, rt_sigprocmask(2) is called with a signal set in that page and a `how` that the
 * kernel refuses only after it has read the set: EFAULT means unreadable, EINVAL readable, and the
 * mask is unchanged (linux/kernel/signal.c). Unlike process_vm_readv(2), the call needs no
 * permission, and unlike a pipe no descriptor. Another thread may unmap the page between the probe
 * and the read: the crash path survives the fault in its tracer. Signal-safe: yes. Threads: one at
 * a time per reader.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where another memory than this process's own is read from. */
struct memory_source {
	/* Copy SIZE bytes from ADDRESS, or as many as lie before the first unreadable one. Returns
	 * how many. */
	size_t (*read)(struct memory_source *source, uintptr_t address, void *to, size_t size);
};

/* Remembers the last readable pages, so that a walk over a stack probes each page once. All zero
 * remembers none. */
struct memory_reader {
	struct memory_source *source; /* the CALLER's; NULL: this process's own memory */
	uintptr_t pages[8];
	unsigned next;
};

/* Copy SIZE bytes from ADDRESS, or as many as lie before the first unreadable page. Returns how
 * many. */
size_t memory_read(struct memory_reader *reader, uintptr_t address, void *to, size_t size);

/* Copy all SIZE (at most 4096) bytes from ADDRESS; false when one is unreadable, and then TO is as
 * it was, if the memory is this process's own. */
bool memory_read_exact(struct memory_reader *reader, uintptr_t address, void *to, size_t size);

/* Whether a string lies at ADDRESS, in this process's own memory, that ends before the first
 * unreadable page. */
bool memory_holds_string(struct memory_reader *reader, uintptr_t address);

/* Copy the string at ADDRESS, cut to SIZE - 1 bytes and NUL-terminated; false when its first byte
 * is unreadable. */
bool memory_read_string(struct memory_reader *reader, uintptr_t address, char *to, size_t size);
