/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/symbols/source_paths.h"

#include "core/base/text.h"
#include "core/eventfile/stored.h"

#include <limits.h>
#include <string.h>

struct search {
	const char *directory; /* one of the list that libdw searches */
	int length;
	const char *path; /* the object's */
	const char *link;
	long long most;
};

static bool is_good(const struct search *search, const char *path, bool whole)
{
	return !whole || stored_or_absent(path, (off_t)search->most);
}

/* Checks DIRECTORY/.build-id/ab/cdef…, and the same with .debug behind it. */
static bool build_id_is_good(
	const struct search *search, const unsigned char *build_id, size_t size)
{
	char path[PATH_MAX];
	struct text text;
	bool good;

	if (size < 2 || search->directory[0] != '/')
		return true;
	text_init(&text, path, sizeof path);
	text_printf(&text, "%.*s/.build-id/%02x/", search->length, search->directory, build_id[0]);
	for (size_t i = 1; i < size; i++)
		text_printf(&text, "%02x", build_id[i]);
	good = is_good(search, path, !text.truncated);
	text_add(&text, ".debug");
	return good && is_good(search, path, !text.truncated);
}

/* Checks NAME in DIRECTORY (LENGTH bytes), and in its .dwz, which has the parts that several debug
 * files share. */
static bool name_is_good(
	const struct search *search, int length, const char *directory, const char *name)
{
	char path[PATH_MAX];

	return is_good(search, path,
		       text_format(path, sizeof path, "%.*s/%s", length, directory, name)) &&
	       is_good(search, path,
		       text_format(path, sizeof path, "%.*s/.dwz/%s", length, directory, name));
}

/* Checks the link as it is, and its last component alone. */
static bool names_are_good(const struct search *search, int length, const char *directory)
{
	const char *slash = strrchr(search->link, '/');

	return name_is_good(search, length, directory, search->link) &&
	       (slash == NULL || name_is_good(search, length, directory, slash + 1));
}

/* Checks what libdw tries below an absolute directory: the object's own directory, and then that
 * without its first components, one after another. */
static bool below_is_good(const struct search *search, int directory_length)
{
	const char *from = search->path, *end = search->path + directory_length;
	char path[PATH_MAX];
	bool good = names_are_good(search, search->length, search->directory);

	while (good && from < end) {
		if (text_format(path, sizeof path, "%.*s/%.*s", search->length, search->directory,
			    (int)(end - from), from))
			good = names_are_good(search, (int)strlen(path), path);
		from++;
		while (from < end && *from != '/')
			from++;
	}
	return good;
}

/* Checks what libdw tries beside the object, in a directory beside it, or below an absolute one. */
static bool link_is_good(const struct search *search)
{
	const char *slash = strrchr(search->path, '/');
	int length = slash == NULL ? 0 : (int)(slash - search->path);
	char path[PATH_MAX];

	if (search->link[0] == '/' && !is_good(search, search->link, true))
		return false;
	if (search->length > 0 && search->directory[0] == '/')
		return below_is_good(search, length);
	return !text_format(path, sizeof path, "%.*s/%.*s", length, search->path, search->length,
		       search->directory) ||
	       names_are_good(search, (int)strlen(path), path);
}

bool source_paths_are_stored(const char *list, const unsigned char *build_id, size_t build_id_size,
	const char *path, const char *link, long long most)
{
	bool good = true, end = false;

	for (const char *at = list; good && !end; at++) {
		struct search search = {.path = path, .link = link, .most = most};

		at += *at == '+' || *at == '-';
		search.directory = at;
		search.length = (int)strcspn(at, ":");
		at += search.length;
		end = *at == '\0';
		good = build_id_is_good(&search, build_id, build_id_size) &&
		       (link == NULL || link_is_good(&search));
	}
	return good;
}
