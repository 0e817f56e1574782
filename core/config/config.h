/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - from a configuration file to a logger tree: YAML or JSON by Python's dictConfig,
 * version 1; INI by its fileConfig.
 *
 * All of a file is validated before anything comes of it, and every error is reported, not only the
 * first. What dictConfig supports and vigil does not is refused with an error that says so.
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"
#include "core/config/context.h"
#include "core/config/errors.h"

#define CONFIG_SIZE_MOST ((size_t)1024 * 1024)

/*
 * Read PATH: INI if its name ends in .ini, .conf or .cfg or it begins with a section of
 * fileConfig's, else YAML or JSON. ERRORS comes all zero but for its arena and path, which are set
 * here if they are NULL.
 *
 * Returns 0 and the hierarchy, perhaps with warnings in ERRORS; -ENOMEM; -EAGAIN: the file is
 * valid, but has factories, for which the context's `factories_wait` is set, so nothing is in
 * force; or another -errno with at least one error in ERRORS (-ENOENT, -EACCES …: of opening PATH;
 * -EINVAL: of what is in it, or of the file of a handler). Then *RET_LOGGING and the living
 * hierarchy are unchanged: the earlier configuration stays in force.
 */
int config_load(struct arena *arena, const char *path, const struct config_context *context,
	struct logging **ret_logging, struct config_errors *errors);

/* As config_load(), for LENGTH bytes of YAML or JSON, which are changed and live as long as
 * ARENA. */
int config_parse(struct arena *arena, char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors);
