/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/arena.h"

#include "core/config/yaml/yaml_memory.h"
#include "tests/unit/unit.h"

#include <string.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	unsigned char *before = NULL;

	(void)state;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *piece = arena_alloc(&arena, size);

		assert_non_null(piece);
		assert_int_equal((uintptr_t)piece % sizeof(max_align_t) % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xEE, size);
		assert_ptr_not_equal(piece, before);
		before = piece;
	}
	arena_release(&arena);
	assert_null(arena.chunks);
}

static void a_piece_may_be_larger_than_a_chunk(void **state)
{
	struct arena arena = {0};
	char *piece = arena_alloc(&arena, 1 << 20);

	(void)state;
	assert_non_null(piece);
	memset(piece, 1, 1 << 20);
	assert_non_null(arena_alloc(&arena, 10));
	arena_release(&arena);
}

static void too_much_is_null(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX / 2));
	arena_release(&arena);
}

static void strings_are_copied(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_string_equal(arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(arena_strndup(&arena, "abcdef", 2), "ab");
	assert_string_equal(arena_strdup(&arena, ""), "");
	arena_release(&arena);
}

static void one_arena_adopts_another(void **state)
{
	struct arena one = {0}, other = {0}, empty = {0};
	char *first, *second, *large;

	(void)state;
	second = arena_strdup(&other, "second");
	large = arena_alloc(&other, 100000);
	arena_adopt(&one, &other);
	assert_null(other.chunks);
	first = arena_strdup(&one, "first");
	arena_adopt(&one, &empty);
	other = (struct arena){0};
	assert_non_null(arena_strdup(&other, "third"));
	arena_adopt(&one, &other);
	assert_string_equal(first, "first");
	assert_string_equal(second, "second");
	large[99999] = 1;
	arena_release(&one);
	assert_null(one.chunks);
}

static void libyaml_gets_its_memory_from_an_arena(void **state)
{
	struct arena arena = {0};
	char *piece;

	(void)state;
	assert_null(vigil_yaml_malloc(1));
	yaml_memory_use(&arena);
	piece = vigil_yaml_realloc(NULL, 4);
	memcpy(piece, "abc", 4);
	assert_ptr_equal(vigil_yaml_realloc(piece, 3), piece);
	piece = vigil_yaml_realloc(piece, 100000);
	assert_string_equal(piece, "abc");
	vigil_yaml_free(piece);
	assert_string_equal(vigil_yaml_strdup("xy"), "xy");
	yaml_memory_use(NULL);
	arena_release(&arena);
}

UNIT_TESTS(cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
	cmocka_unit_test(a_piece_may_be_larger_than_a_chunk), cmocka_unit_test(too_much_is_null),
	cmocka_unit_test(strings_are_copied), cmocka_unit_test(one_arena_adopts_another),
	cmocka_unit_test(libyaml_gets_its_memory_from_an_arena))
