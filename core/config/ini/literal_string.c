/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/literal_string.h"

#include <string.h>

/* The length of a prefix that may stand before a quote; 0 is none. */
static size_t prefix_length(const char *at)
{
	static const char *const prefixes[] = {"r", "b", "u", "rb", "br"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t length = strlen(prefixes[i]), same = 0;

		while (same < length && (at[same] | 32) == prefixes[i][same])
			same++;
		if (same == length && (at[length] == '\'' || at[length] == '"'))
			return length;
	}
	return 0;
}

bool literal_is_string(const char *at)
{
	at += prefix_length(at);
	return *at == '\'' || *at == '"';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool add_checked(struct text *text, uint32_t point)
{
	if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return false;
	text_point(text, point);
	return true;
}

/* "\x41", of COUNT digits behind the letter. */
static bool read_hex(const char **at, int count, struct text *text)
{
	uint32_t point = 0;

	for ((*at)++; count > 0; count--, (*at)++) {
		if (hex_value(**at) < 0)
			return false;
		point = point << 4 | (uint32_t)hex_value(**at);
	}
	return add_checked(text, point);
}

static bool read_octal(const char **at, struct text *text)
{
	uint32_t point = 0;

	for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++, (*at)++)
		point = point << 3 | (uint32_t)(**at - '0');
	return add_checked(text, point);
}

/* What follows a backslash. What Python does not know stays as it is. */
static bool read_escape(const char **at, struct text *text)
{
	static const char letters[] = "\\'\"abfnrtv", meant[] = "\\'\"\a\b\f\n\r\t\v";
	const char *known;

	switch (**at) {
	case '\0': return false;
	case '\n': (*at)++; return true;
	case 'x': return read_hex(at, 2, text);
	case 'u': return read_hex(at, 4, text);
	case 'U': return read_hex(at, 8, text);
	case 'N': return false;
	default: break;
	}
	if (**at >= '0' && **at <= '7')
		return read_octal(at, text);
	known = strchr(letters, **at);
	if (known == NULL)
		text_char(text, '\\');
	text_char(text, known == NULL ? **at : meant[known - letters]);
	(*at)++;
	return true;
}

static bool is_raw(const char *at, size_t prefix)
{
	return prefix > 0 && ((at[0] | 32) == 'r' || (prefix > 1 && (at[1] | 32) == 'r'));
}

/* A raw string keeps its backslashes, also the one that keeps a quote from ending it. */
static bool read_raw_escape(const char **at, struct text *text)
{
	if (**at == '\0')
		return false;
	text_char(text, '\\');
	text_char(text, *(*at)++);
	return true;
}

bool literal_string(const char **at, struct text *text)
{
	size_t prefix = prefix_length(*at), quotes;
	bool raw = is_raw(*at, prefix);
	const char *quote = *at + prefix;

	quotes = quote[1] == quote[0] && quote[2] == quote[0] ? 3 : 1;
	for (*at = quote + quotes; strncmp(*at, quote, quotes) != 0;) {
		if (**at == '\0' || (**at == '\n' && quotes == 1))
			return false;
		if (**at != '\\') {
			text_char(text, *(*at)++);
			continue;
		}
		(*at)++;
		if (!(raw ? read_raw_escape(at, text) : read_escape(at, text)))
			return false;
	}
	*at += quotes;
	return true;
}
