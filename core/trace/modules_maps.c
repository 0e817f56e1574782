/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/modules_maps.h"

#include "core/base/number.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <string.h>

#define DELETED " (deleted)"

/* Enough for the longest line: some 73 bytes of numbers, then a path of PATH_MAX bytes, a few of
 * them escaped. */
#define LINE_MAX_ 8192

struct lines {
	int fd;
	size_t begin, end; /* the unread part of the buffer */
	char buffer[LINE_MAX_];
};

struct mapping {
	uint64_t start, end, offset;
	bool executable;
	const char *path;
};

static bool lines_fill(struct lines *lines)
{
	if (lines->begin > 0) {
		memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
		lines->end -= lines->begin;
		lines->begin = 0;
	}
	ssize_t count = sys_read(lines->fd, lines->buffer + lines->end, LINE_MAX_ - lines->end);

	if (count <= 0)
		return false;
	lines->end += (size_t)count;
	return true;
}

/* The next line, NUL-terminated and valid until the next call; NULL at the end. */
static char *lines_next(struct lines *lines)
{
	char *newline;

	for (;;) {
		newline = memchr(lines->buffer + lines->begin, '\n', lines->end - lines->begin);
		if (newline != NULL)
			break;
		if (!lines_fill(lines))
			return NULL;
	}
	char *line = lines->buffer + lines->begin;

	*newline = '\0';
	lines->begin = (size_t)(newline - lines->buffer) + 1;
	return line;
}

static void word_skip(const char **at)
{
	while (**at != '\0' && **at != ' ')
		++*at;
	while (**at == ' ')
		++*at;
}

/* "7f00-7f08 r-xp 00001000 fe:00 1234      /path" */
static struct mapping line_parse(const char *line)
{
	struct mapping mapping;
	const char *at = line;

	mapping.start = number_take_hex(&at);
	mapping.end = number_take_hex(&at);
	mapping.executable = strnlen(at, 3) == 3 && at[2] == 'x';
	word_skip(&at);
	mapping.offset = number_take_hex(&at);
	word_skip(&at);
	word_skip(&at);
	mapping.path = at;
	return mapping;
}

void maps_cut_deleted(char *path)
{
	size_t length = strlen(path), tail = sizeof DELETED - 1;

	if (length > tail && memcmp(path + length - tail, DELETED, tail) == 0)
		path[length - tail] = '\0';
}

/* The mappings of an object are consecutive and have its path; the first one begins at the file's
 * offset 0. */
static bool lines_search(struct lines *lines, uint64_t address, struct maps_object *object)
{
	uint64_t before = 0;
	const char *line;

	object->path[0] = '\0';
	object->header = 0;
	while ((line = lines_next(lines)) != NULL) {
		struct mapping mapping = line_parse(line);

		if (mapping.start > address)
			return false;
		bool other = strcmp(mapping.path, object->path) != 0;

		if (other || (mapping.offset == 0 && mapping.start != before)) {
			text_format(object->path, sizeof object->path, "%s", mapping.path);
			object->header = mapping.start;
		}
		before = mapping.end;
		if (address >= mapping.end)
			continue;
		object->start = mapping.start;
		object->end = mapping.end;
		object->executable = mapping.executable;
		return true;
	}
	return false;
}

bool maps_find(const char *maps, uint64_t address, struct maps_object *ret_object)
{
	struct lines lines;
	bool found;

	lines.begin = lines.end = 0;
	lines.fd = sys_open(maps, O_RDONLY, 0);
	if (lines.fd < 0)
		return false;
	found = lines_search(&lines, address, ret_object);
	if (found)
		maps_cut_deleted(ret_object->path);
	sys_close(lines.fd);
	return found;
}
