/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination.h - torchelastic's destinations of events, by name, and the logger of each.
 *
 * Private to core/api. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/include/vigil/events.h"

/* The logger of destination NAME, which the first call makes. Returns 0, or the negative errno of
 * api_fail(). */
int destination_logger(const char *name, struct vigil_logger **ret_logger);

/* Whether events to NAME are discarded: its logger has only null handlers or, if it does not exist
 * yet, would be made with one. Makes no logger. */
bool destination_is_null(const char *name);
