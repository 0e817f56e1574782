/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_name.h - the names of a host's event files in a run directory.
 *
 * HOSTNAME.jsonl is for all processes of the host, but belongs to the user who wrote first. A
 * process that may not write to HOSTNAME.jsonl, because it runs as another user or a foreign file
 * has that name, writes to HOSTNAME+uidUID.jsonl; if it may not write there either, to
 * HOSTNAME+uidUID.PID.jsonl. Host names contain no '+' (RFC 1123). Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Write the path of the file for USER, and for PID alone unless PID is 0, to PATH of SIZE bytes;
 * HOST is the path of HOSTNAME.jsonl. Returns false when the path does not fit. */
bool run_name_of_user(char *path, size_t size, const char *host, uid_t user, pid_t pid);

/* Whether NAME, a file name without its directory, names an event file of HOSTNAME. */
bool run_name_is_of_host(const char *name, const char *hostname);
