/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collective_peers.h - the ranks that wait for one other rank, in a send or a recv, by the dumps of
 * PyTorch's Flight Recorder.
 *
 * PyTorch numbers such calls in each rank on its own; but of two whole dumps the one has as many
 * sends as the other has recvs. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/dump_fit.h"

/* Adds to ATTEMPT's collectives, which have room for one more a dump, those ranks of the COUNT
 * DUMPS that wait for a peer. Returns 0 or -ENOMEM. */
int collective_peers_add(struct report *report, struct attempt *attempt,
	const struct fitting_dump *dumps, size_t count);
