/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames - what core/trace reads from an ELF file's call frame information, in readelf's words.
 *
 * usage: frames FILE <PCS
 *
 * FILE is laid out as a loader does it, and not changed. For every line of standard input, a pc in
 * hexadecimal as FILE counts it, prints "START END CFA", START and END being the function's, then
 * COLUMN:RULE for every register that has a rule; or "none".
 */
#include "core/trace/cfi.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct image {
	char *base;	 /* where address 0 of the file would be */
	uint64_t header; /* .eh_frame_hdr */
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(2);
}

static void read_whole(int file, void *to, size_t size, uint64_t at)
{
	if (pread(file, to, size, (off_t)at) != (ssize_t)size)
		die("pread");
}

/* The addresses that SEGMENTS reach up to. */
static uint64_t extent(const Elf64_Phdr *segments, unsigned count)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t own = segments[i].p_vaddr + segments[i].p_memsz;

		if (segments[i].p_type == PT_LOAD && own > end)
			end = own;
	}
	return end;
}

static struct image load(const char *path)
{
	int file = open(path, O_RDONLY);
	struct image image = {0};
	Elf64_Ehdr header;
	Elf64_Phdr segments[64];

	if (file < 0)
		die(path);
	read_whole(file, &header, sizeof header, 0);
	if (header.e_phnum > sizeof segments / sizeof *segments)
		die("e_phnum");
	read_whole(file, segments, header.e_phnum * sizeof *segments, header.e_phoff);
	image.base = mmap(NULL, extent(segments, header.e_phnum), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (image.base == MAP_FAILED)
		die("mmap");
	for (unsigned i = 0; i < header.e_phnum; i++) {
		char *at = image.base + segments[i].p_vaddr;

		if (segments[i].p_type == PT_LOAD)
			read_whole(file, at, segments[i].p_filesz, segments[i].p_offset);
		else if (segments[i].p_type == PT_GNU_EH_FRAME)
			image.header = (uintptr_t)at;
	}
	close(file);
	return image;
}

static void print_rule(unsigned column, const struct cfi_rule *rule)
{
	int64_t value = (int64_t)rule->value;

	switch (rule->kind) {
	case RULE_SAME: break;
	case RULE_UNDEFINED: printf(" %u:u", column); break;
	case RULE_OFFSET: printf(" %u:c%+" PRId64, column, value); break;
	case RULE_VALUE_OFFSET: printf(" %u:v%+" PRId64, column, value); break;
	case RULE_REGISTER: printf(" %u:r%" PRId64, column, value); break;
	case RULE_EXPRESSION: printf(" %u:exp", column); break;
	case RULE_VALUE_EXPRESSION: printf(" %u:vexp", column); break;
	}
}

static void print_row(const struct cfi_row *row)
{
	if (row->cfa.kind == RULE_REGISTER)
		printf(" %" PRIu64 "%+" PRId64, row->cfa.value, row->cfa_offset);
	else
		printf(" exp");
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		print_rule(i, &row->registers[i]);
}

static void print_frame(struct memory_reader *reader, const struct image *image, uint64_t pc)
{
	uint64_t base = (uintptr_t)image->base;
	struct cfi_function function;
	struct cfi_row row;

	if (!cfi_find(reader, image->header, base + pc, &function) ||
		!cfi_rules(reader, &function, base + pc, &row)) {
		puts("none");
		return;
	}
	printf("%" PRIx64 " %" PRIx64, function.start - base, function.end - base);
	print_row(&row);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct memory_reader reader = {.next = 0};
	struct image image;
	uint64_t pc;

	if (argc != 2)
		return 2;
	image = load(argv[1]);
	while (scanf("%" SCNx64, &pc) == 1)
		print_frame(&reader, &image, pc);
	return 0;
}
