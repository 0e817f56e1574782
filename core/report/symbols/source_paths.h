/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_paths.h - the paths at which libdw looks for the debug information of an object.
 *
 * They come from the object, which may be anybody's, and libdw opens whatever is there: a FIFO or a
 * device of such a name would block. Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Are all files that libdw could open below SEARCH (its debuginfo_path) for an object with that
 * build-id, or for the debug file LINK (NULL: none) of the object at PATH, absent or stored
 * (stored.h), of at most MOST bytes?
 */
bool source_paths_are_stored(const char *search, const unsigned char *build_id,
	size_t build_id_size, const char *path, const char *link, long long most);
