/* SPDX-License-Identifier: Apache-2.0 */
/* Pickles: what Python's own module wrote is read as what it was, whatever the protocol; what would
 * build anything else is refused; and what is damaged ends in a sentence. VIGIL_SEED is where
 * chance begins, VIGIL_MUTATIONS how many random values there are. */
#include "core/report/dumps/pickle.h"

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)256 * 1024 * 1024)
#define DAMAGED_MOST 5000 /* bytes */
#define DEPTH_MOST 600	  /* no case is deeper */

/* VALUE as tests/support/pickle_cases.py words it. */
static void write_words(FILE *to, const struct dump_value *value, int depth)
{
	const char *marks = value->type == DUMP_LIST	? "[]"
			    : value->type == DUMP_TUPLE ? "()"
							: "{}";
	uint64_t bits;

	assert_true(depth < DEPTH_MOST);
	switch (value->type) {
	case DUMP_NONE: fputc('N', to); return;
	case DUMP_TRUE: fputc('T', to); return;
	case DUMP_FALSE: fputc('F', to); return;
	case DUMP_INT: fprintf(to, "i%" PRId64, value->number); return;
	case DUMP_FLOAT:
		memcpy(&bits, &value->real, sizeof bits);
		if (__builtin_fabs(value->real) >= 0x1p63)
			fprintf(to, "b%.10e", value->real);
		else
			fprintf(to, "f%016" PRIx64, bits);
		return;
	case DUMP_STRING:
		fprintf(to, "s%zu:", value->string.length);
		fwrite(value->string.bytes, 1, value->string.length, to);
		return;
	default: break;
	}
	fputc(marks[0], to);
	for (size_t i = 0; i < value->list.count; i++) {
		if (i > 0)
			fputc(' ', to);
		write_words(to, value->list.items[i], depth + 1);
	}
	fputc(marks[1], to);
}

static void check_case(const char *pickle, size_t count, const char *words, size_t length)
{
	struct dump_memory memory = {.left = MEMORY};
	char buffer[256], *got = NULL;
	size_t size = 0;
	struct text why;
	struct dump_value *value;
	FILE *to;

	text_init(&why, buffer, sizeof buffer);
	value = pickle_parse(pickle, count, &memory, &why);
	if (words[0] == '!') {
		assert_null(value);
		if (strstr(buffer, "would build more than") == NULL)
			fail_msg("refused with '%s'", buffer);
		arena_release(&memory.arena);
		return;
	}
	if (value == NULL)
		fail_msg("%.*s: %s", (int)(length < 100 ? length : 100), words, buffer);
	to = open_memstream(&got, &size);
	assert_non_null(to);
	write_words(to, value, 0);
	fclose(to);
	if (size != length || memcmp(got, words, length) != 0)
		fail_msg("'%.*s' is read as '%.200s'", (int)(length < 200 ? length : 200), words,
			got);
	free(got);
	arena_release(&memory.arena);
}

/* Every beginning of a pickle is cut off, and is said to be; no damage of a byte does harm. */
static void check_damage(char *pickle, size_t count, uint64_t *chance)
{
	for (int i = 0; i < 20; i++) {
		struct dump_memory memory = {.left = MEMORY};
		char buffer[256];
		struct text why;
		size_t at;
		char was;

		*chance = *chance * 6364136223846793005u + 1442695040888963407u;
		at = (size_t)(*chance >> 33) % count;
		text_init(&why, buffer, sizeof buffer);
		assert_null(pickle_parse(pickle, at, &memory, &why));
		assert_true(why.length > 0);
		was = pickle[at];
		pickle[at] = (char)(*chance >> 25);
		text_init(&why, buffer, sizeof buffer);
		assert_true(pickle_parse(pickle, count, &memory, &why) != NULL || why.length > 0);
		pickle[at] = was;
		arena_release(&memory.arena);
	}
}

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : value;
}

static void pickles_are_read_as_python_wrote_them(void **state)
{
	char command[256];
	size_t count, length, cases = 0;
	uint64_t chance = 7;
	FILE *from;

	(void)state;
	snprintf(command, sizeof command, "tests/support/pickle_cases.py %s %s",
		setting("VIGIL_SEED", "1"), setting("VIGIL_MUTATIONS", "1500"));
	from = popen(command, "r");
	assert_non_null(from);
	while (fscanf(from, "%zu %zu", &count, &length) == 2 && fgetc(from) == '\n') {
		char *pickle = malloc(count + 1), *words = malloc(length + 1);

		assert_true(pickle != NULL && words != NULL);
		assert_int_equal(fread(pickle, 1, count, from), count);
		assert_int_equal(fread(words, 1, length, from), length);
		words[length] = '\0';
		check_case(pickle, count, words, length);
		if (words[0] != '!' && count < DAMAGED_MOST)
			check_damage(pickle, count, &chance);
		free(pickle);
		free(words);
		cases++;
	}
	assert_int_equal(pclose(from), 0);
	assert_true(cases > 100);
}

/* What the COUNT BYTES are said to be, with at most LEFT bytes of memory. */
static const char *complaint_of(const char *bytes, size_t count, size_t left)
{
	static char buffer[256];
	struct dump_memory memory = {.left = left};
	struct text why;

	text_init(&why, buffer, sizeof buffer);
	assert_null(pickle_parse(bytes, count, &memory, &why));
	arena_release(&memory.arena);
	return buffer;
}

static void damage_has_a_sentence(void **state)
{
	static const struct {
		const char *bytes;
		size_t count;
		const char *why;
	} table[] = {
		{"", 0, "it is no whole pickle: it is cut off behind byte 0"},
		{"\x80\x02}", 3, "it is no whole pickle: it is cut off behind byte 3"},
		{"\x80\x06N.", 4, "it is no whole pickle: PROTO at byte 0 is of a newer protocol"},
		{".", 1, "it is no whole pickle: STOP at byte 0 ends without a value"},
		{"(.", 2, "it is no whole pickle: STOP at byte 1 ends without a value"},
		{"hello", 5,
			"it is no whole pickle: BINGET at byte 0 refers to a value that is not"},
		{"\x7f"
		 "ELF",
			4, "it is no pickle: byte 0 is 0x7f"},
		{"X\xff\xff\xff\xff", 5, "it is no whole pickle: BINUNICODE at byte 0 is cut off"},
		{"\x8d\xff\xff\xff\xff\xff\xff\xff\xff", 9, "BINUNICODE8 at byte 0 is cut off"},
		{"\x8b\xff\xff\xff\x7f", 5, "LONG4 at byte 0 is cut off"},
		{"Nr\xff\xff\xff\xff.", 7, "LONG_BINPUT at byte 1 has a number that is none"},
		{"Np99999999999999999999\n.", 24, "PUT at byte 1 has a number that is none"},
		{"I1x\n.", 5, "INT at byte 0 has a number that is none"},
		{"NNa.", 4, "APPEND at byte 2 adds to what is no list and no dict"},
		{"](Na.", 5, "APPEND at byte 3 adds to what is no list and no dict"},
		{"e.", 2, "APPENDS at byte 0 has no beginning"},
		{"}(NNNu.", 7, "SETITEMS at byte 5 has a key without a value"},
		{"0.", 2, "POP at byte 0 has no beginning"},
		{"\x87.", 2, "TUPLE3 at byte 0 takes a value that is not there"},
		{"g\n.", 3, "GET at byte 0 has a number that is none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *why = complaint_of(table[i].bytes, table[i].count, MEMORY);

		if (strstr(why, table[i].why) == NULL)
			fail_msg("case %zu: '%s', not '%s'", i, why, table[i].why);
	}
}

/* A pickle that doubles a tuple again and again, and one of marks alone. */
static void memory_and_depth_are_bounded(void **state)
{
	enum { COUNT = 100000 };
	char *bytes = malloc(COUNT);
	struct dump_memory memory = {.left = MEMORY};
	char buffer[256];
	struct text why;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '(', COUNT);
	assert_non_null(strstr(complaint_of(bytes, COUNT, MEMORY), "is nested too deep"));
	memset(bytes, ']', COUNT);
	assert_non_null(
		strstr(complaint_of(bytes, COUNT, 100000), "needs more memory than a dump does"));
	bytes[0] = 'N';
	for (size_t i = 1; i + 2 < COUNT; i += 2) {
		bytes[i] = '2';
		bytes[i + 1] = '\x86';
	}
	bytes[COUNT - 1] = '.';
	text_init(&why, buffer, sizeof buffer);
	assert_non_null(pickle_parse(bytes, COUNT, &memory, &why));
	arena_release(&memory.arena);
	free(bytes);
}

/* A list that holds itself is no harm to who looks up names in it. */
static void a_value_may_hold_itself(void **state)
{
	static const char bytes[] = "\x80\x02]q\x00h\x00"
				    "a.";
	struct dump_memory memory = {.left = MEMORY};
	char buffer[256];
	struct text why;
	struct dump_value *value;

	(void)state;
	text_init(&why, buffer, sizeof buffer);
	value = pickle_parse(bytes, sizeof bytes - 1, &memory, &why);
	assert_non_null(value);
	assert_ptr_equal(dump_item(value, 0), value);
	assert_null(dump_get(value, "entries"));
	arena_release(&memory.arena);
}

UNIT_TESTS(cmocka_unit_test(pickles_are_read_as_python_wrote_them),
	cmocka_unit_test(damage_has_a_sentence), cmocka_unit_test(memory_and_depth_are_bounded),
	cmocka_unit_test(a_value_may_hold_itself))
