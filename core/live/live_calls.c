/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_calls.h"

#include "core/base/call_table.h"
#include "core/base/path.h"
#include "core/live/live_memory.h"
#include "core/trace/modules_elf.h"
#include "core/trace/modules_maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_NAME "vigil"
#define NOTE_MOST 4096 /* of all notes together */

/* Where the preload's ELF header lies in process PID; 0: it has none. */
static uint64_t find_preload(pid_t pid)
{
	char path[64], *line = NULL;
	size_t size = 0;
	uint64_t found = 0;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps != NULL && found == 0 && getline(&line, &size, maps) > 0) {
		unsigned long start, offset;
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%*x %*s %lx %*s %*s %n", &start, &offset, &name) < 2 ||
			offset != 0 || name == 0)
			continue;
		maps_cut_deleted(line + name);
		if (strcmp(path_base(line + name), "libvigil.so") == 0)
			found = start;
	}
	if (maps != NULL)
		fclose(maps);
	free(line);
	return found;
}

/* The address of the table in the SIZE bytes of NOTES, which lie at ADDRESS; 0: none. */
static uint64_t table_in(const uint8_t *notes, size_t size, uint64_t address)
{
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
		Elf64_Nhdr note;
		size_t name = at + sizeof note, content, end;
		int32_t distance;

		memcpy(&note, notes + at, sizeof note);
		if (note.n_namesz > size || note.n_descsz > size)
			return 0;
		content = name + (note.n_namesz + 3) / 4 * 4;
		end = content + (note.n_descsz + 3) / 4 * 4;
		if (end > size)
			return 0;
		if (note.n_type == CALL_TABLE_NOTE && note.n_namesz == sizeof NOTE_NAME &&
			note.n_descsz == sizeof distance &&
			memcmp(notes + name, NOTE_NAME, sizeof NOTE_NAME) == 0) {
			memcpy(&distance, notes + content, sizeof distance);
			return address + content + (uint64_t)(int64_t)distance;
		}
		at = end;
	}
	return 0;
}

/* Where the table of the object is whose ELF header is at HEADER; 0: it has none. */
static uint64_t find_table(struct memory_reader *reader, uint64_t header)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = elf_segments(reader, header, segments);
	uint8_t notes[NOTE_MOST];
	uint64_t start, end, table = 0;

	if (!elf_extent(segments, count, &start, &end))
		return 0;
	for (unsigned i = 0; i < count && table == 0; i++) {
		uint64_t address = header - start + segments[i].p_vaddr;
		size_t size = segments[i].p_filesz;

		if (segments[i].p_type == PT_NOTE && size <= sizeof notes &&
			memory_read_exact(reader, address, notes, size))
			table = table_in(notes, size, address);
	}
	return table;
}

size_t live_calls_read(pid_t pid, struct call_count *list, size_t most)
{
	uint64_t header = find_preload(pid), table = 0;
	struct live_memory *memory = header == 0 ? NULL : calloc(1, sizeof *memory);
	struct memory_reader reader = {.next = 0};
	size_t count = 0;

	if (memory == NULL)
		return 0;
	live_memory_init(memory, pid);
	reader.source = &memory->source;
	table = find_table(&reader, header);
	if (table != 0)
		count = call_table_read(&reader, table, list, most);
	free(memory);
	return count;
}
