/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_maps.h - reads /proc/self/maps (proc_pid_maps(5)) line by line, by raw system calls.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maps_object {
	uint64_t header;     /* where the object's beginning is mapped */
	uint64_t start, end; /* of the mapping that contains the address */
	bool executable;
	char path[4096]; /* "" for anonymous memory; without " (deleted)" */
};

/* Find the object that ADDRESS is mapped from in MAPS, "/proc/self/maps" or a file in the same
 * format. Returns false, and *RET_OBJECT undefined, when ADDRESS is not mapped or MAPS cannot be
 * read. */
bool maps_find(const char *maps, uint64_t address, struct maps_object *ret_object);

/* Remove " (deleted)", the kernel's mark for a file that is gone, from the end of PATH. */
void maps_cut_deleted(char *path);
