/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factory_made.h - what a factory gave, as our own handlers, filters and formatters that leave
 * errno alone: the program that they run in sees none of their calls.
 *
 * Private to core/config. Signal-safe: what is made, as far as the user's functions are; making it,
 * no. Threads: any.
 */
#pragma once

#include "core/logging/custom.h"

/* The C library's errno, of the thread that calls; NULL: it is not known, and not kept. */
typedef int *errno_location(void);

/* Copies of SPEC that ARENA owns; NULL when out of memory. */
struct handler *factory_made_handler(
	struct arena *arena, const struct vigil_handler_spec *spec, errno_location *errno_function);
struct filter *factory_made_filter(
	struct arena *arena, const struct vigil_filter_spec *spec, errno_location *errno_function);
struct formatter *factory_made_formatter(struct arena *arena,
	const struct vigil_formatter_spec *spec, errno_location *errno_function);
