/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/rotation.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ENDING ".jsonl"
#define ENDING_SIZE (sizeof ENDING - 1)

/* What handlers put behind the name of a file that they rotate: a number, or a date in digits. */
static bool is_rotation(const char *suffix)
{
	return suffix[0] == '.' && suffix[1] >= '0' && suffix[1] <= '9' &&
	       suffix[1 + strspn(suffix + 1, "0123456789-_T:.")] == '\0';
}

/* What follows the last ".jsonl" of NAME; NULL when that is not there, or nothing is before it. */
static const char *suffix_of(const char *name)
{
	const char *at = name + (name[0] != '\0'), *found = NULL;

	while ((at = strstr(at, ENDING)) != NULL) {
		at += ENDING_SIZE;
		found = at;
	}
	return found;
}

int names_is_event_file(const struct dirent *entry)
{
	const char *suffix = suffix_of(entry->d_name);

	return suffix != NULL && (suffix[0] == '\0' || is_rotation(suffix));
}

static bool is_number(const char *suffix)
{
	return suffix[1 + strspn(suffix + 1, "0123456789")] == '\0' && strlen(suffix) < 8;
}

static int compare_suffixes(const char *one, const char *other)
{
	if (one[0] == '\0' || other[0] == '\0')
		return (one[0] == '\0') - (other[0] == '\0');
	if (is_number(one) && is_number(other))
		return atoi(other + 1) - atoi(one + 1);
	if (is_number(one) != is_number(other))
		return is_number(one) - is_number(other);
	return strcmp(one, other);
}

int names_compare(const struct dirent **one, const struct dirent **other)
{
	const char *a = (*one)->d_name, *b = (*other)->d_name;
	size_t length = (size_t)(suffix_of(a) - a), other_length = (size_t)(suffix_of(b) - b);
	size_t common = length < other_length ? length : other_length;
	int order = strncmp(a, b, common);

	if (order == 0 && length != other_length)
		order = length < other_length ? -1 : 1;
	return order == 0 ? compare_suffixes(suffix_of(a), suffix_of(b)) : order;
}
