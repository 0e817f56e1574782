/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - parts of a file's path.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <string.h>

/* The part of PATH behind its last '/', all of PATH if it has none; a pointer into PATH. */
static inline const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
