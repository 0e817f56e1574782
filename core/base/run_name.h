/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_name.h - the names of a host's event files in a run directory.
 *
 * HOSTNAME.jsonl is for all processes of the host, but belongs to the user who wrote first. A
 * process that may not write to it, as it runs as another user or another file has that name,
 * writes to HOSTNAME+uidUID.jsonl; where it may not write to that either, to
 * HOSTNAME+uidUID.PID.jsonl. '+' is no character of a host's name (RFC 1123). Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Put HOST, the path of HOSTNAME.jsonl, into PATH of SIZE bytes as the name for USER, and for PID
 * alone unless that is 0. Returns false when it does not fit. */
bool run_name_of_user(char *path, size_t size, const char *host, uid_t user, pid_t pid);

/* Whether NAME, without its directory, is that of an event file of HOSTNAME. */
bool run_name_is_of_host(const char *name, const char *hostname);
