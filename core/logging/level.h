/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level.h - the levels of records, loggers and handlers: Python's names and numbers.
 *
 * Signal-safe: yes, but level_add(). Threads: any.
 */
#pragma once

#include "core/base/arena.h"

enum {
	LEVEL_NOTSET = 0,
	LEVEL_DEBUG = 10,
	LEVEL_INFO = 20,
	LEVEL_WARNING = 30,
	LEVEL_ERROR = 40,
	LEVEL_CRITICAL = 50,
};

/* "Level -2147483648" and its NUL fit. */
#define LEVEL_NAME_SIZE 20

/*
 * Python's addLevelName(), for the whole process: LEVEL is printed as NAME, which is copied, and
 * NAME means LEVEL; older names of LEVEL are still understood. Not signal-safe; one thread at a
 * time, while others may look up names. ARENA lives as long as the process. Returns 0 or -ENOMEM.
 */
int level_add(struct arena *arena, int level, const char *name);

/* Python's getLevelName(): "INFO", or "Level 25" for a number without a name, written to BUFFER. */
const char *level_name(int level, char buffer[LEVEL_NAME_SIZE]);

/* Set *RET_LEVEL to the number of the level NAME, as Python spells it: also WARN and FATAL, no
 * lower case. Returns 0, or -EINVAL and *RET_LEVEL as it was. */
int level_parse(const char *name, int *ret_level);

/* Name number INDEX, from 0, of those that level_parse() knows, each once, the last added first,
 * and its level; NULL behind the last. */
const char *level_named(unsigned index, int *ret_level);

/* Name number INDEX, from 0, of Python's own levels; NULL behind the last. */
const char *level_known(unsigned index);
