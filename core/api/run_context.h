/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_context.h - the facts about this process that a configuration needs, such as its rank, and
 * the loader of libraries.
 *
 * Signal-safe: no. Threads: one at a time, and none that changes the environment.
 */
#pragma once

#include "core/config/context.h"
#include "core/events/identity.h"
#include "core/logging/handler.h"

/* The memory for the strings of a context. */
struct run_identity {
	struct identity identity;
	char hostname[HOSTNAME_SIZE];
};

/* The context of this process, by the launcher's environment variables at this moment. Its strings
 * are in IDENTITY, in the environment and in static storage. */
struct run_context run_context_of_process(struct run_identity *identity);

/* The C library's loader, for the factories of a configuration. */
extern const struct config_loader api_loader;
