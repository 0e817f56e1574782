/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/type_name.h"

#include "core/base/number.h"

#include <string.h>

/* How deep pointers and template arguments may nest. */
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

/* Types that are written by a shorter name. */
static const struct {
	const char *mangled, *name;
} known[] = {
	{"NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", "std::string"}, /* libstdc++ */
	{"NSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEE", "std::string"},
	{"Ss", "std::string"},
};

static bool decode_type(struct decoder *decoder);

static bool accept(struct decoder *decoder, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(decoder->at, prefix, length) != 0)
		return false;
	decoder->at += length;
	return true;
}

/* Reads an identifier such as "5solve": its length, then that many bytes. */
static bool read_identifier(struct decoder *decoder, const char **ret_name, size_t *ret_length)
{
	size_t length = (size_t)number_take(&decoder->at, SIZE_MAX);

	if (length == 0 || strnlen(decoder->at, length) < length)
		return false;
	*ret_name = decoder->at;
	*ret_length = length;
	decoder->at += length;
	return true;
}

/* Decodes the arguments of a template, such as "I3Own3OneE", behind the I. */
static bool decode_arguments(struct decoder *decoder)
{
	text_char(decoder->text, '<');
	for (bool first = true; !accept(decoder, "E"); first = false) {
		if (!first)
			text_add(decoder->text, ", ");
		if (!decode_type(decoder))
			return false;
	}
	/* Written without the blank that "> >" needed before C++11. */
	text_char(decoder->text, '>');
	return true;
}

/* Decodes one component of a name, with its ABI tag and the arguments of a template. */
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

/* Decodes a nested name, such as "N2my5solve5ErrorE", behind the N. */
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

/* Decodes the qualified type, and appends WORD, the qualifier, which C++ writes behind the type. */
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
