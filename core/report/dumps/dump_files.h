/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump_files.h - finds the dumps of a run and reads them.
 *
 * A dump of PyTorch's Flight Recorder belongs to the rank by whose number its name ends, as PyTorch
 * names it; perhaps with ".json", ".pkl" or ".pickle" behind that. What a file is shows its
 * content. A file that cannot be used is a warning, and the others are read all the same.
 * Signal-safe: no. Threads: one at a time per set.
 */
#pragma once

#include "core/eventfile/reading.h"
#include "core/report/dumps/dump_set.h"

/* Read into SET, all zero at first, with warnings in WARNINGS: each of the COUNT PATHS, a file,
 * "-", a directory, or what the names of files begin with, before the number of a rank (what
 * TORCH_FR_DUMP_TEMP_FILE is set to). Returns 0 or -ENOMEM. */
int dumps_read(
	struct dump_set *set, const char *const *paths, size_t count, struct reading *warnings);

/* The same of those files in the directory PATH that have a name which PyTorch gives by itself
 * ("nccl_trace_rank_3"); nothing where PATH is no directory. */
int dumps_read_beside(struct dump_set *set, const char *path, struct reading *warnings);
