/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_copy.h - a record written down in one block of bytes, for handlers that keep it longer
 * than its maker does, and read back.
 *
 * What is read back says to every filter and formatter what the record said: all strings, what was
 * given, every attribute of its extra by name, and its own JSON form. Signal-safe: yes. Threads:
 * any.
 */
#pragma once

#include "core/logging/record.h"

/*
 * Write RECORD down in BUFFER of SIZE bytes, which is aligned for any type; its JSON form as it
 * comes out in a text of JSON_SIZE bytes, the maker's scratch. Returns how many bytes it takes, or
 * -ENOBUFS.
 */
ssize_t record_copy(const struct log_record *record, size_t json_size, char *buffer, size_t size);

/* A record that was read back: good as long as its block is, and stays where it is. */
struct record_read {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	struct log_record record;
	struct record_given given;
	const char *attributes, *trace, *json;
	unsigned attribute_count;
};

/* Read BLOCK, which record_copy() wrote and which may have been moved since, into READ. */
void record_read(const char *block, struct record_read *read);
