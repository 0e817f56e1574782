/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/reading.h"

#include "core/base/grow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int reading_add(struct reading *reading, const struct event_record *record)
{
	if (!grow(&reading->events, &reading->room, reading->count, sizeof *reading->events))
		return -ENOMEM;
	reading->events[reading->count++] = *record;
	return 0;
}

int reading_add_warning(struct reading *reading, const char *warning)
{
	if (warning == NULL || !grow(&reading->warnings, &reading->warning_room,
				       reading->warning_count, sizeof *reading->warnings))
		return -ENOMEM;
	reading->warnings[reading->warning_count++] = warning;
	return 0;
}

int reading_warn(struct reading *reading, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	return reading_add_warning(reading, arena_strdup(&reading->arena, line));
}

void reading_release(struct reading *reading)
{
	arena_release(&reading->arena);
	free(reading->events);
	free(reading->warnings);
	*reading = (struct reading){0};
}
