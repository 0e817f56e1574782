/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_handler_args.h - the handlers of fileConfig: names of classes as Python evaluates them, and
 * arguments by their position, turned into those of dictConfig, by their names.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"

#include <stdbool.h>

/*
 * The name that dictConfig has for CLASS, evaluated in the namespace of logging: "StreamHandler",
 * "handlers.SysLogHandler", "logging.handlers.SysLogHandler", "vigil.RunFileHandler",
 * "/opt/lib/x.so:make". Returns 0; -ENOMEM; -EINVAL where there is no such class: then *RET is
 * CLASS as it stands, and ERRORS have Python's words for it, but no line, which dictConfig's reader
 * adds.
 */
int file_handler_class(struct arena *arena, const struct value *class, struct config_errors *errors,
	const char **ret);

/* Is NAME one that file_handler_class() gives for a class that there is? */
bool file_handler_known(const char *name);

/*
 * Add ARGS, a list (what Python's `*` takes), and KWARGS, a dict, to DICT, under the names of
 * CLASS's parameters; where CLASS is a factory, ARGS are typed arguments. Returns as above.
 */
int file_handler_args(struct arena *arena, const char *class, const struct value *args,
	const struct value *kwargs, struct config_errors *errors, struct value *dict);
