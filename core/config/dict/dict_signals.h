/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_signals.h - lists of signals, by their names.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/dict/dict_reader.h"

/* The list at PLACE as a set. An error in it is reported, and leaves the signal out. */
void dict_signals(
	struct dict_reader *reader, const struct location *location, uint64_t *ret_signals);

/*
 * PLACE is the mapping with both lists, and SIGNALS what was read of them, or the default of one
 * that is not there. What a list names leaves the default of the other; two lists that name the
 * same are an error.
 */
void dict_signals_settle(struct dict_reader *reader, const struct location *location,
	struct signal_settings *signals);
