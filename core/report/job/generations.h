/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generations.h - which ranks of torchrun were at work together, where its agents count their
 * restarts differently.
 *
 * An agent whose worker failed counts a restart; the other agents, and all where a node joins,
 * start their workers anew by the same count. Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Where one of the COUNT RANKS was started twice by one count, sets attempt of all ranks of
 * torchrun to how many generations there were before; else, and without memory, does nothing. Sorts
 * RANKS. */
void generations_set(struct process **ranks, size_t count);
