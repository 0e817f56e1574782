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

/* One file while it is read. */
struct file {
	struct reader *reader;
	struct reading *into;
	const char *name;
	size_t line;   /* number of the current one, from 1 */
	bool skipping; /* the current line was too long; its rest is passed over */
	const char *boot_id, *boot_host; /* the last ones told: not every event need say its boot */
	struct {
		size_t count, first;
	} odd[LINE_KIND_COUNT_];
};

static void note_odd(struct file *file, enum line_kind kind)
{
	if (file->odd[kind].count++ == 0)
		file->odd[kind].first = file->line;
}

static int add_event(struct file *file, const struct told *told)
{
	struct reading *reading = file->into;
	struct told *added;

	if (file->reader->decoder.out_of_memory ||
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
static int take_after_tear(struct file *file, const char *line, size_t count)
{
	static const char beginning[] = "{\"schema\":\"" EVENT_SCHEMA "\"";
	const char *last = NULL;
	struct told told;

	for (size_t i = count; i-- > 1 && last == NULL;)
		if (line[i] == '{' && count - i >= sizeof beginning - 1 &&
			memcmp(line + i, beginning, sizeof beginning - 1) == 0)
			last = line + i;
	if (last == NULL || decode_line(&file->reader->decoder, last, count - (size_t)(last - line),
				    &told) != LINE_EVENT)
		return file->reader->decoder.out_of_memory ? -ENOMEM : 0;
	return add_event(file, &told);
}

static int take_line(struct file *file, const char *line, size_t count)
{
	struct told told;
	enum line_kind kind;

	file->line++;
	if (file->skipping) {
		file->skipping = false;
		return 0;
	}
	kind = decode_line(&file->reader->decoder, line, count, &told);
	if (kind == LINE_EVENT)
		return add_event(file, &told);
	note_odd(file, kind);
	if (kind == LINE_TORN || kind == LINE_GARBAGE)
		return take_after_tear(file, line, count);
	return file->reader->decoder.out_of_memory ? -ENOMEM : 0;
}

/* Takes every whole line of the COUNT bytes at BYTES. *RET_USED is where the rest begins. */
static int take_lines(struct file *file, const char *bytes, size_t count, size_t *ret_used)
{
	const char *at = bytes, *newline;
	int error = 0;

	while (error == 0 && (newline = memchr(at, '\n', count - (size_t)(at - bytes))) != NULL) {
		error = take_line(file, at, (size_t)(newline - at));
		at = newline + 1;
	}
	*ret_used = (size_t)(at - bytes);
	return error;
}

/* The last line lacks its newline: all there is of it may be all there will be. */
static int take_rest(struct file *file, const char *bytes, size_t count)
{
	return count == 0 && !file->skipping ? 0 : take_line(file, bytes, count);
}

static int say_odd(struct file *file)
{
	int error = 0;

	for (int kind = 0; kind < LINE_KIND_COUNT_ && error == 0; kind++)
		if (file->odd[kind].count > 0 && complaints[kind] != NULL)
			error = read_warn(file->into,
				"%.400s: %zu line%s skipped, %s (the first is line %zu)",
				file->name, file->odd[kind].count,
				file->odd[kind].count == 1 ? "" : "s", complaints[kind],
				file->odd[kind].first);
	return error;
}

/* What is left of a line that fills the whole buffer is thrown away, up to its newline. */
static size_t drop_overlong(struct file *file, size_t filled)
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

static int read_descriptor(struct file *file, int fd)
{
	char *buffer = file->reader->buffer;
	size_t filled = 0, used;
	ssize_t got;

	for (;;) {
		got = read(fd, buffer + filled, LINE_MAX_READ - filled);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		filled += (size_t)got;
		int error = take_lines(file, buffer, filled, &used);

		if (error < 0)
			return error;
		filled -= used;
		memmove(buffer, buffer + used, filled);
		filled = drop_overlong(file, filled);
	}
	if (got < 0 && read_warn(file->into, "%s: %s; what was read so far counts", file->name,
			       strerror(errno)) < 0)
		return -ENOMEM;
	return take_rest(file, buffer, filled);
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

int reader_read(struct reader *reader, struct reading *into, const char *name, int fd)
{
	struct file file = {.reader = reader, .into = into, .name = name};
	int error = read_descriptor(&file, fd);

	return error == 0 ? say_odd(&file) : error;
}

int reader_read_bytes(struct reader *reader, struct reading *into, const char *name,
	const char *bytes, size_t count)
{
	struct file file = {.reader = reader, .into = into, .name = name};
	size_t used;
	int error = take_lines(&file, bytes, count, &used);

	if (error == 0)
		error = take_rest(&file, bytes + used, count - used);
	return error == 0 ? say_odd(&file) : error;
}
