/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_settings.h - the key `vigil` of a configuration: vigil's own settings, by a table.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/dict/dict_reader.h"

/* Read PLACE, the value of `vigil`, into the reader's settings, which hold the default. */
void dict_settings(struct dict_reader *reader, const struct location *location);
