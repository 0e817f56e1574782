/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int gather_begin(struct gather *gather)
{
	*gather = (struct gather){
		.records_most = OTLP_RECORDS_MOST, .lines = malloc(OTLP_LINES_MOST)};
	if (gather->lines != NULL && otlp_batch_begin(&gather->batch) == 0)
		return 0;
	gather_end(gather);
	return -ENOMEM;
}

/* Add the lines in COUNT bytes. Returns how many of these are done with: all, or as many as the
 * batch has room for. */
static size_t add_lines(struct gather *gather, size_t count)
{
	size_t done = 0;

	while (done < count) {
		const char *line = gather->lines + done;
		const char *newline = memchr(line, '\n', count - done);
		size_t length = newline == NULL ? count - done : (size_t)(newline - line);
		bool is_full = gather->batch.records >= gather->records_most;
		enum otlp_added added =
			is_full ? OTLP_NO_ROOM : otlp_batch_add(&gather->batch, line, length);

		if (added == OTLP_NO_ROOM && gather->batch.records > 0)
			return done;
		gather->too_long += added == OTLP_NO_ROOM;
		done += length + (newline != NULL);
	}
	return done;
}

/* Take what FILE, number INDEX, has. Returns whether the batch has room for more. */
static bool take_file(
	struct gather *gather, struct spool *spool, struct spool_file *file, size_t index)
{
	size_t count, done;

	while (file->sent < file->size) {
		count = spool_read(spool, file, gather->lines, OTLP_LINES_MOST, false);
		if (count == 0)
			return true;
		done = add_lines(gather, count);
		if (done > 0) {
			if (gather->part_count == 0 ||
				gather->parts[gather->part_count - 1].file != index)
				gather->parts[gather->part_count++].file = index;
			file->sent += done;
			gather->parts[gather->part_count - 1].end = file->sent;
		}
		if (done < count)
			return false;
	}
	return true;
}

bool gather_take(struct gather *gather, struct spool *spool)
{
	bool has_room = true;

	otlp_batch_begin(&gather->batch);
	gather->part_count = 0;
	for (size_t i = 0; i < spool->count && has_room && gather->part_count < GATHER_PARTS_MOST;
		i++)
		has_room = take_file(gather, spool, &spool->files[i], i);
	otlp_batch_close(&gather->batch);
	return gather->part_count > 0;
}

void gather_acknowledge(struct gather *gather, struct spool *spool)
{
	for (size_t i = 0; i < gather->part_count; i++)
		spool_acknowledge(
			spool, &spool->files[gather->parts[i].file], gather->parts[i].end);
	gather->part_count = 0;
}

void gather_end(struct gather *gather)
{
	otlp_batch_release(&gather->batch);
	free(gather->lines);
	*gather = (struct gather){.lines = NULL};
}
