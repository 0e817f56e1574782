/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_elf.h - reads the headers of an ELF object, in memory or in its file.
 *
 * Signal-safe: yes. Threads: one at a time per reader.
 */
#pragma once

#include "core/base/memory.h"

#include <elf.h>

#define SEGMENTS_MAX 64 /* per object: linkers make a dozen */

/* Whether HEADER is of a 64-bit little-endian object for this machine with program headers of the
 * expected size. */
bool elf_header_good(const Elf64_Ehdr *header);

/* Read the program headers of the object whose ELF header is mapped at ADDRESS. Returns their
 * number; 0 if there are none, or no object. */
unsigned elf_segments(
	struct memory_reader *reader, uint64_t address, Elf64_Phdr ret_segments[SEGMENTS_MAX]);

/* Set the range of the object's addresses without its bias, from its first loaded page to the end
 * of its last one. False if nothing is loaded. */
bool elf_extent(const Elf64_Phdr *segments, unsigned count, uint64_t *ret_start, uint64_t *ret_end);

/* The first of SEGMENTS with TYPE; NULL when there is none. */
const Elf64_Phdr *elf_segment(const Elf64_Phdr *segments, unsigned count, uint32_t type);

/* Find the GNU build-id among the notes in BYTES, which are padded to ALIGN (4 or 8) bytes. Returns
 * its size, cut to MAX, and copies it to TO; 0 when there is none. */
size_t elf_build_id(const uint8_t *bytes, size_t size, uint64_t align, uint8_t *to, size_t max);
