/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assemble.h - makes event files of messages, each of which is some bytes at a place of a file.
 *
 * A file only grows, in order: bytes that are there already are passed over, and bytes behind a gap
 * are held back until the gap is closed. So a reader that follows the file sees each line once.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/transport/message.h"

/* How much is held back at most, for all files. */
#define ASSEMBLY_HELD_MOST ((size_t)32 * 1024 * 1024)

/* The most files that one run may have. */
#define ASSEMBLY_FILES_MOST 100000

struct assembled_file {
	char name[MESSAGE_FILE_SIZE];
	uint64_t size;
	bool is_ours;	   /* the directory has the file already, by another name: passed over */
	struct held *held; /* by offset */
};

struct assembly {
	int directory;
	struct assembled_file *files; /* malloc'ed; by hash of the name, at most half full */
	size_t count, room;
	size_t held;   /* bytes held back */
	size_t missed; /* bytes that were never sent, or were too many to be held back */
};

/* Make files in DIRECTORY, an open one. What it has already is not written a second time. Returns
 * 0 or -errno. */
int assembly_begin(struct assembly *assembly, const char *directory);

/* Put BYTES at PLACE. Returns 0; or -errno where they could not be written, -EMFILE where there are
 * too many files. */
int assembly_add(struct assembly *assembly, const struct message_place *place, const char *bytes);

/* No more will come: write what was held back, and count what is missing before it. */
void assembly_flush(struct assembly *assembly);

/* Release everything that ASSEMBLY holds. */
void assembly_end(struct assembly *assembly);
