/* SPDX-License-Identifier: Apache-2.0 */
/*
 * concurrent_failures.h - failures that came so soon after the first one that they need not follow
 * from it.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* MEMBER is no candidate of the attempt, and failed by itself so soon after one. */
bool concurrent_failures_has(
	const struct attempt_context *context, const struct rank_result *result);

/* Puts the first of them behind the candidates, by their ranks; as many as there is room for. */
void concurrent_failures_add(struct attempt_context *context);
