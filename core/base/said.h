/* SPDX-License-Identifier: Apache-2.0 */
/*
 * said.h - text that a program has printed, as it is found in a file, a pipe or a buffer: cut
 * somewhere, and perhaps no text at all.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Make the COUNT bytes at BYTES, behind which a NUL has room, a string: what is left of a character
 * that was cut in two is dropped from the start, secrets (secret.h) are overwritten. Returns false,
 * and an empty string, where the bytes are no text: there is a NUL among them, or many control
 * characters, or nothing but blanks.
 */
bool said_make_text(char *bytes, size_t count);
