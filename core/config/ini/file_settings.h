/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_settings.h - section [vigil] of an INI file, as the mapping that YAML has for it.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/value.h"

/*
 * An option "trace.frames" is member "frames" of "trace", and the signals of "signals.core" stand
 * between commas. Returns 0 and *RET, which ARENA owns, for dict_config(), perhaps with errors in
 * ERRORS; -ENOMEM.
 */
int file_settings(struct arena *arena, const struct value_item *section,
	struct config_errors *errors, struct value **ret);
