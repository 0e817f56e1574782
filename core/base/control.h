/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the characters that are never written to a terminal as they are: those that control
 * it, change the direction of writing, end a line, or are invisible.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether POINT is of Unicode's general category Cc, Cf, Zl or Zp, as every Bidi_Control,
 * zero-width character, tag, annotation and line separator is. The whole block of tags counts,
 * including code points that are not assigned yet.
 */
bool control_is(uint32_t point);
