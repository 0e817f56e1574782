/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom.h - the user's own filters, formatters and handlers, which consist of the public API's
 * function pointers (vigil/logging.h).
 *
 * Signal-safe: the constructors, no. What they make may be used on the emit path; in a crash, it is
 * passed over unless its spec sets signal_safe. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/logging/handler.h"

/* Make a filter, a formatter or a handler that calls SPEC's functions; ARENA owns it, SPEC is
 * copied. NULL when out of memory. */
struct filter *custom_filter_new(struct arena *arena, const struct vigil_filter_spec *spec);
struct formatter *custom_formatter_new(
	struct arena *arena, const struct vigil_formatter_spec *spec);
struct handler *custom_handler_new(struct arena *arena, const struct vigil_handler_spec *spec);

/* Whether FILTER calls SPEC's function with SPEC's data. */
bool custom_filter_is(const struct filter *filter, const struct vigil_filter_spec *spec);

/* Fill RECORD, the public API's form of a record, from FROM, which must live as long: RECORD's
 * functions use it. */
void record_publish(struct vigil_record *record, struct log_record *from);

/* The reverse: set the members of RECORD to those of FROM. The strings stay FROM's. */
void record_adopt(struct log_record *record, const struct vigil_record *from);
