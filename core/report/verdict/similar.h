/* SPDX-License-Identifier: Apache-2.0 */
/*
 * similar.h - whether ranks failed in the same way: then hardly one rank alone is at fault.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/ranks.h"
#include "core/report/verdict/model.h"

#include <stdbool.h>

/* ONE and OTHER say the same but for decimal numbers: ports, pids and such differ from rank to
 * rank. */
bool similar_texts(const char *one, const char *other);

/*
 * Writes the other ranks of ATTEMPT that failed by themselves in the way of FINDING's rank to LIST.
 * Returns how many, and in *RET_OWN how many others failed by themselves in any way.
 */
size_t similar_ranks(const struct attempt *attempt, const struct finding *finding,
	struct rank_list *list, size_t *ret_own);
