/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_config.h - from INI text to a logger tree: Python's logging.config.fileConfig.
 *
 * The sections become the tree of the dictConfig that means the same, with positions in the INI
 * file, and dict_config() reads that tree: classes and checks are the same. Signal-safe: no.
 * Threads: one at a time.
 */
#pragma once

#include "core/config/context.h"
#include "core/config/errors.h"

/* As config_parse() in config.h, for INI. TEXT is not changed. */
int file_config(struct arena *arena, const char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors);
