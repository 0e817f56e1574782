/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stored.h - opens files that are stored, and nothing else: neither what may block or act when it
 * is opened (FIFOs, devices, sockets), nor what a kernel makes up while it is read (procfs, sysfs).
 *
 * Nothing is opened for reading before its kind is known. Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* Open NAME, relative to DIRECTORY (AT_FDCWD: as open()), for reading; WITHIN: only if no link in
 * NAME leads out of DIRECTORY. Returns a descriptor for the CALLER to close, with RET_STAT; or
 * -errno, and in *RET_WHY (static) what NAME is or why it cannot be opened, for a sentence behind
 * its name. */
int stored_open(
	int directory, const char *name, bool within, struct stat *ret_stat, const char **ret_why);

/* Whether the file at PATH does not exist, or is one that stored_open() opens, of at most MOST
 * bytes. */
bool stored_or_absent(const char *path, off_t most);
