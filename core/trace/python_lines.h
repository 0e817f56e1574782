/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_lines.h - the line of an instruction, by the table of its code object.
 *
 * Up to 3.9 the table is co_lnotab, pairs of steps of instruction and line; in 3.10 such pairs for
 * ranges, which may have no line (PEP 626); from 3.11 on ranges with columns (PEP 657).
 * Signal-safe: yes. Threads: one at a time per reader.
 */
#pragma once

#include "core/trace/python_object.h"

/* The line of the instruction at byte OFFSET of code that begins in line FIRST and has TABLE, an
 * object; -1: it has none, or that is not known. */
int python_line(struct python_reader *reader, uint64_t table, int first, int64_t offset);
