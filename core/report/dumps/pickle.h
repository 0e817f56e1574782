/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pickle.h - reads Python's pickles of all protocols, 0 to 5, and builds nothing but numbers,
 * strings, lists, tuples, dicts, booleans and None.
 *
 * Whatever would name or build anything else (GLOBAL, REDUCE, BUILD, INST, OBJ, NEWOBJ, extensions,
 * persistent ids, bytes, sets, buffers) is refused. Nothing is called recursively, and what is
 * built takes no more than the memory that the caller allows. The opcodes are those of Python's
 * Lib/pickletools.py. Signal-safe: no. Threads: any, with memories of their own.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/dumps/dump_value.h"

/* Read the pickle that the COUNT BYTES begin with. Returns its value, in MEMORY; NULL for what is
 * no pickle or is refused, and why in WHY, for a sentence behind the name of its file. */
struct dump_value *pickle_parse(
	const char *bytes, size_t count, struct dump_memory *memory, struct text *why);
