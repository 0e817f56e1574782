/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.h - reads the event files of a run directory: line by line, with bounded memory for a line.
 * Lines that are no events never make it fail; they are counted, and warnings say what they are.
 *
 * The files of a directory are read by as many threads as there are processors; the outcome is the
 * same as that of one. Signal-safe: no. Threads: one reading at a time in a process.
 */
#pragma once

#include "core/eventfile/reading.h"

/* The most warnings about the files of a directory that are kept; the others are counted. */
#define READ_WARNINGS_MOST 100

/* Read PATH into READING (all zero at first, but for its progress): a file, "-", a pipe that this
 * process has open (/dev/fd/63), or a directory with all of its *.jsonl and what was rotated away
 * from them, in the order of rotation.h. Returns 0, also when nothing in it is an event; -ENOMEM;
 * or the -errno of a PATH that cannot be opened or is not stored (stored.h), and why in
 * READING->refused. A file in a directory that cannot be opened, is not stored, or is a link out of
 * it is a warning. */
int read_path(struct reading *reading, const char *path);

/* Read the open file FD, which stays open, from where it is; NAME is for warnings. Returns 0 or
 * -ENOMEM. */
int read_open(struct reading *reading, const char *name, int fd);
