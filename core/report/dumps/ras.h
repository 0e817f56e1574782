/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ras.h - what `ncclras -f json` prints (NCCL 2.28 and newer): for each communicator how many
 * collectives each of its ranks has called, and of which ranks there was no answer.
 *
 * Which ranks are behind is left to the verdict: RAS itself takes the smaller side for that.
 * Signal-safe: no. Threads: one a set.
 */
#pragma once

#include "core/report/dumps/dump_set.h"

/* Whether VALUE looks like such output. */
bool ras_is(const struct dump_value *value);

/* Fill COMMUNICATOR from VALUE, an element of the member "communicators"; its memory is SET's, and
 * nothing of VALUE's. Returns false where memory ran out. */
bool ras_read(struct dump_set *set, const struct dump_value *value,
	struct ras_communicator *communicator);
