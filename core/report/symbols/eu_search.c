/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search trees of elfutils 0.192 (Debian 13), whose libdw.a calls them and whose archives lack
 * them. Linked behind elfutils' archives, so that others' own are taken. The report asks libdw in
 * one thread: no lock.
 */
#include <search.h>
#include <stddef.h>

/* The root is the first member; elfutils alone knows of a lock behind it. */
struct search_tree {
	void *root;
};
typedef int compare_function(const void *one, const void *other);
typedef void free_function(void *node);

void *eu_tsearch(const void *key, struct search_tree *tree, compare_function *compare);
void *eu_tfind(const void *key, struct search_tree *tree, compare_function *compare);
void *eu_tdelete(const void *key, struct search_tree *tree, compare_function *compare);
void eu_tdestroy(struct search_tree *tree, free_function *free_node);
void eu_search_tree_init(struct search_tree *tree);
void eu_search_tree_fini(struct search_tree *tree, free_function *free_node);

void *eu_tsearch(const void *key, struct search_tree *tree, compare_function *compare)
{
	return tsearch(key, &tree->root, compare);
}

void *eu_tfind(const void *key, struct search_tree *tree, compare_function *compare)
{
	return tfind(key, &tree->root, compare);
}

void *eu_tdelete(const void *key, struct search_tree *tree, compare_function *compare)
{
	return tdelete(key, &tree->root, compare);
}

void eu_tdestroy(struct search_tree *tree, free_function *free_node)
{
	tdestroy(tree->root, free_node);
	tree->root = NULL;
}

void eu_search_tree_init(struct search_tree *tree)
{
	tree->root = NULL;
}

void eu_search_tree_fini(struct search_tree *tree, free_function *free_node)
{
	eu_tdestroy(tree, free_node);
}
