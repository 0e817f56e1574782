/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_memory.h - bounded reads of the memory of a CPython process.
 *
 * The memory is this process's own or another one's: the caller's function reads it, without a
 * fault. All reads together are bounded, and so is the time that any walk takes, whatever the
 * memory holds. Signal-safe: yes, if the caller's function is. Threads: one at a time per struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PYTHON_READS_MAX 1000000

struct python_memory {
	/* Copy SIZE (at most 4096) bytes from ADDRESS; false if one of them is unreadable. */
	bool (*read)(void *context, uint64_t address, void *to, size_t size);
	void *context;
	unsigned reads_left; /* PYTHON_READS_MAX at first */
};

/* Copy SIZE (at most 4096) bytes from ADDRESS; false, and TO is undefined, where that cannot be
 * done. */
bool python_memory_read(struct python_memory *memory, uint64_t address, void *to, size_t size);

/* The 8, and the 4 bytes at ADDRESS; 0 where they are unreadable. */
uint64_t python_memory_word(struct python_memory *memory, uint64_t address);
int32_t python_memory_int(struct python_memory *memory, uint64_t address);

/* Whether STRING, with its NUL, is at ADDRESS. */
bool python_memory_has(struct python_memory *memory, uint64_t address, const char *string);
