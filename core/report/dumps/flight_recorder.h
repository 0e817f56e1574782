/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight_recorder.h - a dump of PyTorch's Flight Recorder: the calls that one rank made to
 * torch.distributed, by process group and number.
 *
 * The members of a dump are those of torch/csrc/distributed/c10d/FlightRecorder.hpp, versions 2.3
 * and newer (PyTorch 2.5 and newer), as a pickle or as JSON. Signal-safe: no. Threads: one a set.
 */
#pragma once

#include "core/report/dumps/dump_set.h"

/* Whether VALUE looks like such a dump. */
bool flight_recorder_is(const struct dump_value *value);

/* Fill DUMP, all zero but for its rank, path and written_us, from VALUE; its memory is SET's, and
 * nothing of VALUE's. Returns false where memory ran out. */
bool flight_recorder_read(
	struct dump_set *set, const struct dump_value *value, struct rank_dump *dump);
