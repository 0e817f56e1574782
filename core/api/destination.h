/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination.h - where events go by name, and the logger of each.
 *
 * Private to core/api. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/include/vigil/events.h"

/* The logger of destination NAME, made by the first call; returns 0, or the negative errno of
 * api_fail(). */
int destination_logger(const char *name, struct vigil_logger **ret_logger);

/* Whether what goes to NAME goes nowhere: its logger's handlers, or what they would be, are null
 * handlers. Makes nothing. */
bool destination_is_null(const char *name);
