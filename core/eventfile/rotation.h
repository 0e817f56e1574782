/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation.h - which files of a run directory hold events, and in which order they were written.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include <dirent.h>

/* Whether ENTRY is x.jsonl or what a handler has rotated away from it: x.jsonl.1,
 * x.jsonl.2026-11-24_13-05. For scandir(). */
int names_is_event_file(const struct dirent *entry);

/* The order of the names before ".jsonl"; then the oldest first: by date, by falling number, and
 * x.jsonl itself last. For scandir(). */
int names_compare(const struct dirent **one, const struct dirent **other);
