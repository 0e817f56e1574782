/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/record.h"

#include "core/base/names.h"

#include <errno.h>
#include <string.h>

/* Of Python 3.14. */
static const char reserved[][16] = {"args", "asctime", "created", "exc_info", "exc_text",
	"filename", "funcName", "levelname", "levelno", "lineno", "message", "module", "msecs",
	"msg", "name", "pathname", "process", "processName", "relativeCreated", "stack_info",
	"taskName", "thread", "threadName"};

bool record_reserves(const char *name)
{
	return names_find(NAMES(reserved), name) >= 0;
}

static unsigned note_count(const struct log_record *record)
{
	return record->notes == NULL ? 0 : record->notes->count;
}

/* The index of NAME among RECORD's notes; their number when it is not there. */
static unsigned find_note(const struct log_record *record, const char *name)
{
	unsigned i = 0;

	while (i < note_count(record) && strcmp(record->notes->items[i].name, name) != 0)
		i++;
	return i;
}

const char *record_note(const struct log_record *record, const char *name)
{
	unsigned note = find_note(record, name);

	return note < note_count(record) ? record->notes->items[note].value : NULL;
}

bool record_attribute(const struct log_record *record, const char *name, struct text *text)
{
	const char *note = record_note(record, name);

	if (note != NULL) {
		text_add(text, note);
		return true;
	}
	return record->extra != NULL && record->extra->attribute(record->extra, name, text);
}

const char *record_attribute_name(const struct log_record *record, unsigned index)
{
	if (index < note_count(record))
		return record->notes->items[index].name;
	if (record->extra == NULL || record->extra->name == NULL)
		return NULL;
	return record->extra->name(record->extra, index - note_count(record));
}

const char *record_keep(const struct log_record *record, const char *string)
{
	struct record_notes *notes = record->notes;
	size_t size = strlen(string) + 1;
	char *copy;

	if (notes == NULL || notes->size - notes->used < size)
		return NULL;
	copy = notes->storage + notes->used;
	memcpy(copy, string, size);
	notes->used += size;
	return copy;
}

int record_set(const struct log_record *record, const char *name, const char *value)
{
	unsigned note = find_note(record, name);

	if (record->notes == NULL || note == RECORD_NOTES_MOST)
		return -ENOBUFS;
	if (note == record->notes->count)
		name = record_keep(record, name);
	value = record_keep(record, value);
	if (name == NULL || value == NULL)
		return -ENOBUFS;
	if (note == record->notes->count)
		record->notes->items[record->notes->count++].name = name;
	record->notes->items[note].value = value;
	return 0;
}
