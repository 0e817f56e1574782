/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/read_file.h"

#include "core/report/grow.h"
#include "core/report/json_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Several times what an event may be, so that one of a laxer writer is still read. */
#define LINE_MAX_READ (4 * EVENT_LINE_MAX)

/* What is said of lines that are no events. */
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

/* A file, and where its events go. */
struct taking {
	struct reader *reader;
	struct reading *into;
	struct event_file *file;
};

static void note_odd(struct event_file *file, enum line_kind kind)
{
	if (file->odd[kind].count++ == 0)
		file->odd[kind].first = file->line;
}

static int add_event(struct taking *taking, const struct told *told)
{
	struct reading *reading = taking->into;
	struct event_file *file = taking->file;
	struct told *added;

	if (taking->reader->decoder.out_of_memory ||
		!grow(&reading->events, &reading->room, reading->count, sizeof *reading->events))
		return -ENOMEM;
	added = &reading->events[reading->count++];
	*added = *told;
	if (added->boot_id[0] == '\0' && file->boot_id != NULL && added->source == SOURCE_WORKER &&
		strcmp(added->hostname, file->boot_host) == 0)
		added->boot_id = file->boot_id;
	if (added->boot_id[0] != '\0') {
		file->boot_id = added->boot_id;
		file->boot_host = added->hostname;
	}
	return 0;
}

/* A writer that was cut off leaves no newline, so that the next one's event stands on the same
 * line: it is whole. */
static int take_after_tear(struct taking *taking, const char *line, size_t count)
{
	static const char beginning[] = "{\"schema\":\"" EVENT_SCHEMA "\"";
	const char *last = NULL;
	struct told told;

	for (size_t i = count; i-- > 1 && last == NULL;)
		if (line[i] == '{' && count - i >= sizeof beginning - 1 &&
			memcmp(line + i, beginning, sizeof beginning - 1) == 0)
			last = line + i;
	if (last == NULL || decode_line(&taking->reader->decoder, last,
				    count - (size_t)(last - line), &told) != LINE_EVENT)
		return taking->reader->decoder.out_of_memory ? -ENOMEM : 0;
	return add_event(taking, &told);
}

static int take_line(struct taking *taking, const char *line, size_t count)
{
	struct event_file *file = taking->file;
	struct told told;
	enum line_kind kind;

	file->line++;
	if (file->skipping) {
		file->skipping = false;
		return 0;
	}
	kind = decode_line(&taking->reader->decoder, line, count, &told);
	if (kind == LINE_EVENT)
		return add_event(taking, &told);
	note_odd(file, kind);
	if (kind == LINE_TORN || kind == LINE_GARBAGE)
		return take_after_tear(taking, line, count);
	return taking->reader->decoder.out_of_memory ? -ENOMEM : 0;
}

/* Takes every whole line of the COUNT bytes at BYTES. *RET_USED is where the rest begins. */
static int take_lines(struct taking *taking, const char *bytes, size_t count, size_t *ret_used)
{
	const char *at = bytes, *newline;
	int error = 0;

	while (error == 0 && (newline = memchr(at, '\n', count - (size_t)(at - bytes))) != NULL) {
		error = take_line(taking, at, (size_t)(newline - at));
		at = newline + 1;
	}
	*ret_used = (size_t)(at - bytes);
	return error;
}

/* The last line lacks its newline: all there is of it may be all there will be. */
static int take_rest(struct taking *taking, const char *bytes, size_t count)
{
	return count == 0 && !taking->file->skipping ? 0 : take_line(taking, bytes, count);
}

int reader_warn(struct reading *into, const struct event_file *file)
{
	int error = 0;

	for (int kind = 0; kind < LINE_KIND_COUNT_ && error == 0; kind++)
		if (file->odd[kind].count > 0 && complaints[kind] != NULL)
			error = read_warn(into,
				"%.400s: %zu line%s skipped, %s (the first is line %zu)",
				file->name, file->odd[kind].count,
				file->odd[kind].count == 1 ? "" : "s", complaints[kind],
				file->odd[kind].first);
	return error;
}

/* What is left of a line that fills the whole buffer is thrown away, up to its newline. */
static size_t drop_overlong(struct event_file *file, size_t filled)
{
	if (filled < LINE_MAX_READ)
		return filled;
	if (!file->skipping) {
		file->line++;
		note_odd(file, LINE_TOO_LONG);
		file->line--;
	}
	file->skipping = true;
	return 0;
}

/* Reads on from the file's offset. *RET_LEFT bytes of the buffer are a line without its newline. */
static int read_descriptor(struct taking *taking, int fd, size_t *ret_left)
{
	char *buffer = taking->reader->buffer;
	struct event_file *file = taking->file;
	size_t filled = 0, used;
	ssize_t got;

	for (;;) {
		got = read(fd, buffer + filled, LINE_MAX_READ - filled);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		filled += (size_t)got;
		int error = take_lines(taking, buffer, filled, &used);

		if (error < 0)
			return error;
		filled -= used;
		memmove(buffer, buffer + used, filled);
		file->offset += (int64_t)used;
		if (drop_overlong(file, filled) == 0) {
			file->offset += (int64_t)filled;
			filled = 0;
		}
	}
	if (got < 0 && read_warn(taking->into, "%s: %s; what was read so far counts", file->name,
			       strerror(errno)) < 0)
		return -ENOMEM;
	*ret_left = filled;
	return 0;
}

int reader_begin(struct reader *reader)
{
	*reader = (struct reader){.buffer = malloc(LINE_MAX_READ)};
	reader->decoder.arena = reader->decoder.kept.arena = &reader->arena;
	return reader->buffer == NULL ? -ENOMEM : 0;
}

void reader_end(struct reader *reader, struct arena *arena)
{
	intern_release(&reader->decoder.kept);
	json_memory_release();
	arena_adopt(arena, &reader->arena);
	free(reader->buffer);
	reader->buffer = NULL;
}

int reader_read_more(struct reader *reader, struct reading *into, struct event_file *file, int fd)
{
	struct taking taking = {reader, into, file};
	size_t left;

	if (lseek(fd, file->offset, SEEK_SET) < 0)
		return 0;
	return read_descriptor(&taking, fd, &left);
}

int reader_read(struct reader *reader, struct reading *into, const char *name, int fd)
{
	struct event_file file = {.name = name};
	struct taking taking = {reader, into, &file};
	size_t left;
	int error = read_descriptor(&taking, fd, &left);

	if (error == 0)
		error = take_rest(&taking, reader->buffer, left);
	return error == 0 ? reader_warn(into, &file) : error;
}

int reader_read_bytes(struct reader *reader, struct reading *into, const char *name,
	const char *bytes, size_t count)
{
	struct event_file file = {.name = name};
	struct taking taking = {reader, into, &file};
	size_t used;
	int error = take_lines(&taking, bytes, count, &used);

	if (error == 0)
		error = take_rest(&taking, bytes + used, count - used);
	return error == 0 ? reader_warn(into, &file) : error;
}
