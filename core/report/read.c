/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/read.h"

#include "core/report/decode.h"
#include "core/report/grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	struct reading *reading;
	struct decoder decoder;
	const char *name;
	size_t line;   /* number of the current one, from 1 */
	bool skipping; /* the current line was too long; its rest is passed over */
	const char *boot_id, *boot_host; /* the last ones told: not every event need say its boot */
	struct {
		size_t count, first;
	} odd[LINE_KIND_COUNT_];
};

int read_warn(struct reading *reading, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (!grow(&reading->warnings, &reading->warning_room, reading->warning_count,
		    sizeof *reading->warnings))
		return -ENOMEM;
	reading->warnings[reading->warning_count] = arena_strdup(&reading->arena, line);
	return reading->warnings[reading->warning_count++] == NULL ? -ENOMEM : 0;
}

static void note_odd(struct file *file, enum line_kind kind)
{
	if (file->odd[kind].count++ == 0)
		file->odd[kind].first = file->line;
}

static int add_event(struct file *file, const struct told *told)
{
	struct reading *reading = file->reading;
	struct told *added;

	if (file->decoder.out_of_memory ||
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
	if (last == NULL || decode_line(&file->decoder, last, count - (size_t)(last - line),
				    &told) != LINE_EVENT)
		return file->decoder.out_of_memory ? -ENOMEM : 0;
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
	kind = decode_line(&file->decoder, line, count, &told);
	if (kind == LINE_EVENT)
		return add_event(file, &told);
	note_odd(file, kind);
	if (kind == LINE_TORN || kind == LINE_GARBAGE)
		return take_after_tear(file, line, count);
	return file->decoder.out_of_memory ? -ENOMEM : 0;
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
			error = read_warn(file->reading,
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

static int read_descriptor(struct file *file, int fd, char *buffer)
{
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
	if (got < 0 && read_warn(file->reading, "%s: %s; what was read so far counts", file->name,
			       strerror(errno)) < 0)
		return -ENOMEM;
	return take_rest(file, buffer, filled);
}

static struct file file_of(struct reading *reading, const char *name)
{
	return (struct file){.reading = reading, .decoder.arena = &reading->arena, .name = name};
}

int read_bytes(struct reading *reading, const char *name, const char *bytes, size_t count)
{
	struct file file = file_of(reading, name);
	size_t used;
	int error = take_lines(&file, bytes, count, &used);

	if (error == 0)
		error = take_rest(&file, bytes + used, count - used);
	return error == 0 ? say_odd(&file) : error;
}

static int read_file(struct reading *reading, const char *name, int fd)
{
	struct file file = file_of(reading, name);
	char *buffer = malloc(LINE_MAX_READ);
	int error = buffer == NULL ? -ENOMEM : read_descriptor(&file, fd, buffer);

	free(buffer);
	return error == 0 ? say_odd(&file) : error;
}

static int is_event_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 6 && strcmp(entry->d_name + length - 6, ".jsonl") == 0;
}

/* Only a regular file: a pipe of that name could block for ever. */
static int read_entry(struct reading *reading, int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;
	int error = 0;

	if (fd < 0)
		return read_warn(reading, "%s: %s; passed over", name, strerror(errno));
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
		error = read_file(reading, name, fd);
	close(fd);
	return error;
}

static int read_directory(struct reading *reading, int directory)
{
	struct dirent **entries;
	int count = scandirat(directory, ".", &entries, is_event_file, alphasort);
	int error = count < 0 ? -errno : 0;

	for (int i = 0; i < count; i++) {
		if (error == 0)
			error = read_entry(reading, directory, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return error;
}

int read_path(struct reading *reading, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) < 0)
		error = -errno;
	else if (S_ISDIR(stat.st_mode))
		error = read_directory(reading, fd);
	else
		error = read_file(reading, path, fd);
	close(fd);
	return error;
}

void read_release(struct reading *reading)
{
	arena_release(&reading->arena);
	free(reading->events);
	free(reading->warnings);
	*reading = (struct reading){0};
}
