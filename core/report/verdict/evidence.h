/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - the sentences that say why a finding is believed.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Adds SENTENCE to FINDING, while there is room. */
void evidence_add(struct finding *finding, const char *sentence);

/* How the end of the finding's process is known, and what it proves. */
void evidence_of_end(struct report *report, struct finding *finding);

/* What the other ranks of ATTEMPT, whose roles are set, did after the finding. */
void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding);

/* A helper of the rank that died before it, or the shell that handed the end on. LEADER leads the
 * finding's rank. */
void evidence_of_family(
	struct report *report, const struct process *leader, struct finding *finding);
