/* SPDX-License-Identifier: Apache-2.0 */
/* Formatters of the public API. */
#include "core/api/api.h"

#include "core/base/color.h"
#include "core/base/names.h"
#include "core/logging/custom.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEFAULTS_MOST 64

int api_style(const char *style, enum format_style *ret_style)
{
	static const char names[][2] = {
		[STYLE_PERCENT] = "%", [STYLE_BRACE] = "{", [STYLE_DOLLAR] = "$"};
	int found = names_find(NAMES(names), style == NULL ? "%" : style);

	if (found >= 0)
		*ret_style = (enum format_style)found;
	return found >= 0 ? 0 : api_fail(-EINVAL, "Style must be one of: %%,{,$");
}

static size_t copy_defaults(const struct vigil_extra *from, struct format_default *to)
{
	size_t count = 0;

	for (; from != NULL && from->key != NULL && count < DEFAULTS_MOST; from++)
		if (from->type == VIGIL_TYPE_STR)
			to[count++] = (struct format_default){
				from->key, from->string == NULL ? "None" : from->string};
	return count;
}

/* Finish making FORMATTER under api_lock(): report ERROR, for -EINVAL with WHY. Releases the
 * lock. */
static int made(int error, const char *why, const struct formatter *formatter,
	struct vigil_formatter **ret_formatter)
{
	api_unlock();
	if (error < 0)
		return api_fail(error, error == -EINVAL ? "%s" : NULL, why);
	*ret_formatter = (struct vigil_formatter *)formatter;
	return 0;
}

int vigil_formatter_new(
	const struct vigil_formatter_options *options, struct vigil_formatter **ret_formatter)
{
	static const struct vigil_formatter_options none;
	struct format_default defaults[DEFAULTS_MOST];
	struct formatter_options own = {0};
	struct formatter *formatter = NULL;
	char why[512] = "";
	struct text text;
	int error;

	if (api_hierarchy() == NULL)
		return api_fail(-ENOMEM, NULL);
	options = options == NULL ? &none : options;
	error = api_style(options->style, &own.style);
	if (error < 0)
		return error;
	own.format = options->format;
	own.datefmt = options->datefmt;
	own.no_validate = options->no_validate;
	own.defaults = defaults;
	own.default_count = copy_defaults(options->defaults, defaults);
	own.clock = &api_hierarchy()->clock;
	text_init(&text, why, sizeof why);
	api_lock();
	error = formatter_new(api_arena(), &own, &text, &formatter);
	return made(error, why, formatter, ret_formatter);
}

/* Parse "auto", "always" or "never"; NULL is "auto". */
static int color_choice(const char *name, enum color_choice *ret_choice)
{
	for (int i = 0; color_choice_names[i] != NULL; i++)
		if (strcmp(name == NULL ? "auto" : name, color_choice_names[i]) == 0) {
			*ret_choice = (enum color_choice)i;
			return 0;
		}
	return api_fail(-EINVAL, "expected one of auto, always, never, found '%s'", name);
}

/* A copy of FROM in the hierarchy's arena; NULL when out of memory. */
static const struct abbreviation *copy_abbreviations(const struct vigil_extra *from)
{
	struct abbreviation *copy;
	size_t count = 0;

	while (from != NULL && from[count].key != NULL)
		count++;
	copy = arena_alloc(api_arena(), (count + 1) * sizeof *copy);
	for (size_t i = 0; i < count && copy != NULL; i++)
		copy[i] = (struct abbreviation){arena_strdup(api_arena(), from[i].key),
			arena_strdup(api_arena(), from[i].string == NULL ? "" : from[i].string)};
	return copy;
}

int vigil_color_formatter_new(
	const struct vigil_color_options *options, struct vigil_formatter **ret_formatter)
{
	static const struct vigil_color_options none;
	struct formatter_options own = {0};
	struct color_options color = {.automatic = color_where(environ)};
	struct formatter *formatter = NULL;
	char why[512] = "";
	struct text text;
	int error;

	options = options == NULL ? &none : options;
	error = color_choice(options->color, &color.choice);
	if (error < 0 || api_hierarchy() == NULL)
		return error < 0 ? error : api_fail(-ENOMEM, NULL);
	own.format = options->format;
	own.datefmt = options->datefmt;
	own.clock = &api_hierarchy()->clock;
	text_init(&text, why, sizeof why);
	api_lock();
	color.abbreviations = copy_abbreviations(options->abbrev);
	error = color.abbreviations == NULL
			? -ENOMEM
			: color_formatter_new(api_arena(), &own, &color, &text, &formatter);
	return made(error, why, formatter, ret_formatter);
}

int vigil_custom_formatter_new(
	const struct vigil_formatter_spec *spec, struct vigil_formatter **ret_formatter)
{
	struct formatter *formatter;

	if (spec == NULL || spec->format == NULL || api_hierarchy() == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	formatter = custom_formatter_new(api_arena(), spec);
	return made(formatter == NULL ? -ENOMEM : 0, NULL, formatter, ret_formatter);
}

struct vigil_formatter *vigil_json_formatter(void)
{
	return (struct vigil_formatter *)&formatter_json;
}

ssize_t vigil_format(const struct vigil_formatter *formatter, const struct vigil_record *record,
	char *buffer, size_t size)
{
	const struct formatter *own =
		formatter == NULL ? &formatter_default : api_formatter(formatter);
	struct log_record internal = {0};
	struct text text;
	int error;

	if (size == 0)
		return -ENOBUFS;
	if (record->internal != NULL)
		internal = *(const struct log_record *)record->internal;
	record_adopt(&internal, record);
	text_init(&text, buffer, size);
	error = formatter_format(own, &internal, &text);
	return error < 0 ? error : (ssize_t)text.length;
}

ssize_t vigil_format_all(const struct vigil_formatter *formatter, const char *header,
	const struct vigil_record *records, size_t count, const char *footer, char *buffer,
	size_t size)
{
	struct text text;

	if (size == 0)
		return -ENOBUFS;
	text_init(&text, buffer, size);
	if (count > 0 && header != NULL)
		text_add(&text, header);
	for (size_t i = 0; i < count; i++) {
		ssize_t length = vigil_format(
			formatter, &records[i], buffer + text.length, size - text.length);

		if (length < 0)
			return length;
		text.length += (size_t)length;
	}
	if (count > 0 && footer != NULL)
		text_add(&text, footer);
	return (ssize_t)text.length;
}
