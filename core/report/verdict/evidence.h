/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - the sentences that say why a finding is believed.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Adds SENTENCE, which is kept, to FINDING: while there is room, and once. */
void evidence_add(struct finding *finding, const char *sentence);

/* The same of a sentence in printf's words, in REPORT's memory. */
void evidence_say(struct report *report, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How the termination of the finding's process is known, and what it proves. */
void evidence_of_end(struct report *report, struct finding *finding);

/* A helper that died before the finding's process, or a shell that handed its termination on. RANK
 * is the process of the finding's rank. */
void evidence_of_family(struct report *report, const struct process *rank, struct finding *finding);

/* What the other ranks of ATTEMPT, whose roles are set, did after the finding. */
void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding);
