/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_ask.h - asks the `vigil run`s on other hosts where the processes there are, by files in
 * the run directory (core/eventfile/stacks_request.h).
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/eventfile/stacks_request.h"
#include "core/cli/stacks/stacks_set.h"

#include <signal.h>

/* How long a host is waited for that gives no sign, and one that has begun to look; both over the
 * time of the samples. */
#define STACKS_SILENT_MS 5000
#define STACKS_BUSY_MS 60000

struct stacks_ask {
	int directory; /* -1: nobody is asked */
	int error;     /* -errno: why not */
	int64_t began_at_ms;
	struct stacks_request request;
	sigset_t mask; /* the signal mask to restore */
};

/* Ask in DIRECTORY for SAMPLES, INTERVAL_MS apart. From now on SIGINT, SIGTERM and SIGHUP are
 * blocked, so that no file is left. */
void stacks_ask_begin(
	struct stacks_ask *ask, const char *directory, int64_t samples, int64_t interval_ms);

/* Whether one of these signals is pending: then go on to the end at once. */
bool stacks_ask_is_interrupted(const struct stacks_ask *ask);

/* Wait for the answers, and add them to SET, with the ranks of TARGETS, which gets what is shown.
 * Then nothing is left of request and answers, and a pending signal arrives. Returns 0 or -ENOMEM.
 */
int stacks_ask_end(struct stacks_ask *ask, struct stacks_set *set, struct stacks_targets *targets);
