/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/read_file.h"

#include "core/eventfile/progress.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Several times what an event may be, so that one of a laxer writer is still read. */
#define LINE_MAX_READ (4 * EVENT_LINE_MAX)

/* What warnings say of lines that are no events. */
static const char *const complaints[] = {
	[LINE_EVENT] = NULL,
	[LINE_BLANK] = NULL,
	[LINE_GARBAGE] = "not JSON",
	[LINE_TORN] = "torn: their writer was cut off",
	[LINE_FOREIGN] = "not vigil's",
	[LINE_UNKNOWN_SCHEMA] = "of a version that this vigil does not know",
	[LINE_INCOMPLETE] = "events without what every event has",
	[LINE_TOO_LONG] = "longer than an event can be",
};
_Static_assert(
	sizeof complaints / sizeof *complaints == LINE_KIND_COUNT_, "a line has no complaint");

static void note_skipped(struct event_file *file, enum line_kind kind)
{
	if (file->skipped[kind].count++ == 0)
		file->skipped[kind].first = file->line;
}

static int add_event(struct reader *reader, struct event_record *record)
{
	struct event_file *file = reader->file;

	if (reader->decoder.out_of_memory)
		return -ENOMEM;
	if (record->boot_id[0] == '\0' && file->boot_id != NULL &&
		record->source == SOURCE_WORKER && strcmp(record->hostname, file->boot_host) == 0)
		record->boot_id = file->boot_id;
	if (record->boot_id[0] != '\0') {
		file->boot_id = record->boot_id;
		file->boot_host = record->hostname;
	}
	return reading_add(reader->into, record);
}

/* A writer that was cut off leaves no newline, so that the event of the next writer stands on the
 * same line: that event is whole. */
static int take_after_tear(struct reader *reader, const char *line, size_t count)
{
	static const char beginning[] = "{\"schema\":\"" EVENT_SCHEMA "\"";
	const char *last = NULL;
	struct event_record record;

	for (size_t i = count; i-- > 1 && last == NULL;)
		if (line[i] == '{' && count - i >= sizeof beginning - 1 &&
			memcmp(line + i, beginning, sizeof beginning - 1) == 0)
			last = line + i;
	if (last == NULL || decode_line(&reader->decoder, last, count - (size_t)(last - line),
				    &record) != LINE_EVENT)
		return reader->decoder.out_of_memory ? -ENOMEM : 0;
	return add_event(reader, &record);
}

/* Zeros between a hole and the line behind it, up to the end of the block, belong to the hole. */
static size_t count_zeros(const char *line, size_t count)
{
	size_t zeros = 0;

	while (zeros < count && line[zeros] == '\0')
		zeros++;
	return zeros;
}

static int take_line(struct reader *reader, const char *line, size_t count)
{
	struct event_file *file = reader->file;
	size_t zeros = count_zeros(line, count);
	struct event_record record;
	enum line_kind kind;

	line += zeros;
	count -= zeros;
	file->holes += (int64_t)zeros;
	file->line++;
	if (file->skipping) {
		file->skipping = false;
		return 0;
	}
	if (reader->on_line != NULL) {
		reader->on_line(reader->context, &reader->decoder, line, count);
		return 0;
	}
	kind = decode_line(&reader->decoder, line, count, &record);
	if (kind == LINE_EVENT)
		return add_event(reader, &record);
	note_skipped(file, kind);
	if (kind == LINE_TORN || kind == LINE_GARBAGE)
		return take_after_tear(reader, line, count);
	return reader->decoder.out_of_memory ? -ENOMEM : 0;
}

/* How many newlines the COUNT bytes at AT begin with. */
static size_t count_newlines(const char *at, size_t count)
{
	uint64_t eight;
	size_t newlines = 0;

	for (; newlines + sizeof eight <= count; newlines += sizeof eight) {
		memcpy(&eight, at + newlines, sizeof eight);
		if (eight != 0x0a0a0a0a0a0a0a0a)
			break;
	}
	while (newlines < count && at[newlines] == '\n')
		newlines++;
	return newlines;
}

/* Take every whole line of the COUNT bytes at BYTES; the rest begins at *RET_USED. */
static int take_lines(struct reader *reader, const char *bytes, size_t count, size_t *ret_used)
{
	const char *at = bytes, *end = bytes + count, *newline;
	int error = 0;

	while (error == 0 && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		error = take_line(reader, at, (size_t)(newline - at));
		at = newline + 1;
		size_t blank = count_newlines(at, (size_t)(end - at));

		reader->file->line += blank;
		at += blank;
	}
	*ret_used = (size_t)(at - bytes);
	return error;
}

int reader_warn(struct reading *into, const struct event_file *file)
{
	int error = 0;

	into->torn += file->skipped[LINE_TORN].count;
	for (int kind = 0; kind < LINE_KIND_COUNT_ && error == 0; kind++)
		if (file->skipped[kind].count > 0 && complaints[kind] != NULL)
			error = reading_warn(into,
				"%.400s: %zu line%s skipped, %s (the first is line %zu)",
				file->name, file->skipped[kind].count,
				file->skipped[kind].count == 1 ? "" : "s", complaints[kind],
				file->skipped[kind].first);
	if (file->holes > 0 && error == 0)
		error = reading_warn(into,
			"%.400s: holes of %lld bytes in all, where nobody wrote, passed over",
			file->name, (long long)file->holes);
	return error;
}

/* What is left of a line that fills the whole buffer is thrown away, up to its newline. */
static size_t drop_overlong(struct event_file *file, size_t filled)
{
	if (filled < LINE_MAX_READ)
		return filled;
	if (!file->skipping) {
		file->line++;
		note_skipped(file, LINE_TOO_LONG);
		file->line--;
	}
	file->skipping = true;
	return 0;
}

/* Move FD, in a file that may have holes, to the next data. Returns the length of the hole, 0 when
 * there is none. Sets *RET_END where no data follows. */
static int64_t pass_hole(struct event_file *file, int fd, int64_t at, bool *ret_end)
{
	int64_t data = lseek(fd, at, SEEK_DATA), end;

	*ret_end = data < 0 && errno == ENXIO;
	if (*ret_end)
		return at < file->limit ? file->limit - at : 0;
	end = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
	file->dense = data < 0 || end <= data || lseek(fd, data, SEEK_SET) < 0;
	if (file->dense) {
		lseek(fd, at, SEEK_SET);
		return 0;
	}
	file->data_end = end;
	return data - at;
}

/* A line that is followed by a hole is complete; the zeros up to the end of its block are the
 * hole's. */
static int take_hole(struct reader *reader, size_t *filled, int64_t hole)
{
	struct event_file *file = reader->file;
	const char *line = reader->buffer;
	size_t count = *filled;
	int error = 0;

	if (hole == 0)
		return 0;
	while (count > 0 && line[count - 1] == '\0')
		count--;
	if (count > 0)
		error = take_line(reader, line, count);
	file->offset += (int64_t)*filled + hole;
	file->holes += (int64_t)(*filled - count) + hole;
	file->skipping = false;
	*filled = 0;
	return error;
}

/* How many bytes may be read at AT: not beyond the data, nor the limit. The limit may cut a line
 * that was being written, which is then read up to the end that the file has now. */
static size_t readable(struct event_file *file, int fd, int64_t at, size_t filled)
{
	size_t room = LINE_MAX_READ - filled;
	int64_t end;
	struct stat stat;

	if (at >= file->limit && filled > 0 && !file->extended && fstat(fd, &stat) == 0) {
		file->extended = true;
		file->limit = stat.st_size < at + (int64_t)room ? stat.st_size : at + (int64_t)room;
	}
	end = file->dense || file->limit < file->data_end ? file->limit : file->data_end;
	return end - at < (int64_t)room ? (size_t)(end > at ? end - at : 0) : room;
}

/* Take the whole lines of the *FILLED bytes in the buffer; *FILLED is then what is left of them. */
static int take_buffer(struct reader *reader, size_t *filled)
{
	char *buffer = reader->buffer;
	struct event_file *file = reader->file;
	size_t used;
	int error = take_lines(reader, buffer, *filled, &used);

	*filled -= used;
	memmove(buffer, buffer + used, *filled);
	file->offset += (int64_t)used;
	if (drop_overlong(file, *filled) == 0) {
		file->offset += (int64_t)*filled;
		*filled = 0;
	}
	return error;
}

/* Read on from the file's offset. *RET_LEFT bytes of the buffer are a line without its newline. */
static int read_descriptor(struct reader *reader, int fd, size_t *ret_left)
{
	struct event_file *file = reader->file;
	size_t filled = 0, count;
	bool end = false;
	ssize_t got = 0;
	int error = 0;

	while (error == 0) {
		int64_t at = file->offset + (int64_t)filled;

		if (!file->dense && at >= file->data_end && at < file->limit) {
			error = take_hole(reader, &filled, pass_hole(file, fd, at, &end));
			if (end || error < 0)
				break;
			continue;
		}
		count = readable(file, fd, at, filled);
		if (count == 0 && at < file->limit)
			continue;
		got = count == 0 ? 0 : read(fd, reader->buffer + filled, count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		progress_add_bytes(reader->progress, (size_t)got);
		filled += (size_t)got;
		error = take_buffer(reader, &filled);
	}
	if (got < 0 && error == 0 && reader->into != NULL)
		error = reading_warn(reader->into, "%.400s: %s; what was read so far counts",
			file->name, strerror(errno));
	*ret_left = filled;
	return error;
}

/* A stored file may have holes, and is read as far as it goes now; of a pipe all is read. */
static void begin_file(struct reader *reader, struct reading *into, struct event_file *file, int fd)
{
	struct stat stat;
	bool stored = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);

	reader->into = into;
	reader->file = file;
	file->dense |= !stored;
	file->extended = !stored;
	file->limit = stored ? stat.st_size : INT64_MAX;
}

int reader_begin(struct reader *reader)
{
	*reader = (struct reader){.buffer = malloc(LINE_MAX_READ)};
	decoder_begin(&reader->decoder, &reader->arena);
	return reader->buffer == NULL ? -ENOMEM : 0;
}

void reader_end(struct reader *reader, struct arena *arena)
{
	decoder_end(&reader->decoder);
	arena_adopt(arena, &reader->arena);
	free(reader->buffer);
	reader->buffer = NULL;
}

void reader_forget(struct reader *reader)
{
	intern_release(&reader->decoder.kept);
	arena_release(&reader->arena);
	reader->decoder.out_of_memory = false;
}

int reader_read_more(struct reader *reader, struct reading *into, struct event_file *file, int fd)
{
	size_t left;

	if (lseek(fd, file->offset, SEEK_SET) < 0)
		return 0;
	begin_file(reader, into, file, fd);
	file->data_end = 0;
	return read_descriptor(reader, fd, &left);
}

int reader_read(struct reader *reader, struct reading *into, const char *name, int fd)
{
	struct event_file file = {.name = name};
	size_t left;
	int error;

	begin_file(reader, into, &file, fd);
	error = read_descriptor(reader, fd, &left);
	/* The last line lacks its newline: its writer may have been cut off. */
	if (error == 0 && (left > 0 || file.skipping))
		error = take_line(reader, reader->buffer, left);
	return error == 0 ? reader_warn(into, &file) : error;
}
