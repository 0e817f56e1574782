/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrapper.h - programs whose own end says nothing but what they ran: known by the base names of
 * their files.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* PROGRAM is a shell: it ends as its script says, most often with the last status. */
bool program_is_shell(const char *program);

/* PROGRAM runs one other program, and ends with its status. */
bool program_is_starter(const char *program);
