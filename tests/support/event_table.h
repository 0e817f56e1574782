/* SPDX-License-Identifier: Apache-2.0 */
/* event_table.h - the table event_fields.def as data, for tests that compare something with it. */
#pragma once

#include <stddef.h>
#include <string.h>

enum presence { KNOWN, ALWAYS };

/* A line of the table: a member, the beginning of an object, or its end. */
static const struct event_row {
	enum { ROW_MEMBER, ROW_BEGIN, ROW_END } kind;
	const char *key, *type;
	enum presence present;
} event_rows[] = {
#define IF(condition) KNOWN
#define VALUE(type, key, expression, present, attribute) {ROW_MEMBER, #key, #type, present},
#define PART(type, key, present, writer) {ROW_MEMBER, #key, #type, present},
#define OBJECT(key, condition) {ROW_BEGIN, #key, "MAP", KNOWN},
#define OBJECT_END {ROW_END, "", "", KNOWN},
#include "core/events/event_fields.def"
	{ROW_END, "", "", KNOWN},
};

/* The row behind ROW and, where an object begins there, behind what is in it. */
static inline const struct event_row *event_row_next(const struct event_row *row)
{
	if (row->kind == ROW_BEGIN)
		while (row->kind != ROW_END)
			row++;
	return row + 1;
}

/* The row of KEY in the object whose first row is ROW; NULL: it has none. */
static inline const struct event_row *event_row_find(const struct event_row *row, const char *key)
{
	for (; row->kind != ROW_END; row = event_row_next(row))
		if (strcmp(row->key, key) == 0)
			return row;
	return NULL;
}
