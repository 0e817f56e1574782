/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/head_tail.h"

#include "core/base/utf8.h"

#include <string.h>

/* Stands between the head and the tail where the middle is left out. */
static const char left_out[] = "\n...\n";
#define LEFT_OUT (sizeof left_out - 1)

void head_tail_init(struct head_tail *cut, char *buffer, size_t size)
{
	size_t room = size - LEFT_OUT - 1;

	*cut = (struct head_tail){.data = buffer, .head = room / 3, .room = room - room / 3};
}

/* The tail is a ring buffer behind the head. */
static void add_byte(struct head_tail *cut, char c)
{
	size_t at = cut->total++;

	cut->data[at < cut->head ? at : cut->head + (at - cut->head) % cut->room] = c;
}

void head_tail_add_n(struct head_tail *cut, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\0')
			head_tail_add(cut, "\\x00");
		else
			add_byte(cut, bytes[i]);
	}
}

void head_tail_add(struct head_tail *cut, const char *string)
{
	head_tail_add_n(cut, string, strlen(string));
}

static void reverse(char *from, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		char c = from[i];

		from[i] = from[count - 1 - i];
		from[count - 1 - i] = c;
	}
}

/* Rotates the SIZE bytes at FROM so that the first COUNT of them come last. */
static void rotate(char *from, size_t count, size_t size)
{
	reverse(from, count);
	reverse(from + count, size - count);
	reverse(from, size);
}

/* How many bytes of the head are whole lines, or whole characters if there is no whole line. */
static size_t whole_head(const char *head, size_t length)
{
	const char *end = memrchr(head, '\n', length);

	if (end != NULL)
		return (size_t)(end - head);
	while (length > 0 && utf8_continues(head[length - 1]))
		length--;
	return length > 0 && (unsigned char)head[length - 1] >= 0xc0 ? length - 1 : length;
}

/* The offset of the first whole line in the tail of LENGTH bytes; of the first whole character if
 * no line begins in the tail. */
static size_t whole_tail(const char *tail, size_t length)
{
	const char *end = memchr(tail, '\n', length - 1);
	size_t begin = 0;

	if (end != NULL)
		return (size_t)(end - tail) + 1;
	while (begin < length && utf8_continues(tail[begin]))
		begin++;
	return begin;
}

void head_tail_end(struct head_tail *cut)
{
	char *tail = cut->data + cut->head;
	size_t head, begin;

	if (cut->total <= cut->head + cut->room) {
		cut->data[cut->total] = '\0';
		return;
	}
	rotate(tail, (cut->total - cut->head) % cut->room, cut->room);
	head = whole_head(cut->data, cut->head);
	begin = whole_tail(tail, cut->room);
	memmove(cut->data + head + LEFT_OUT, tail + begin, cut->room - begin);
	memcpy(cut->data + head, left_out, LEFT_OUT);
	cut->data[head + LEFT_OUT + cut->room - begin] = '\0';
}
