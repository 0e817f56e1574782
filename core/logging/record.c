/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/record.h"

#include "core/base/names.h"
#include "core/base/output.h"
#include "core/base/path.h"
#include "core/logging/level.h"

#include <errno.h>
#include <string.h>

/* The attributes of a record in Python 3.14. */
static const char reserved[][16] = {"args", "asctime", "created", "exc_info", "exc_text",
	"filename", "funcName", "levelname", "levelno", "lineno", "message", "module", "msecs",
	"msg", "name", "pathname", "process", "processName", "relativeCreated", "stack_info",
	"taskName", "thread", "threadName"};

bool record_reserves(const char *name)
{
	return names_find(NAMES(reserved), name) >= 0;
}

const struct record_given *record_given(const struct log_record *record)
{
	static const struct record_given nothing;

	return record->given == NULL ? &nothing : record->given;
}

const char *record_levelname(const struct log_record *record, char buffer[LEVEL_NAME_SIZE])
{
	const char *given = record_given(record)->levelname;

	return given != NULL ? given : level_name(record->levelno, buffer);
}

const char *record_pathname(const struct log_record *record)
{
	return record->pathname == NULL ? "(unknown file)" : record->pathname;
}

const char *record_filename(const struct log_record *record)
{
	const char *given = record_given(record)->filename;

	return given != NULL ? given : path_base(record_pathname(record));
}

void record_add_module(const struct log_record *record, struct text *text)
{
	const char *given = record_given(record)->module;
	const char *filename = record_filename(record);
	const char *suffix = strrchr(filename + strspn(filename, "."), '.');

	if (given != NULL || suffix == NULL)
		text_add(text, given != NULL ? given : filename);
	else
		text_add_n(text, filename, (size_t)(suffix - filename));
}

int64_t record_msecs_us(const struct log_record *record)
{
	int64_t of_second = record->created.real_us % 1000000;

	if (record_given(record)->has_msecs)
		return record_given(record)->msecs_us;
	return (of_second < 0 ? of_second + 1000000 : of_second) / 1000 * 1000;
}

int64_t record_relative_us(const struct log_record *record, int64_t start_us)
{
	const struct record_given *given = record_given(record);

	return given->has_relative_created ? given->relative_created_us
					   : record->created.real_us - start_us;
}

static unsigned note_count(const struct log_record *record)
{
	return record->notes == NULL ? 0 : record->notes->count;
}

/* The index of NAME among RECORD's notes; note_count() when none has that name. */
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

void delivery_begin(struct record_delivery *delivery)
{
	unsigned done = atomic_load(&delivery->done);

	delivery->next = 0;
	atomic_store(&delivery->done, done + done % 2);
	output_note(&delivery->done);
}

bool delivery_is_due(struct record_delivery *delivery)
{
	return delivery == NULL || delivery->next++ >= atomic_load(&delivery->done) / 2;
}

void delivery_done(struct record_delivery *delivery)
{
	if (delivery != NULL)
		atomic_store(&delivery->done, 2 * delivery->next);
}
