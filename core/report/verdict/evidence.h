/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - the sentences that say why a finding is believed.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Adds SENTENCE, which is kept, to FINDING, unless it is there or there is no room. */
void evidence_add(struct finding *finding, const char *sentence);

/* As evidence_add(), with a sentence that printf's FORMAT makes in REPORT's memory. */
void evidence_say(struct report *report, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds how the termination of the finding's process is known, and what it proves. */
void evidence_of_end(struct report *report, struct finding *finding);

/* Sets consequences and step_reasons of FINDING, whose chain is set. */
void consequences_set(struct report *report, struct finding *finding);

/* Adds who failed because of the finding's process, up to the one that began the job. */
void evidence_of_chain(struct report *report, struct finding *finding);

/* Adds who failed because of the finding's process, up to the rank's own, and the helper that died
 * before it.
 * RANK is the process of the finding's rank. */
void evidence_of_family(struct report *report, const struct process *rank, struct finding *finding);

/* Adds what the other ranks of ATTEMPT, whose roles are set, did after the finding. */
void evidence_of_others(
	struct report *report, const struct attempt *attempt, struct finding *finding);
