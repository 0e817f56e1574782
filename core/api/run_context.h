/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_context.h - which process of which rank this is, for configurations.
 *
 * Signal-safe: no. Threads: one at a time, and none that changes the environment.
 */
#pragma once

#include "core/events/identity.h"
#include "core/logging/handler.h"

/* What the strings of a context are kept in. */
struct run_identity {
	struct identity identity;
	char hostname[HOSTNAME_SIZE];
};

/* The context of this process, as the launcher's variables say it now; its strings are in IDENTITY,
 * in the environment and in static storage. */
struct run_context run_context_of_process(struct run_identity *identity);
