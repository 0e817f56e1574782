/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - parts of a file's path.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <string.h>

/* What stands behind the last '/' of PATH, all of it where there is none; within PATH. */
static inline const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
