/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factory_args.h - what a configuration gives to a factory: its other keys, or a list of typed
 * arguments.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/reader.h"
#include "core/config/factory/factory_call.h"
#include "core/include/vigil/logging.h"

/*
 * The members of PLACE, a dict, but for those in WITHOUT, which ends with NULL: a list that ends
 * with key NULL, in the reader's arena. NULL after an error was reported, and when out of memory.
 */
const struct vigil_kv *factory_pairs(
	struct config_reader *reader, const struct location *location, const char *const *without);

/*
 * The elements of PLACE, a list of dicts such as {i32: 4}. Returns their number and *RET, in the
 * reader's arena; what is wrong is reported, and *RET has no meaning then.
 */
size_t factory_arguments(struct config_reader *reader, const struct location *location,
	const struct factory_argument **ret);
