/* SPDX-License-Identifier: Apache-2.0 */
/* Formatters of the public API. */
#include "core/api/handlers.h"

#include "core/logging/custom.h"

#include <errno.h>
#include <string.h>

#define DEFAULTS_MOST 64

/* "%", "{" or "$"; NULL is the first. Returns -EINVAL for anything else. */
int api_style(const char *style, enum format_style *ret_style)
{
	static const char *const names[] = {
		[STYLE_PERCENT] = "%", [STYLE_BRACE] = "{", [STYLE_DOLLAR] = "$"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(style == NULL ? "%" : style, names[i]) == 0) {
			*ret_style = (enum format_style)i;
			return 0;
		}
	return api_fail(-EINVAL, "Style must be one of: %%,{,$");
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
	api_unlock();
	if (error < 0)
		return api_fail(error, error == -EINVAL ? "%s" : NULL, why);
	*ret_formatter = (struct vigil_formatter *)formatter;
	return 0;
}

int vigil_custom_formatter_new(
	const struct vigil_formatter_spec *spec, struct vigil_formatter **ret_formatter)
{
	struct formatter *formatter;

	if (spec == NULL || spec->format == NULL || api_hierarchy() == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	formatter = custom_formatter_new(api_arena(), spec);
	api_unlock();
	if (formatter == NULL)
		return api_fail(-ENOMEM, NULL);
	*ret_formatter = (struct vigil_formatter *)formatter;
	return 0;
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
