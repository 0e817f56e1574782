/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of <string.h> that the preload uses, its own and hidden. A reference to libc's
 * function by name may be bound to the host's: sanitizers and checkers replace these functions by
 * ones that check their arguments, and would complain when we read a dying program's stack. These
 * are simple rather than fast: our strings are short. Their names are in parentheses, since libc
 * may have macros of the same names. The Makefile compiles this file so that the compiler does not
 * turn a loop into a call of the function that it is in. Signal-safe: yes. Threads: any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EACH_BYTE 0x0101010101010101u

/* One word of eight bytes, wherever it lies. */
static uint64_t word_at(const char *from)
{
	uint64_t word;

	__builtin_memcpy(&word, from, sizeof word);
	return word;
}

static void copy_word(char *to, const char *from)
{
	__builtin_memcpy(to, from, sizeof(uint64_t));
}

static uint32_t half_at(const char *from)
{
	uint32_t half;

	__builtin_memcpy(&half, from, sizeof half);
	return half;
}

static void copy_half(char *to, const char *from)
{
	__builtin_memcpy(to, from, sizeof(uint32_t));
}

/* Most of what is copied is a few bytes of a line that grows: that is done by words, which overlap
 * at the end. */
void *(memcpy)(void *restrict to, const void *restrict from, size_t count)
{
	char *at = to;
	const char *source = from;

	if (count >= sizeof(uint32_t) && count < sizeof(uint64_t)) {
		copy_half(at, source);
		copy_half(at + count - sizeof(uint32_t), source + count - sizeof(uint32_t));
		return to;
	}
	if (count < sizeof(uint32_t)) {
		for (size_t i = 0; i < count; i++)
			at[i] = source[i];
		return to;
	}
	for (size_t i = 0; i + sizeof(uint64_t) <= count; i += sizeof(uint64_t))
		copy_word(at + i, source + i);
	copy_word(at + count - sizeof(uint64_t), source + count - sizeof(uint64_t));
	return to;
}

void *(memmove)(void *to, const void *from, size_t count)
{
	if ((char *)to + count <= (const char *)from || (char *)to >= (const char *)from + count)
		return memcpy(to, from, count);
	for (size_t i = 0; (char *)to < (const char *)from && i < count; i++)
		((char *)to)[i] = ((const char *)from)[i];
	if ((char *)to <= (const char *)from)
		return to;
	while (count-- > 0)
		((char *)to)[count] = ((const char *)from)[count];
	return to;
}

void *(memset)(void *to, int byte, size_t count)
{
	void *start = to;

#if defined(__x86_64__)
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
#else
	for (size_t i = 0; i < count; i++)
		((char *)to)[i] = (char)byte;
#endif
	return start;
}

/* Whether the COUNT bytes, four or more, are the same: by words, which overlap at the end. */
static bool are_same(const char *one, const char *other, size_t count)
{
	size_t end = count - sizeof(uint64_t);

	if (count < sizeof(uint64_t)) {
		end = count - sizeof(uint32_t);
		return half_at(one) == half_at(other) && half_at(one + end) == half_at(other + end);
	}
	for (size_t i = 0; i < end; i += sizeof(uint64_t))
		if (word_at(one + i) != word_at(other + i))
			return false;
	return word_at(one + end) == word_at(other + end);
}

int(memcmp)(const void *one, const void *other, size_t count)
{
	const unsigned char *a = one, *b = other;

	if (count >= sizeof(uint32_t) && are_same(one, other, count))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return a[i] - b[i];
	return 0;
}

/* Which of eight bytes is the first that is zero; 8: none is. Both machines are little-endian. */
static size_t first_zero(uint64_t word)
{
	uint64_t marks = (word - EACH_BYTE) & ~word & EACH_BYTE << 7;

	return marks == 0 ? sizeof word : (size_t)__builtin_ctzll(marks) / 8;
}

/* By words: it is what goes through long lines. */
void *(memchr)(const void *in, int byte, size_t count)
{
	const uint64_t each = EACH_BYTE * (unsigned char)byte;
	const char *at = in;
	size_t i = 0;

	for (; i + sizeof each <= count; i += sizeof each) {
		size_t slot = first_zero(word_at(at + i) ^ each);

		if (slot < sizeof each)
			return (void *)(at + i + slot);
	}
	for (; i < count; i++)
		if (at[i] == (char)byte)
			return (void *)(at + i);
	return NULL;
}

/* BYTE is there, and seven bytes behind it may be read. */
void *(rawmemchr)(const void *in, int byte)
{
	const uint64_t each = EACH_BYTE * (unsigned char)byte;
	const char *at = in;
	size_t slot;

	while ((slot = first_zero(word_at(at) ^ each)) == sizeof each)
		at += sizeof each;
	return (void *)(at + slot);
}

size_t(strlen)(const char *string)
{
	size_t length = 0;

	while (string[length] != '\0')
		length++;
	return length;
}

size_t(strnlen)(const char *string, size_t most)
{
	size_t length = 0;

	while (length < most && string[length] != '\0')
		length++;
	return length;
}

int(strncmp)(const char *one, const char *other, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (one[i] != other[i])
			return (unsigned char)one[i] - (unsigned char)other[i];
		if (one[i] == '\0')
			break;
	}
	return 0;
}

int(strcmp)(const char *one, const char *other)
{
	return strncmp(one, other, (size_t)-1);
}

char *(strchr)(const char *string, int byte)
{
	for (;; string++) {
		if (*string == (char)byte)
			return (char *)string;
		if (*string == '\0')
			return NULL;
	}
}

char *(strrchr)(const char *string, int byte)
{
	return memrchr(string, byte, strlen(string) + 1);
}

void *(memrchr)(const void *in, int byte, size_t count)
{
	const unsigned char *at = in;

	while (count-- > 0)
		if (at[count] == (unsigned char)byte)
			return (void *)(at + count);
	return NULL;
}

/* How many bytes at STRING are all in SET, or all not in it. */
static size_t span(const char *string, const char *set, bool in)
{
	size_t length = 0;

	while (string[length] != '\0' && (strchr(set, string[length]) != NULL) == in)
		length++;
	return length;
}

size_t(strspn)(const char *string, const char *set)
{
	return span(string, set, true);
}

size_t(strcspn)(const char *string, const char *set)
{
	return span(string, set, false);
}

char *(strstr)(const char *string, const char *needle)
{
	size_t length = strlen(needle);

	for (; *string != '\0' || length == 0; string++)
		if (strncmp(string, needle, length) == 0)
			return (char *)string;
	return NULL;
}
