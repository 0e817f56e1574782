/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "core/base/names.h"
#include "core/base/order.h"
#include "core/base/output.h"
#include "core/base/sys.h"

#include <errno.h>
#include <string.h>

#define RECORD_SIZE 4096 /* bytes per record; only events of failures take more */
#define LEAST_SIZE ((size_t)256 * 1024)
#define MOST_SIZE ((size_t)8 * 1024 * 1024)

#define CONFIGURING_MS 1000

/* The head of a block. Its strings are at offsets from its start; 0: NULL. */
struct head {
	struct log_record record; /* its numbers */
	struct record_given given;
	uint32_t strings[12];
	bool has_extra;
	uint32_t attribute_count, attributes; /* name and text, each with its NUL */
	uint32_t trace, json;
};

/* The strings of a record, as members of struct record_read. */
#define IN_RECORD(member) offsetof(struct record_read, record.member)
#define IN_GIVEN(member) offsetof(struct record_read, given.member)

static const size_t strings[] = {
	IN_RECORD(name),
	IN_RECORD(message),
	IN_RECORD(pathname),
	IN_RECORD(func_name),
	IN_RECORD(process_name),
	IN_RECORD(thread_name),
	IN_RECORD(exc_text),
	IN_RECORD(stack_info),
	IN_GIVEN(levelname),
	IN_GIVEN(filename),
	IN_GIVEN(module),
	IN_GIVEN(task_name),
};
_Static_assert(NAMES_COUNT(strings) == NAMES_COUNT(((struct head *)0)->strings),
	"each string of a record has its place");

static const char **string_at(struct record_read *read, size_t index)
{
	return (const char **)(void *)((char *)read + strings[index]);
}

/* Appends STRING with its NUL to TEXT. Returns its offset, 0 for NULL. */
static uint32_t add_string(struct text *text, const char *string)
{
	uint32_t at = (uint32_t)text->length;

	if (string == NULL)
		return 0;
	text_add_n(text, string, strlen(string) + 1);
	return at;
}

/* Appends NAME and the attribute's text, each with its NUL, to TEXT. False, and TEXT as it was,
 * when RECORD has no such attribute. */
static bool add_attribute(const struct log_record *record, const char *name, struct text *text)
{
	size_t before = text->length;

	add_string(text, name);
	if (text->truncated || record_attribute(record, name, text)) {
		text_char(text, '\0');
		return true;
	}
	text_reset(text, before);
	return false;
}

static void add_json(
	const struct record_extra *extra, size_t json_size, struct head *head, struct text *text)
{
	size_t room = text->size - text->length;
	struct text json;

	if (extra->json == NULL || text->truncated)
		return;
	text_init(&json, text->data + text->length, room < json_size ? room : json_size);
	extra->json(extra, &json);
	/* The record's form cuts itself to fit: in less room than JSON_SIZE it might differ. */
	text->truncated = json.truncated || room < json_size;
	head->json = (uint32_t)text->length;
	text->length += json.length + 1;
}

static void add_extra(
	const struct log_record *record, size_t json_size, struct head *head, struct text *text)
{
	const struct record_extra *extra = record->extra;
	const char *name;

	head->attributes = (uint32_t)text->length;
	for (unsigned i = 0; (name = record_attribute_name(record, i)) != NULL; i++)
		head->attribute_count += add_attribute(record, name, text);
	if (extra == NULL)
		return;
	if (extra->trace != NULL) {
		head->trace = (uint32_t)text->length;
		if (!add_attribute(record, extra->trace, text))
			head->trace = 0;
	}
	add_json(extra, json_size, head, text);
}

ssize_t record_copy(const struct log_record *record, size_t json_size, char *buffer, size_t size)
{
	struct head head = {
		.has_extra = record->extra != NULL || record_attribute_name(record, 0) != NULL};
	struct record_read from = {.record = *record, .given = *record_given(record)};
	char level[LEVEL_NAME_SIZE];
	struct text text;

	if (size <= sizeof head || size > UINT32_MAX)
		return -ENOBUFS;
	/* The level's present name, which may have changed when the record is printed. */
	from.given.levelname = record_levelname(record, level);
	head.record = from.record;
	head.record.notes = NULL;
	head.given = from.given;
	text_init(&text, buffer, size);
	text.length = sizeof head;
	for (size_t i = 0; i < NAMES_COUNT(strings); i++)
		head.strings[i] = add_string(&text, *string_at(&from, i));
	if (head.has_extra)
		add_extra(record, least(json_size, RECORD_STAGE_SIZE / 2), &head, &text);
	if (text.truncated)
		return -ENOBUFS;
	memcpy(buffer, &head, sizeof head);
	return (ssize_t)text.length;
}

static const struct record_read *read_of(const struct record_extra *extra)
{
	return (const struct record_read *)extra;
}

static const char *behind(const char *string)
{
	return string + strlen(string) + 1;
}

/* The name of attribute INDEX; its text stands behind it. */
static const char *read_name(const struct record_extra *extra, unsigned index)
{
	const char *at = read_of(extra)->attributes;

	if (index >= read_of(extra)->attribute_count)
		return NULL;
	for (; index > 0; index--)
		at = behind(behind(at));
	return at;
}

static bool read_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct record_read *read = read_of(extra);
	const char *at = read->attributes;

	for (unsigned i = 0; i < read->attribute_count; i++, at = behind(behind(at)))
		if (strcmp(at, name) == 0)
			return text_add(text, behind(at)), true;
	if (read->trace == NULL || strcmp(read->trace, name) != 0)
		return false;
	text_add(text, behind(read->trace));
	return true;
}

static void read_json(const struct record_extra *extra, struct text *text)
{
	text_add(text, read_of(extra)->json);
}

void record_read(const char *block, struct record_read *read)
{
	struct head head;

	memcpy(&head, block, sizeof head);
	*read = (struct record_read){.record = head.record,
		.given = head.given,
		.attributes = block + head.attributes,
		.attribute_count = head.attribute_count,
		.trace = head.trace == 0 ? NULL : block + head.trace,
		.json = head.json == 0 ? NULL : block + head.json};
	for (size_t i = 0; i < NAMES_COUNT(strings); i++)
		*string_at(read, i) = head.strings[i] == 0 ? NULL : block + head.strings[i];
	read->extra = (struct record_extra){.attribute = read_attribute,
		.json = head.json == 0 ? NULL : read_json,
		.name = read_name,
		.trace = read->trace};
	read->record.given = &read->given;
	read->record.extra = head.has_extra ? &read->extra : NULL;
}

/* The word before each block is its size; 0: the next block is at the start of the memory. */
#define WORD sizeof(uint64_t)

static uint64_t *word_at(const struct record_ring *ring, uint64_t at)
{
	return (uint64_t *)(void *)(ring->bytes + at % ring->size);
}

static size_t round_up(size_t size)
{
	return (size + WORD - 1) / WORD * WORD;
}

void record_ring_clear(struct record_ring *ring)
{
	ring->begin = ring->end = 0;
	ring->count = 0;
}

bool record_ring_put(struct record_ring *ring, const char *block, size_t size)
{
	size_t needed = WORD + round_up(size), to_end = ring->size - ring->end % ring->size;
	size_t skipped = to_end < needed ? to_end : 0;

	if (ring->end - ring->begin + skipped + needed > ring->size)
		return false;
	if (skipped > 0)
		*word_at(ring, ring->end) = 0;
	ring->end += skipped;
	*word_at(ring, ring->end) = size;
	memcpy(word_at(ring, ring->end) + 1, block, size);
	ring->end += needed;
	ring->count++;
	return true;
}

const char *record_ring_oldest(struct record_ring *ring, size_t *ret_size)
{
	if (ring->count == 0)
		return NULL;
	if (*word_at(ring, ring->begin) == 0)
		ring->begin += ring->size - ring->begin % ring->size;
	*ret_size = *word_at(ring, ring->begin);
	return (const char *)(word_at(ring, ring->begin) + 1);
}

void record_ring_drop(struct record_ring *ring)
{
	size_t size = 0;

	record_ring_oldest(ring, &size);
	ring->begin += WORD + round_up(size);
	if (--ring->count == 0)
		record_ring_clear(ring);
}

int record_buffer_init(struct record_buffer *buffer, struct arena *arena, int64_t capacity)
{
	size_t size = LEAST_SIZE;
	char *bytes;

	if (capacity > (int64_t)(MOST_SIZE / RECORD_SIZE))
		size = MOST_SIZE;
	else if (capacity > (int64_t)(LEAST_SIZE / RECORD_SIZE))
		size = (size_t)capacity * RECORD_SIZE;
	bytes = arena_alloc(arena, size);
	buffer->stage = arena_alloc(arena, RECORD_STAGE_SIZE);
	if (bytes == NULL || buffer->stage == NULL)
		return -ENOMEM;
	buffer->ring = (struct record_ring){.bytes = bytes, .size = size};
	return 0;
}

/* The tracer of a crash takes the lock in the name of the crashed process, whose memory it shares.
 */
static int take(struct timed_lock *lock, const struct log_record *record)
{
	if (record == NULL)
		return timed_lock_take(lock, sys_getpid(), CONFIGURING_MS);
	if (record->crashing)
		return timed_lock_take(lock, record->process, 0);
	return timed_lock_take(lock, sys_getpid(), OUTPUT_DEADLINE_MS);
}

int record_buffer_take(struct record_buffer *buffer, const struct log_record *record)
{
	int taken = take(&buffer->lock, record);

	if (taken > 0)
		record_ring_clear(&buffer->ring);
	return taken < 0 ? taken : 0;
}
