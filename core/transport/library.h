/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h - nats.c, the client library of NATS, as Debian has it (libnats3.4, libnats3.10): found
 * and loaded when it is needed.
 *
 * Its threads are this process's; they run with every signal blocked if the caller has blocked
 * them. Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By the names that nats.h gives them, so that a test can compare these prototypes with its. */
typedef struct __natsOptions natsOptions;
typedef struct __natsConnection natsConnection;
typedef struct __natsSubscription natsSubscription;
typedef struct __natsMsg natsMsg;

/* What the functions return (natsStatus of nats/status.h). */
#define NATS_DONE 0u
#define NATS_TIMED_OUT 26u
#define NATS_NOBODY 34u /* no responders: nobody listens on that subject */

struct nats {
#define X(result, name, parameters) result(*name) parameters;
#include "core/transport/nats_functions.def"
#undef X
};

/* Load the library, once a process. Returns its functions; NULL when it is not installed, or lacks
 * one of them, and what to do about it in COMPLAINT. */
const struct nats *nats_load(char *complaint, size_t size);
