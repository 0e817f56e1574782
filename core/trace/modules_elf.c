/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/modules_elf.h"

#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

#define PAGE_MASK ((uint64_t)4095)

bool elf_header_good(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       header->e_machine == MACHINE && header->e_phentsize == sizeof(Elf64_Phdr);
}

unsigned elf_segments(
	struct memory_reader *reader, uint64_t address, Elf64_Phdr ret_segments[SEGMENTS_MAX])
{
	Elf64_Ehdr header;

	if (!memory_read_exact(reader, address, &header, sizeof header) ||
		!elf_header_good(&header))
		return 0;
	unsigned count = header.e_phnum < SEGMENTS_MAX ? header.e_phnum : SEGMENTS_MAX;
	size_t size = count * sizeof *ret_segments;

	if (header.e_phoff > UINT32_MAX ||
		!memory_read_exact(reader, address + header.e_phoff, ret_segments, size))
		return 0;
	return count;
}

bool elf_extent(const Elf64_Phdr *segments, unsigned count, uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < count; i++) {
		const Elf64_Phdr *segment = &segments[i];

		if (segment->p_type != PT_LOAD || segment->p_memsz > UINT64_MAX - segment->p_vaddr)
			continue;
		if (segment->p_vaddr < start)
			start = segment->p_vaddr;
		if (segment->p_vaddr + segment->p_memsz > end)
			end = segment->p_vaddr + segment->p_memsz;
	}
	if (start >= end || end > UINT64_MAX - PAGE_MASK)
		return false;
	*ret_start = start & ~PAGE_MASK;
	*ret_end = (end + PAGE_MASK) & ~PAGE_MASK;
	return true;
}

const Elf64_Phdr *elf_segment(const Elf64_Phdr *segments, unsigned count, uint32_t type)
{
	for (unsigned i = 0; i < count; i++)
		if (segments[i].p_type == type)
			return &segments[i];
	return NULL;
}

static size_t padded(size_t size, uint64_t align)
{
	size_t mask = align == 8 ? 7 : 3;

	return (size + mask) & ~mask;
}

size_t elf_build_id(const uint8_t *bytes, size_t size, uint64_t align, uint8_t *to, size_t max)
{
	Elf64_Nhdr note;

	while (size >= sizeof note) {
		memcpy(&note, bytes, sizeof note);
		size_t name = sizeof note;
		size_t content = padded(name + note.n_namesz, align);
		size_t next = padded(content + note.n_descsz, align);

		if (content > size || note.n_descsz > size - content)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
			memcmp(bytes + name, "GNU", sizeof "GNU") == 0) {
			if (max > note.n_descsz)
				max = note.n_descsz;
			memcpy(to, bytes + content, max);
			return max;
		}
		if (next >= size)
			return 0;
		bytes += next;
		size -= next;
	}
	return 0;
}
