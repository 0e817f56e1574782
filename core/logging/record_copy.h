/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_copy.h - a record copied to one block of bytes, for handlers that keep it longer than its
 * maker does, and read back.
 *
 * For every filter and formatter, what is read back equals the record: all strings, what was given,
 * every attribute of its extra by name, and its own JSON form. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/logging/record.h"

/*
 * Copy RECORD to BUFFER of SIZE bytes, which is aligned for any type. Its JSON form cuts itself to
 * fit, so it is made in a text of JSON_SIZE bytes, as it would be without the copy. Returns how
 * many bytes the block takes, or -ENOBUFS.
 */
ssize_t record_copy(const struct log_record *record, size_t json_size, char *buffer, size_t size);

/* A record that was read back: valid as long as its block, and must not be moved. */
struct record_read {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	struct log_record record;
	struct record_given given;
	const char *attributes, *trace, *json;
	unsigned attribute_count;
};

/* Read BLOCK, which record_copy() wrote and which may have been moved since, into READ. */
void record_read(const char *block, struct record_read *read);
