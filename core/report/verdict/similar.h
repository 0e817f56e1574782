/* SPDX-License-Identifier: Apache-2.0 */
/*
 * similar.h - whether ranks failed in the same way: then it is hardly one rank's own misfortune.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/verdict/model.h"
#include "core/report/job/ranks.h"

#include <stdbool.h>

/* ONE and OTHER say the same but for numbers: ports, pids and such differ from rank to rank. */
bool similar_texts(const char *one, const char *other);

/*
 * Writes which other ranks of ATTEMPT failed by themselves in the way of FINDING's rank to LIST.
 * Returns how many, and in *RET_OWN how many others failed by themselves in all.
 */
size_t similar_ranks(const struct attempt *attempt, const struct finding *finding,
	struct rank_list *list, size_t *ret_own);
