/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abort_message.h - what glibc printed before it aborted: a failed assertion, a corrupted heap, an
 * overflow it caught.
 *
 * glibc keeps it for debuggers in __abort_msg (a private symbol: struct { unsigned size; char
 * message[]; } *). The message is read even if the settings want no trace. Signal-safe:
 * abort_message_read(). Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Copy the message, truncated to SIZE - 1 bytes and without its last newline. Returns false when
 * there is none.
 */
bool abort_message_read(char *message, size_t size);
