/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom.h - filters, formatters and handlers of the user's own, by the function pointers of the
 * public API (vigil/logging.h).
 *
 * Signal-safe: what they make may be used on the emit path; where a spec does not say signal_safe,
 * records of a dying program pass it by. Making them: no. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/logging/handler.h"

/* A filter, a formatter and a handler that call SPEC's functions; ARENA owns them, SPEC is copied.
 * NULL when out of memory. */
struct filter *custom_filter_new(struct arena *arena, const struct vigil_filter_spec *spec);
struct formatter *custom_formatter_new(
	struct arena *arena, const struct vigil_formatter_spec *spec);
struct handler *custom_handler_new(struct arena *arena, const struct vigil_handler_spec *spec);

/* Whether FILTER is one that calls the function of SPEC with the data of SPEC. */
bool custom_filter_is(const struct filter *filter, const struct vigil_filter_spec *spec);

/* Fill RECORD, the public API's form, from FROM, which RECORD's functions work on. */
void record_publish(struct vigil_record *record, struct log_record *from);

/* The reverse: set the members of RECORD to those of FROM, which keeps its strings. */
void record_adopt(struct log_record *record, const struct vigil_record *from);
