/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replace_file.h - writes a file anew: until the new one is whole, the old one stays.
 */
#pragma once

#include <limits.h>
#include <stdio.h>

struct replaced {
	FILE *to;		 /* to be written */
	char path[PATH_MAX];	 /* what is replaced: where symbolic links lead */
	char beside[PATH_MAX];	 /* "": PATH is no file, such as a device, and written itself */
};

/* Begins FILE, which PATH will be. Returns 0, or -errno and FILE holds nothing. */
int replace_begin(struct replaced *file, const char *path);

/*
 * Puts FILE in its place where ERROR, that of its writing, is 0. Returns 0, or the first -errno:
 * then what was there before still is, and nothing is left beside it.
 */
int replace_end(struct replaced *file, int error);
