/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_preload.h - libvigil.so, as `vigil run` and `vigil env` find it.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <limits.h>

/*
 * The PATH of ../lib/vigil/libvigil.so, seen from the command's own file. Returns 0, or -errno
 * after one line on stderr: when it is not there, cannot be read, or stands where LD_PRELOAD cannot
 * name it.
 */
int preload_find(char ret_path[PATH_MAX]);

/*
 * Whether the loader can put PRELOAD into PROGRAM. Returns 0, or -ENOEXEC after one line on stderr.
 */
int preload_fits(const char *preload, const char *program);
