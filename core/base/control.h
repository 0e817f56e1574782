/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the characters that a terminal is never shown: those that steer it, turn the
 * direction of writing, end a line, or are not seen at all.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Is POINT of Unicode's general category Cc, Cf, Zl or Zp? These hold every Bidi_Control, the
 * zero-width characters, the tags, the annotations and the separators of lines. The block of the
 * tags is all in it, also what is not assigned yet.
 */
bool control_is(uint32_t point);
