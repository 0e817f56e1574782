/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_paths.h - the paths at which libdw looks for the debug information of an object.
 *
 * The object names them, which anybody may have made, and libdw opens whatever is there: a FIFO or
 * a device of such a name would block. Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether every file that libdw could open by SEARCH (its debuginfo_path) is absent, or stored
 * (stored.h) and of at most MOST bytes: for an object with that build-id, and for the debug file
 * LINK (NULL: none) of the object at PATH. */
bool source_paths_are_stored(const char *search, const unsigned char *build_id,
	size_t build_id_size, const char *path, const char *link, long long most);
