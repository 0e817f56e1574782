/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/message.h"

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/eventfile/rotation.h"

#include <errno.h>
#include <string.h>

#define ENDING ".jsonl"
#define TIME_KEY "\"time_us\":"

/* Where a file may begin at most: what is further off is no event file. */
#define OFFSET_MOST ((uint64_t)1 << 40)

static bool is_allowed(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '+';
}

/* Append NAME with every other byte as =XX; what gets too long, as a hash. */
static void add_encoded(struct text *text, const char *name, size_t most)
{
	size_t before = text->length;
	uint64_t hash = hash_bytes(HASH_BEGIN, name, strlen(name));

	for (const char *at = name; *at != '\0'; at++)
		if (is_allowed(*at))
			text_char(text, *at);
		else
			text_printf(text, "=%02X", (unsigned)(unsigned char)*at);
	if (text->length - before > most || name[0] == '\0') {
		text_reset(text, before);
		text_printf(text, "=%08x%08x", (unsigned)(hash >> 32), (unsigned)hash);
	}
}

void message_stream(const char *run, char ret_name[MESSAGE_NAME_SIZE])
{
	struct text text;

	text_init(&text, ret_name, MESSAGE_NAME_SIZE);
	text_add(&text, "VIGIL_");
	add_encoded(&text, run, 200);
}

void message_subject(const char *run, const char *host, char ret_subject[MESSAGE_SUBJECT_SIZE])
{
	struct text text;

	text_init(&text, ret_subject, MESSAGE_SUBJECT_SIZE);
	text_add(&text, "vigil.");
	add_encoded(&text, run, 200);
	text_char(&text, '.');
	add_encoded(&text, host, 200);
}

bool message_file_name(
	const char *name, const char *line, size_t count, char ret_file[MESSAGE_FILE_SIZE])
{
	const char *ending = strstr(name + (name[0] != '\0'), ENDING),
		   *time = memmem(line, count, TIME_KEY, strlen(TIME_KEY));
	uint64_t hash = hash_bytes(HASH_BEGIN, line, count);
	struct text text;

	text_init(&text, ret_file, MESSAGE_FILE_SIZE);
	text_add_n(&text, name, ending == NULL ? strlen(name) : (size_t)(ending - name));
	text_printf(&text, ENDING ".%016ld-%020lu",
		time == NULL ? 0 : (long)number_prefix(time + strlen(TIME_KEY)),
		(unsigned long)hash);
	return !text.truncated;
}

void message_host(const char *name, char ret_host[HOSTNAME_SIZE])
{
	const char *ending = strstr(name + (name[0] != '\0'), ENDING), *plus = strchr(name, '+');
	size_t length = ending == NULL ? strlen(name) : (size_t)(ending - name);

	if (plus != NULL && (size_t)(plus - name) < length)
		length = (size_t)(plus - name);
	text_format(ret_host, HOSTNAME_SIZE, "%.*s", (int)length, name);
}

void message_id(const struct message_place *place, char ret_id[MESSAGE_ID_SIZE])
{
	text_format(ret_id, MESSAGE_ID_SIZE, "%s/%s/%lu/%u", place->host, place->file,
		(unsigned long)place->offset, place->length);
}

/* The decimal number that ends before END, behind a '/' that *RET_SLASH gets; false: there is
 * none. */
static bool number_before(
	const char *id, const char *end, const char **ret_slash, uint64_t *ret_number)
{
	const char *at = end;
	uint64_t number = 0;

	while (at > id && at[-1] != '/')
		at--;
	if (at == id || at == end || end - at > 13)
		return false;
	*ret_slash = at - 1;
	for (; at < end; at++) {
		if (!is_digit(*at))
			return false;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	*ret_number = number;
	return true;
}

static bool is_printable(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	return count > 0;
}

static bool is_event_file(const char *file)
{
	struct dirent entry;

	strcpy(entry.d_name, file);
	return file[0] != '.' && names_is_event_file(&entry) != 0;
}

int message_parse(
	const char *id, size_t length, struct message_place *ret_place, const char **ret_why)
{
	const char *end = id == NULL ? NULL : id + strlen(id), *slash, *host_end;
	uint64_t offset, count;
	size_t file_length;

	*ret_why = "has no place in a file";
	if (id == NULL || !number_before(id, end, &slash, &count) ||
		!number_before(id, slash, &slash, &offset))
		return -EINVAL;
	host_end = strchr(id, '/');
	if (host_end >= slash || host_end == id ||
		memchr(host_end + 1, '/', (size_t)(slash - host_end - 1)))
		return -EINVAL;
	file_length = (size_t)(slash - host_end - 1);
	*ret_why = "names a host or a file that cannot be";
	if (host_end - id >= HOSTNAME_SIZE || file_length >= MESSAGE_FILE_SIZE ||
		!is_printable(id, (size_t)(host_end - id)) ||
		!is_printable(host_end + 1, file_length))
		return -EINVAL;
	memcpy(ret_place->host, id, (size_t)(host_end - id));
	ret_place->host[host_end - id] = '\0';
	memcpy(ret_place->file, host_end + 1, file_length);
	ret_place->file[file_length] = '\0';
	if (!is_event_file(ret_place->file))
		return -EINVAL;
	*ret_why = "has another length than it says, or a place that cannot be";
	if (count != length || length == 0 || length > MESSAGE_MOST || offset > OFFSET_MOST)
		return -EINVAL;
	ret_place->offset = offset;
	ret_place->length = (uint32_t)count;
	return 0;
}
