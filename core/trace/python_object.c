/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_object.h"

#include <string.h>

/* As CPython's own dump has it. */
#define STR_MAX 500

/* No name or location table is longer. */
#define SIZE_MOST ((uint64_t)16 * 1024 * 1024)

/* PyTypeObject, in all versions: the fields behind tp_name. */
#define BASICSIZE_BEHIND_NAME 8
#define MEMBERS_BEHIND_NAME (27 * 8)

/* PyMemberDef, likewise. */
struct member {
	uint64_t name;
	int32_t type, unused;
	uint64_t offset;
	int32_t flags, unused_too;
	uint64_t doc;
};
#define MEMBERS_MAX 64

uint64_t python_word_at(struct python_reader *reader, uint64_t base, enum python_word field)
{
	return python_memory_word(&reader->memory, base + reader->offsets.at[field]);
}

int32_t python_int_at(struct python_reader *reader, uint64_t base, enum python_word field)
{
	return python_memory_int(&reader->memory, base + reader->offsets.at[field]);
}

/* The members of a code object that Python programs can see. */
static const struct {
	const char *name;
	enum python_word field;
} code_members[] = {
	{"co_filename", AT_code_object_filename},
	{"co_name", AT_code_object_name},
	{"co_qualname", AT_code_object_qualname},
	{"co_firstlineno", AT_code_object_firstlineno},
	{"co_argcount", AT_code_object_argcount},
	{"co_linetable", AT_code_object_linetable},
	{"co_lnotab", AT_code_object_linetable},
};

/* Whether MEMBER is none of those, or where the offsets say. Adds to *COUNT if it is one. */
static bool member_agrees(struct python_reader *reader, const struct member *member, int *count)
{
	const struct python_offsets *offsets = &reader->offsets;

	for (size_t i = 0; i < sizeof code_members / sizeof *code_members; i++) {
		enum python_word field = code_members[i].field;

		if (!python_memory_has(&reader->memory, member->name, code_members[i].name))
			continue;
		++*count;
		return !python_offsets_has(offsets, field) || member->offset == offsets->at[field];
	}
	return true;
}

static bool code_agrees(struct python_reader *reader, uint64_t name_at, uint64_t basic)
{
	uint64_t at = python_memory_word(&reader->memory, name_at + MEMBERS_BEHIND_NAME);
	enum python_word bytecode = AT_code_object_co_code_adaptive;
	struct member member;
	int count = 0;

	/* The bytecode is behind the rest of the object. */
	if (python_offsets_has(&reader->offsets, bytecode) && reader->offsets.at[bytecode] != basic)
		return false;
	for (int i = 0; i < MEMBERS_MAX; i++, at += sizeof member) {
		if (!python_memory_read(&reader->memory, at, &member, sizeof member))
			return false;
		if (member.name == 0)
			return count >= 3;
		if (!member_agrees(reader, &member, &count))
			return false;
	}
	return false;
}

/* Whether TYPE, whose name is noted at NAME_AT, is laid out as the offsets say. */
static bool type_agrees(struct python_reader *reader, uint64_t name_at, enum python_type type)
{
	const uint32_t *at = reader->offsets.at;
	uint64_t basic = python_memory_word(&reader->memory, name_at + BASICSIZE_BEHIND_NAME);

	if (type == PYTHON_CODE)
		return code_agrees(reader, name_at, basic);
	if (type == PYTHON_BYTES) /* with the NUL behind the bytes */
		return basic == (uint64_t)at[AT_bytes_object_ob_sval] + 1;
	/* with the pointer that subclasses have */
	return basic == at[AT_unicode_object_compactunicodeobject_size] + sizeof(uint64_t);
}

static const char *const type_names[] = {
	[PYTHON_CODE] = "code",
	[PYTHON_STR] = "str",
	[PYTHON_BYTES] = "bytes",
};
_Static_assert(sizeof type_names / sizeof *type_names == PYTHON_TYPE_COUNT_, "a type has no name");

static const char *const contradictions[] = {
	[PYTHON_CODE] = "CPython's code objects are not where their fields are said to be",
	[PYTHON_STR] = "CPython's strings are not as long as they are said to be",
	[PYTHON_BYTES] = "CPython's bytes are not as long as they are said to be",
};
_Static_assert(sizeof contradictions / sizeof *contradictions == PYTHON_TYPE_COUNT_,
	"a type has no contradiction");

bool python_is(struct python_reader *reader, uint64_t object, enum python_type type)
{
	uint64_t there, name_at;

	if (object == 0 || reader->contradiction != NULL)
		return false;
	there = python_word_at(reader, object, AT_pyobject_ob_type);
	if (there == 0 || reader->types[type] != 0)
		return there != 0 && there == reader->types[type];
	name_at = there + reader->offsets.at[AT_type_object_tp_name];
	if (!python_memory_has(&reader->memory, python_memory_word(&reader->memory, name_at),
		    type_names[type]))
		return false;
	if (!type_agrees(reader, name_at, type)) {
		reader->contradiction = contradictions[type];
		return false;
	}
	reader->types[type] = there;
	return true;
}

/* The state of a str, whose first bits say how it is interned: 2 of them, in builds without the
 * interpreter's lock 8 or 16. A str has KIND bytes a character. */
static bool read_state(uint32_t state, unsigned *ret_kind, bool *ret_ascii)
{
	static const unsigned interned[] = {2, 8, 16};

	for (size_t i = 0; i < sizeof interned / sizeof *interned; i++) {
		uint32_t bits = state >> interned[i];
		unsigned kind = bits & 7;
		bool compact = bits >> 3 & 1, ascii = bits >> 4 & 1;

		if (!compact || (kind != 1 && kind != 2 && kind != 4) || (ascii && kind != 1))
			continue;
		*ret_kind = kind;
		*ret_ascii = ascii;
		return true;
	}
	return false;
}

struct str {
	unsigned kind;
	size_t length; /* of what was read */
	bool cut;
	unsigned char data[STR_MAX * 4];
};

static uint32_t point_of(const struct str *str, size_t i)
{
	uint32_t point = 0;

	memcpy(&point, str->data + i * str->kind, str->kind);
	return point;
}

/* Whether STR, as any str that is no name with a NUL, needs as many bytes a character as it has. */
static bool characters_are_right(const struct str *str, bool ascii)
{
	static const uint32_t least[] = {[1] = 0x80, [2] = 0x100, [4] = 0x10000};
	uint32_t most = 0;

	for (size_t i = 0; i < str->length; i++) {
		uint32_t point = point_of(str, i);

		if (point == 0)
			return false;
		if (point > most)
			most = point;
	}
	if (ascii)
		return most < 0x80;
	return (most >= least[str->kind] || str->cut) && most <= 0x10ffff;
}

static bool read_str(struct python_reader *reader, uint64_t object, struct str *str)
{
	uint64_t length = python_word_at(reader, object, AT_unicode_object_length), data;
	uint32_t end = 1;
	bool ascii;

	if (length > SIZE_MOST ||
		!read_state((uint32_t)python_int_at(reader, object, AT_unicode_object_state),
			&str->kind, &ascii))
		return false;
	data = object + reader->offsets.at[ascii ? AT_unicode_object_asciiobject_size
						 : AT_unicode_object_compactunicodeobject_size];
	str->cut = length > STR_MAX;
	str->length = str->cut ? STR_MAX : length;
	if (str->length > 0 &&
		!python_memory_read(&reader->memory, data, str->data, str->length * str->kind))
		return false;
	if (!python_memory_read(&reader->memory, data + length * str->kind, &end, str->kind))
		return false;
	/* A NUL follows the last character. */
	end &= str->kind == 4 ? ~0U : (1U << 8 * str->kind) - 1;
	return end == 0 && characters_are_right(str, ascii);
}

static void add_point(struct text *text, uint32_t point)
{
	if ((point >= ' ' && point < 0x7f) ||
		(point >= 0xa0 && !(point >= 0xd800 && point <= 0xdfff)))
		text_point(text, point);
	else
		text_printf(text, point < 0x100 ? "\\x%02x" : "\\u%04x", point);
}

bool python_str_add(struct python_reader *reader, uint64_t object, struct text *text)
{
	struct str str;

	if (!python_is(reader, object, PYTHON_STR) || !read_str(reader, object, &str))
		return false;
	for (size_t i = 0; i < str.length; i++)
		add_point(text, point_of(&str, i));
	if (str.cut)
		text_add(text, "...");
	return true;
}

uint64_t python_bytes_at(struct python_reader *reader, uint64_t object, uint64_t *ret_size)
{
	uint64_t size;

	if (!python_is(reader, object, PYTHON_BYTES))
		return 0;
	size = python_word_at(reader, object, AT_bytes_object_ob_size);
	if (size > SIZE_MOST)
		return 0;
	*ret_size = size;
	return object + reader->offsets.at[AT_bytes_object_ob_sval];
}
