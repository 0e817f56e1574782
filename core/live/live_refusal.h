/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_refusal.h - why another process cannot be looked at, and what the user can do about it.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/text.h"

#include <sys/types.h>

/* Append why process PID, of which ERROR (-errno) was the answer to an attempt to read its memory
 * or its place in the kernel, is not shown. */
void live_refusal_add(struct text *text, pid_t pid, int error);
