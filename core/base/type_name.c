/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/type_name.h"

#include <string.h>

/* Pointers to pointers, arguments of arguments: what a name may nest. */
#define DEPTH_MAX 8

struct decoder {
	const char *at;
	struct text *text;
	unsigned depth;
};

/* In place, not by pointers: nothing for the loader to relocate. */
static const char built_in['z' + 1][sizeof "unsigned long long"] = {
	['v'] = "void",
	['b'] = "bool",
	['c'] = "char",
	['a'] = "signed char",
	['h'] = "unsigned char",
	['w'] = "wchar_t",
	['s'] = "short",
	['t'] = "unsigned short",
	['i'] = "int",
	['j'] = "unsigned int",
	['l'] = "long",
	['m'] = "unsigned long",
	['x'] = "long long",
	['y'] = "unsigned long long",
	['f'] = "float",
	['d'] = "double",
	['e'] = "long double",
};

/* Whose whole name nobody writes. */
static const struct {
	const char *mangled, *name;
} known[] = {
	{"NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", "std::string"}, /* libstdc++ */
	{"NSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEE", "std::string"},
	{"Ss", "std::string"},
};

static bool decode_type(struct decoder *decoder);

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool accept(struct decoder *decoder, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(decoder->at, prefix, length) != 0)
		return false;
	decoder->at += length;
	return true;
}

/* "5solve": the length, then so many bytes. */
static bool read_identifier(struct decoder *decoder, const char **ret_name, size_t *ret_length)
{
	size_t length = 0;

	for (; is_digit(*decoder->at) && length < 4096; decoder->at++)
		length = length * 10 + (size_t)(*decoder->at - '0');
	if (length == 0 || strnlen(decoder->at, length) < length)
		return false;
	*ret_name = decoder->at;
	*ret_length = length;
	decoder->at += length;
	return true;
}

/* "I3Own3OneE", behind a name. */
static bool decode_arguments(struct decoder *decoder)
{
	text_char(decoder->text, '<');
	for (bool first = true; !accept(decoder, "E"); first = false) {
		if (!first)
			text_add(decoder->text, ", ");
		if (!decode_type(decoder))
			return false;
	}
	/* As everybody writes it: "> >" is how it was until C++11. */
	text_char(decoder->text, '>');
	return true;
}

/* One component, the tag of its ABI, and the arguments of a template. */
static bool decode_component(struct decoder *decoder)
{
	static const char anonymous[] = "_GLOBAL__N_1";
	const char *name;
	size_t length;

	if (!read_identifier(decoder, &name, &length))
		return false;
	if (length == sizeof anonymous - 1 && memcmp(name, anonymous, length) == 0)
		text_add(decoder->text, "(anonymous namespace)");
	else
		text_add_n(decoder->text, name, length);
	while (accept(decoder, "B")) {
		if (!read_identifier(decoder, &name, &length))
			return false;
		text_printf(decoder->text, "[abi:%.*s]", (int)length, name);
	}
	return !accept(decoder, "I") || decode_arguments(decoder);
}

/* "N2my5solve5ErrorE", the N read. */
static bool decode_nested(struct decoder *decoder)
{
	if (accept(decoder, "St"))
		text_add(decoder->text, "std::");
	for (bool first = true; first || !accept(decoder, "E"); first = false) {
		if (!first)
			text_add(decoder->text, "::");
		if (!decode_component(decoder))
			return false;
	}
	return true;
}

static bool decode_class(struct decoder *decoder)
{
	if (accept(decoder, "N"))
		return decode_nested(decoder);
	if (accept(decoder, "St"))
		text_add(decoder->text, "std::");
	return decode_component(decoder);
}

/* What stands in front of the type that it changes follows it in words. */
static bool decode_behind(struct decoder *decoder, const char *word)
{
	if (!decode_type(decoder))
		return false;
	text_add(decoder->text, word);
	return true;
}

static bool decode_plain(struct decoder *decoder)
{
	unsigned char letter = (unsigned char)*decoder->at;

	if (letter < sizeof built_in / sizeof *built_in && built_in[letter][0] != '\0') {
		text_add(decoder->text, built_in[letter]);
		decoder->at++;
		return true;
	}
	if (accept(decoder, "P"))
		return decode_behind(decoder, "*");
	if (accept(decoder, "K"))
		return decode_behind(decoder, " const");
	return decode_class(decoder);
}

static bool decode_type(struct decoder *decoder)
{
	bool good;

	if (decoder->depth == DEPTH_MAX)
		return false;
	decoder->depth++;
	good = decode_plain(decoder);
	decoder->depth--;
	return good;
}

void type_name_add(const char *mangled, struct text *text)
{
	struct decoder decoder = {.at = mangled, .text = text};
	size_t before = text->length;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(mangled, known[i].mangled) == 0) {
			text_add(text, known[i].name);
			return;
		}
	if (decode_type(&decoder) && *decoder.at == '\0')
		return;
	text_reset(text, before);
	text_add(text, mangled);
}
