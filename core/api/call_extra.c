/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/call_extra.h"

#include "core/base/json_out.h"
#include "core/base/python_text.h"

#include <string.h>

static const struct vigil_extra *find_in(const struct vigil_extra *list, const char *key)
{
	for (; list != NULL && list->key != NULL; list++)
		if (strcmp(list->key, key) == 0)
			return list;
	return NULL;
}

static const struct vigil_extra *find(const struct record_extra *extra, const char *key)
{
	const struct call_extra *own = (const struct call_extra *)extra;
	const struct vigil_extra *found = NULL;

	for (unsigned i = 0; i < own->count && found == NULL; i++)
		found = find_in(own->lists[i], key);
	return found;
}

/* Append Python's str() of the attribute NAME. False where EXTRA has none. */
static bool add_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct vigil_extra *one = find(extra, name);

	if (one == NULL)
		return false;
	switch (one->type) {
	case VIGIL_TYPE_INT: text_i64(text, one->integer); break;
	case VIGIL_TYPE_BOOL: text_add(text, one->integer != 0 ? "True" : "False"); break;
	case VIGIL_TYPE_FLOAT: python_float(text, one->number); break;
	default: text_add(text, one->string == NULL ? "None" : one->string);
	}
	return true;
}

static void add_json(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct vigil_extra *one = find(extra, name);

	if (one == NULL || (one->type == VIGIL_TYPE_STR && one->string == NULL)) {
		text_add(text, "null");
	} else if (one->type == VIGIL_TYPE_STR) {
		text_char(text, '"');
		json_escape(text, one->string, strlen(one->string));
		text_char(text, '"');
	} else if (one->type == VIGIL_TYPE_BOOL) {
		text_add(text, one->integer != 0 ? "true" : "false");
	} else if (one->type == VIGIL_TYPE_FLOAT && !(one->number - one->number == 0)) {
		text_add(text, "null"); /* RFC 8259 has no NaN, and no Infinity */
	} else {
		add_attribute(extra, name, text);
	}
}

static const char *name_at(const struct record_extra *extra, unsigned index)
{
	const struct call_extra *own = (const struct call_extra *)extra;

	for (unsigned i = 0; i < own->count; i++)
		for (const struct vigil_extra *at = own->lists[i]; at->key != NULL; at++)
			/* An earlier list with the same key hides this one. */
			if (find(extra, at->key) == at && index-- == 0)
				return at->key;
	return NULL;
}

void call_extra_init(struct call_extra *extra)
{
	extra->extra = (struct record_extra){
		.attribute = add_attribute, .name = name_at, .json_value = add_json};
	extra->count = 0;
}

bool call_extra_add(struct call_extra *extra, const struct vigil_extra *list)
{
	if (list == NULL || list->key == NULL)
		return true;
	if (extra->count == EXTRA_LISTS_MOST)
		return false;
	extra->lists[extra->count++] = list;
	return true;
}

const char *call_extra_reserved(const struct call_extra *extra)
{
	for (unsigned i = 0; i < extra->count; i++)
		for (const struct vigil_extra *at = extra->lists[i]; at->key != NULL; at++)
			if (record_reserves(at->key))
				return at->key;
	return NULL;
}
