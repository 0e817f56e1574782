/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/short_name.h"

#include "core/base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define HASH_DIGITS 16 /* Rust's, behind "::h" */
#define OPERATOR "operator"

static bool begins(const char *at, const char *end, const char *with)
{
	return (size_t)(end - at) >= strlen(with) && strncmp(at, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *end, const char *with)
{
	size_t count = strlen(with);

	return (size_t)(end - name) >= count && begins(end - count, end, with);
}

/* The end of NAME without what compilers append to the names of copies and of parts. */
static const char *without_suffixes(const char *name)
{
	static const char *const suffixes[] = {" [clone ", ".constprop.", ".isra.", ".part.",
		".cold", ".lto_priv.", ".llvm.", "@@", "@GLIBC"};
	const char *end = name + strlen(name);

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		const char *found = strstr(name, suffixes[i]);

		if (found != NULL && found > name && found < end)
			end = found;
	}
	if (end - name > HASH_DIGITS + 3 && begins(end - HASH_DIGITS - 3, end, "::h") &&
		strspn(end - HASH_DIGITS, "0123456789abcdef") >= HASH_DIGITS)
		end -= HASH_DIGITS + 3;
	return end;
}

/* The end of "operator<<" and its like, whose brackets are none, where AT begins one; else AT. */
static const char *behind_operator(const char *name, const char *at, const char *end)
{
	bool whole = at == name || at[-1] == ':' || at[-1] == ' ';

	if (!whole || !begins(at, end, OPERATOR))
		return at;
	at += strlen(OPERATOR);
	if (begins(at, end, "()"))
		return at + 2;
	while (at < end && strchr("<>=-", *at) != NULL)
		at++;
	return at;
}

/* The bracket that closes the one at AT; END where none does. */
static const char *closing(const char *at, const char *end)
{
	int depth = 0;

	for (const char *from = at; at < end; at++) {
		if (strchr("<({", *at) != NULL)
			depth++;
		else if (strchr(">)}", *at) != NULL && !(*at == '>' && at > from && at[-1] == '-'))
			depth--;
		if (depth == 0)
			return at;
	}
	return end;
}

/* The end of NAME without the qualifiers of a member function. */
static const char *without_qualifiers(const char *name, const char *end)
{
	static const char *const qualifiers[] = {" const", " volatile", " &", " &&", " noexcept"};

	for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++)
		if (ends(name, end, qualifiers[i]) && end - strlen(qualifiers[i]) > name &&
			end[-1 - (int)strlen(qualifiers[i])] == ')') {
			end -= strlen(qualifiers[i]);
			i = (size_t)-1;
		}
	return end;
}

/* The end of the name proper, before its parameters, and in *RET_BEGIN its beginning, behind the
 * return type. */
static const char *proper(const char *name, const char *end, const char **ret_begin)
{
	const char *parameters = NULL, *space = NULL;
	const char *last = without_qualifiers(name, end);

	*ret_begin = name;
	for (const char *at = name; at < last; at++) {
		const char *behind = behind_operator(name, at, last);

		if (behind > at) {
			at = behind - 1;
			parameters = NULL;
			if (at + 1 < last && *behind == ' ') /* "operator bool" */
				at = behind;
			continue;
		}
		if (*at == ' ')
			space = at;
		if (strchr("<({", *at) == NULL)
			continue;
		parameters = *at == '(' ? at : NULL;
		at = closing(at, last);
		if (at + 1 < last)
			parameters = NULL;
	}
	if (parameters == NULL || parameters == name || parameters[-1] == '.')
		return end;
	if (space != NULL && space < parameters)
		*ret_begin = space + 1;
	return parameters;
}

/* Appends NAME with "<…>" for template arguments; those at its beginning are Rust's, which name
 * the type. */
static void add_proper(struct text *text, const char *name, const char *end)
{
	for (const char *at = name; at < end; at++) {
		const char *behind = behind_operator(name, at, end);

		if (behind > at) {
			text_add_n(text, at, (size_t)(behind - at));
			at = behind - 1;
		} else if (*at == '<' && at > name) {
			text_add(text, "<…>");
			at = closing(at, end);
		} else {
			text_char(text, *at);
		}
	}
}

/* Appends "grid::step" for gfortran's "__grid_MOD_step". */
static bool add_fortran(struct text *text, const char *name, const char *end)
{
	const char *mark = strstr(name, "_MOD_");

	if (!begins(name, end, "__") || mark == NULL || mark <= name + 2 || mark >= end)
		return false;
	text_add_n(text, name + 2, (size_t)(mark - name - 2));
	text_add(text, "::");
	text_add_n(text, mark + strlen("_MOD_"), (size_t)(end - mark) - strlen("_MOD_"));
	return true;
}

void short_name_add(struct text *text, const char *name)
{
	const char *end = without_suffixes(name), *begin;

	if (add_fortran(text, name, end))
		return;
	end = proper(name, end, &begin);
	add_proper(text, begin, end);
}

static int columns_of(const char *string)
{
	int columns = 0;

	for (; *string != '\0'; string++)
		columns += !utf8_continues(*string);
	return columns;
}

void short_name_fit(struct text *text, const char *name, int columns)
{
	const char *at = name, *end;

	if (columns_of(name) <= columns) {
		text_add(text, name);
		return;
	}
	while ((at = strstr(at, "::")) != NULL) {
		if (columns_of(at) < columns) {
			text_printf(text, "…%s", at);
			return;
		}
		at += 2;
	}
	for (end = name; columns > 1; columns--)
		do
			end++;
		while (utf8_continues(*end));
	text_printf(text, "%.*s…", (int)(end - name), name);
}
