/* SPDX-License-Identifier: Apache-2.0 */
/* The merged stacks: their order, their steps, and how many lines they take; and numbers for equal
 * content. */
#include "core/report/render/page_traces.h"
#include "core/report/verdict/stack_tree.h"
#include "core/report/render/page.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANKS 64
#define MANY 3000

static int64_t all_ranks[RANKS];

/* COUNT ranks from FIRST on. */
static struct stack_node node_of(const char *function, size_t first, size_t count)
{
	for (int64_t i = 0; i < RANKS; i++)
		all_ranks[i] = i;
	return (struct stack_node){
		.function = function, .ranks = all_ranks + first, .count = count};
}

static void put_below(struct stack_node *parent, struct stack_node *child)
{
	child->next = parent->children;
	parent->children = child;
}

static void candidates_come_first_then_the_fewest(void **state)
{
	struct finding finding = {.rank = 20};
	struct attempt attempt = {.has_root = true, .candidates = &finding, .candidate_count = 1};
	struct stack_node root = node_of("", 0, 40), many = node_of("many", 0, 15),
			  culprit = node_of("culprit", 15, 20), few = node_of("few", 35, 2),
			  other = node_of("other", 37, 2), one = node_of("one", 39, 1);
	struct stack_node *order[] = {&culprit, &one, &few, &other, &many}, *child;

	(void)state;
	put_below(&root, &other);
	put_below(&root, &few);
	put_below(&root, &culprit);
	put_below(&root, &many);
	put_below(&root, &one);
	stack_tree_sort(&attempt, &root);
	child = root.children;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++, child = child->next)
		assert_ptr_equal(child, order[i]);
	assert_null(child);
	attempt.has_root = false;
	stack_tree_sort(&attempt, &root);
	assert_ptr_equal(root.children, &one);
}

/* Nobody failed first, and one position has most ranks. */
static void those_are_odd_who_stood_elsewhere(void **state)
{
	struct stack_node root = node_of("", 0, 9), most = node_of("most", 0, 5),
			  half = node_of("half", 5, 2), both = node_of("both", 4, 2);
	struct position positions[] = {
		{.ranks = most.ranks, .count = 5}, {.ranks = half.ranks, .count = 2}};
	struct attempt attempt = {
		.positions = positions, .position_count = 2, .has_outliers = true};

	(void)state;
	assert_true(stack_stands_out(&attempt, &root, &half));
	assert_false(stack_stands_out(&attempt, &root, &most));
	assert_false(stack_stands_out(&attempt, &root, &both));
	assert_false(stack_stands_out(&attempt, &half, &half)); /* all went there */
	attempt.has_outliers = false;
	assert_false(stack_stands_out(&attempt, &root, &half));
}

/* Where some of the ranks stood is an end, though there is one way on. */
static void a_step_ends_where_ranks_part_or_stay(void **state)
{
	struct stack_node main = node_of("main", 0, 9), run = node_of("run", 0, 9),
			  step = node_of("step", 0, 8);

	(void)state;
	put_below(&main, &run);
	put_below(&run, &step);
	assert_ptr_equal(stack_shown_end(&main), &run);
	step.count = 9;
	assert_ptr_equal(stack_shown_end(&main), &step);
	assert_int_equal(stack_range_end(&main, 3), 8);
}

static const char *printed(const struct attempt *attempt)
{
	static char buffer[32768];
	static struct page page;
	FILE *to = fmemopen(buffer, sizeof buffer, "w");

	assert_non_null(to);
	memset(buffer, 0, sizeof buffer);
	page = (struct page){.to = to, .columns = PAINT_COLUMNS};
	tree_print(&page, attempt);
	fclose(to);
	return buffer;
}

/* How ranks wait inside of MPI is chance, and no branch. */
static void what_is_inside_of_a_library_is_only_counted(void **state)
{
	struct stack_node root = node_of("", 0, 4), main = node_of("main", 0, 4),
			  barrier = node_of("MPI_Barrier", 0, 4), recv = node_of("recv", 0, 3),
			  send = node_of("send", 3, 1), wait = node_of("poll", 3, 1);
	struct attempt attempt = {.stacks = &root};

	(void)state;
	barrier.part = STEP_ENTRY;
	recv.part = send.part = wait.part = STEP_INSIDE;
	recv.is_hidden = send.is_hidden = wait.is_hidden = true;
	put_below(&root, &main);
	put_below(&main, &barrier);
	put_below(&barrier, &recv);
	put_below(&barrier, &send);
	put_below(&send, &wait);
	assert_int_equal(stack_hidden_depth(&barrier), 2);
	assert_string_equal(printed(&attempt),
		"  where 4 ranks stood:\n  4  0-3  main › MPI_Barrier › … 2 more\n");
	wait.is_hidden = send.is_hidden = false; /* a function of the program is called there */
	assert_string_equal(printed(&attempt),
		"  where 4 ranks stood:\n  4  0-3  main › MPI_Barrier › … 1 more\n"
		"  1  3      send › poll\n");
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

/* Eight ways, each of which has eight: of 72 branches 40 are shown. */
static void what_does_not_fit_a_screen_is_counted(void **state)
{
	struct stack_node root = node_of("", 0, 64), ways[9], more[9][8];
	struct attempt attempt = {.stacks = &root};
	const char *text;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		ways[i] = node_of("way", 8 * i, 8);
		for (size_t j = 0; j < 8; j++) {
			more[i][j] = node_of("end", 8 * i + j, 1);
			put_below(&ways[i], &more[i][j]);
		}
		put_below(&root, &ways[i]);
	}
	text = printed(&attempt);
	assert_int_equal(lines_of(text), 42);
	assert_non_null(strstr(text, "\n    … 32 more branches\n"));
}

static void few_of_many_ways_are_shown(void **state)
{
	struct stack_node root = node_of("", 0, 64), ways[64];
	struct attempt attempt = {.stacks = &root};
	const char *text;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		ways[i] = node_of("way", 63 - i, 1);
		put_below(&root, &ways[i]);
	}
	text = printed(&attempt);
	assert_int_equal(lines_of(text), 10);
	assert_non_null(strstr(text, "  where 64 ranks stood:\n   1  0   way\n"));
	assert_non_null(strstr(text, "\n    … 56 more branches\n"));
}

static void a_lone_stack_is_shown_unless_it_is_the_culprits(void **state)
{
	struct stack_node root = node_of("", 3, 1), only = node_of("main", 3, 1);
	struct finding finding = {.rank = 3};
	struct attempt attempt = {.stacks = &root};

	(void)state;
	put_below(&root, &only);
	assert_string_equal(printed(&attempt), "  where rank 3 stood:\n  1  3  main\n");
	attempt.has_root = true;
	attempt.candidates = &finding;
	attempt.candidate_count = 1;
	assert_string_equal(printed(&attempt), "");
	assert_string_equal(printed(&(struct attempt){.stacks = NULL}), "");
}

static void a_long_way_keeps_its_ends(void **state)
{
	static const char name[] =
		"void at::native::a_name_that_is_far_too_long_for_a_line<float, double>::of(int)";
	struct stack_node root = node_of("", 0, 2), steps[30];
	struct attempt attempt = {.stacks = &root};
	const char *text;

	(void)state;
	for (size_t i = 0; i < 30; i++) {
		steps[i] = node_of(i == 0    ? "main"
				   : i == 29 ? "poll"
				   : i % 2   ? name
					     : "other",
			0, 2);
		steps[i].part = i == 29 ? STEP_ENTRY : STEP_PROGRAM;
		put_below(i == 0 ? &root : &steps[i - 1], &steps[i]);
	}
	text = printed(&attempt);
	assert_int_equal(lines_of(text), 2);
	assert_non_null(strstr(text, "  main › … "));
	assert_non_null(strstr(text, " more › "));
	assert_non_null(strstr(text, " › poll\n"));
	for (size_t i = 1; i < 29; i++) /* the innermost of the program's has the long name */
		steps[i].function = i == 28 ? name : "other";
	assert_non_null(strstr(printed(&attempt),
		"main › other × 27 › at::native::a_name_that_is_far_too_long_for_a_line<…>::of"));
}

static void equal_content_has_one_number(void **state)
{
	struct numbered list = {.count = 0};
	char name[32];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < MANY; i++) {
			snprintf(name, sizeof name, "text %zu", i);
			assert_int_equal(numbered_string(&list, name), i);
		}
	assert_int_equal(list.count, MANY);
	assert_string_equal(list.items[MANY - 1], "text 2999");
	assert_int_equal(numbered_add(&list,
				 "text\0"
				 "1",
				 6),
		MANY);
	assert_int_equal(numbered_add(&list,
				 "text\0"
				 "2",
				 6),
		MANY + 1);
	assert_false(list.out_of_memory);
	numbered_release(&list);
	assert_int_equal(list.count, 0);
}

UNIT_TESTS(cmocka_unit_test(candidates_come_first_then_the_fewest),
	cmocka_unit_test(those_are_odd_who_stood_elsewhere),
	cmocka_unit_test(a_step_ends_where_ranks_part_or_stay),
	cmocka_unit_test(what_is_inside_of_a_library_is_only_counted),
	cmocka_unit_test(what_does_not_fit_a_screen_is_counted),
	cmocka_unit_test(few_of_many_ways_are_shown),
	cmocka_unit_test(a_lone_stack_is_shown_unless_it_is_the_culprits),
	cmocka_unit_test(a_long_way_keeps_its_ends),
	cmocka_unit_test(equal_content_has_one_number), )
