/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_config.h - from a tree of values to a logger tree: Python's logging.config.dictConfig,
 * version 1.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/context.h"
#include "core/config/errors.h"

/* As config_load() of core/config/config.h, for CONFIG, the tree of a file's values. */
int dict_config(struct arena *arena, const struct value *config,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors);
