/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/symbols/source.h"

#include "core/base/text.h"
#include "core/eventfile/stored.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MOST (INT64_C(4) << 30)
#define DEBUG_DIRECTORY "/usr/lib/debug"

struct source_reader {
	Dwfl_Callbacks callbacks;
	char *search; /* malloc'ed: libdw's debuginfo_path */
	Dwfl *dwfl;
	Dwfl_Module *module;
	bool unstored;	 /* libdw would have opened a file that is not stored (stored.h) */
	Dwarf_Addr bias; /* added to an address in the file to get one of dwfl's */
};

static enum source_trouble open_file(const char *path, int *ret_fd)
{
	struct stat status;
	const char *why;
	int fd = path[0] != '/' ? -ENOENT : stored_open(AT_FDCWD, path, false, &status, &why);

	if (fd >= 0 && status.st_size > 0 && status.st_size <= FILE_BYTES_MOST) {
		*ret_fd = fd;
		return SOURCE_OK;
	}
	if (fd < 0)
		return SOURCE_ABSENT;
	close(fd);
	return status.st_size == 0 ? SOURCE_ABSENT : SOURCE_TOO_LARGE;
}

/* Appends "/.build-id/ab/cdef…", the path of the object with a build-id of SIZE (at least 2) bytes,
 * below a directory of debug files. */
static void add_build_id_path(struct text *path, const unsigned char *build_id, size_t size)
{
	text_printf(path, "/.build-id/%02x/", build_id[0]);
	for (size_t i = 1; i < size; i++)
		text_printf(path, "%02x", build_id[i]);
}

/* An object names the paths at which libdw looks for its debug information, and libdw opens
 * whatever is there: a FIFO or a device of such a name would block. So each of them is checked
 * before. */
struct search {
	const char *directory; /* one of the list that libdw searches */
	int length;
	const char *path; /* the object's */
	const char *link; /* the debug file's name; NULL: none */
};

static bool is_good(const char *path, bool whole)
{
	return !whole || stored_or_absent(path, FILE_BYTES_MOST);
}

/* Checks DIRECTORY/.build-id/ab/cdef…, and the same with .debug behind it. */
static bool build_id_is_good(const struct search *search, const unsigned char *build_id, int size)
{
	char path[PATH_MAX];
	struct text text;
	bool good;

	if (size < 2 || search->directory[0] != '/')
		return true;
	text_init(&text, path, sizeof path);
	text_add_n(&text, search->directory, (size_t)search->length);
	add_build_id_path(&text, build_id, (size_t)size);
	good = is_good(path, !text.truncated);
	text_add(&text, ".debug");
	return good && is_good(path, !text.truncated);
}

/* Checks NAME in DIRECTORY (LENGTH bytes), and in its .dwz, which has the parts that several debug
 * files share. */
static bool name_is_good(int length, const char *directory, const char *name)
{
	char path[PATH_MAX];

	return is_good(path, text_format(path, sizeof path, "%.*s/%s", length, directory, name)) &&
	       is_good(path,
		       text_format(path, sizeof path, "%.*s/.dwz/%s", length, directory, name));
}

/* Checks the link as it is, and its last component alone. */
static bool names_are_good(const struct search *search, int length, const char *directory)
{
	const char *slash = strrchr(search->link, '/');

	return name_is_good(length, directory, search->link) &&
	       (slash == NULL || name_is_good(length, directory, slash + 1));
}

/* Checks what libdw tries below an absolute directory: the object's own directory, and then that
 * without its first components, one after another. */
static bool below_is_good(const struct search *search, int directory_length)
{
	const char *from = search->path, *end = search->path + directory_length;
	char path[PATH_MAX];
	bool good = names_are_good(search, search->length, search->directory);

	while (good && from < end) {
		if (text_format(path, sizeof path, "%.*s/%.*s", search->length, search->directory,
			    (int)(end - from), from))
			good = names_are_good(search, (int)strlen(path), path);
		from++;
		while (from < end && *from != '/')
			from++;
	}
	return good;
}

/* Checks what libdw tries beside the object, in a directory beside it, or below an absolute one. */
static bool link_is_good(const struct search *search)
{
	const char *slash = strrchr(search->path, '/');
	int length = slash == NULL ? 0 : (int)(slash - search->path);
	char path[PATH_MAX];

	if (search->link[0] == '/' && !is_good(search->link, true))
		return false;
	if (search->length > 0 && search->directory[0] == '/')
		return below_is_good(search, length);
	return !text_format(path, sizeof path, "%.*s/%.*s", length, search->path, search->length,
		       search->directory) ||
	       names_are_good(search, (int)strlen(path), path);
}

/* The reader that libdw's callbacks use; there is one at a time. */
static struct source_reader *current;

/* Whether every file that libdw could open for MODULE is absent, or stored (stored.h) and not too
 * large: for its build-id, and for the debug file LINK (NULL: none) of the object at PATH. */
static bool may_open(Dwfl_Module *module, const char *path, const char *link)
{
	const unsigned char *build_id;
	GElf_Addr address;
	int size = dwfl_module_build_id(module, &build_id, &address);
	bool good = true, end = false;

	for (const char *at = current->search; good && !end; at++) {
		struct search search = {.path = path == NULL ? "" : path, .link = link};

		at += *at == '+' || *at == '-';
		search.directory = at;
		search.length = (int)strcspn(at, ":");
		at += search.length;
		end = *at == '\0';
		good = build_id_is_good(&search, build_id, size) &&
		       (link == NULL || link_is_good(&search));
	}
	current->unstored |= !good;
	return good;
}

/* LINK is the name of the debug file, or of the file that several debug files share. Where an
 * object names none, libdw looks for the object's own name, with .debug behind it and without. */
static bool may_search(Dwfl_Module *module, const char *path, const char *link)
{
	const char *own = path == NULL ? NULL : strrchr(path, '/');
	char usual[PATH_MAX];

	if (link != NULL || own == NULL)
		return may_open(module, path, link);
	return text_format(usual, sizeof usual, "%s.debug", own + 1) &&
	       may_open(module, path, usual) && may_open(module, path, own + 1);
}

static int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
	char **file_name, Elf **elf)
{
	return may_open(module, NULL, NULL)
		       ? dwfl_build_id_find_elf(module, data, name, base, file_name, elf)
		       : -1;
}

static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
	const char *path, const char *link, GElf_Word checksum, char **file_name)
{
	char real[PATH_MAX];

	if (!may_search(module, path, link))
		return -1;
	if (path != NULL && realpath(path, real) != NULL && strcmp(real, path) != 0 &&
		!may_search(module, real, link))
		return -1;
	return dwfl_standard_find_debuginfo(
		module, data, name, base, path, link, checksum, file_name);
}

/* An event keeps only BUILD_ID_MAX bytes of a longer build-id. */
static bool same_build(Dwfl_Module *found, const struct frame_module *module)
{
	const unsigned char *bits;
	GElf_Addr address;
	int size = dwfl_module_build_id(found, &bits, &address);

	if (size < (int)module->build_id_size)
		return false;
	if (size > (int)module->build_id_size && module->build_id_size < BUILD_ID_MAX)
		return false;
	return memcmp(bits, module->build_id, module->build_id_size) == 0;
}

static enum source_trouble take_file(
	struct source_reader *reader, const char *path, const struct frame_module *module)
{
	enum source_trouble trouble;
	int fd;

	trouble = open_file(path, &fd);
	if (trouble != SOURCE_OK)
		return trouble;
	if (module->build_id_size == 0) {
		close(fd);
		return SOURCE_NO_BUILD_ID;
	}
	dwfl_report_begin(reader->dwfl);
	reader->module = dwfl_report_elf(reader->dwfl, path, path, fd, 0, true);
	if (reader->module == NULL)
		close(fd);
	dwfl_report_end(reader->dwfl, NULL, NULL);
	if (reader->module == NULL || !same_build(reader->module, module))
		return SOURCE_OTHER_BUILD;
	return SOURCE_OK;
}

/* Opens DIRECTORY/.build-id/ab/cdef….debug, which suffices without the object itself. */
static enum source_trouble take_debug_file(
	struct source_reader *reader, const char *directory, const struct frame_module *module)
{
	char path[PATH_MAX];
	struct text text;

	if (directory == NULL || module->build_id_size < 2)
		return SOURCE_ABSENT;
	text_init(&text, path, sizeof path);
	text_add(&text, directory);
	add_build_id_path(&text, module->build_id, module->build_id_size);
	text_add(&text, ".debug");
	return text.truncated ? SOURCE_ABSENT : take_file(reader, path, module);
}

/* Opens what libdw finds by MODULE's build-id, here or on a server. */
static enum source_trouble take_by_build_id(
	struct source_reader *reader, const struct frame_module *module, uint64_t highest)
{
	GElf_Addr bias;

	if (module->build_id_size == 0)
		return SOURCE_ABSENT;
	dwfl_report_begin(reader->dwfl);
	reader->module =
		dwfl_report_module(reader->dwfl, module->path, 0, highest | (UINT64_MAX >> 1));
	if (reader->module != NULL)
		dwfl_module_report_build_id(
			reader->module, module->build_id, module->build_id_size, 0);
	dwfl_report_end(reader->dwfl, NULL, NULL);
	if (reader->module == NULL || dwfl_module_getelf(reader->module, &bias) == NULL)
		return SOURCE_ABSENT;
	return same_build(reader->module, module) ? SOURCE_OK : SOURCE_OTHER_BUILD;
}

static struct source_reader *new_reader(const char *debug_directory)
{
	struct source_reader *reader = calloc(1, sizeof *reader);

	if (reader == NULL)
		return NULL;
	current = reader;
	if (asprintf(&reader->search, "+:.debug:" DEBUG_DIRECTORY "%s%s",
		    debug_directory == NULL ? "" : ":",
		    debug_directory == NULL ? "" : debug_directory) < 0)
		reader->search = NULL;
	reader->callbacks = (Dwfl_Callbacks){
		.find_elf = find_elf,
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &reader->search,
	};
	reader->dwfl = dwfl_begin(&reader->callbacks);
	if (reader->search == NULL || reader->dwfl == NULL) {
		source_close(reader);
		return NULL;
	}
	return reader;
}

enum source_trouble source_open(const struct frame_module *module, uint64_t highest,
	const char *debug_directory, struct source_reader **ret_reader)
{
	struct source_reader *reader = new_reader(debug_directory);
	enum source_trouble first;

	if (reader == NULL)
		return SOURCE_ABSENT;
	first = take_file(reader, module->path, module);
	if (first == SOURCE_OK || take_debug_file(reader, debug_directory, module) == SOURCE_OK ||
		take_debug_file(reader, DEBUG_DIRECTORY, module) == SOURCE_OK ||
		take_by_build_id(reader, module, highest) == SOURCE_OK) {
		dwfl_module_getelf(reader->module, &reader->bias);
		*ret_reader = reader;
		return SOURCE_OK;
	}
	first = reader->unstored ? SOURCE_UNSTORED : first;
	source_close(reader);
	return first;
}

bool source_is_unstored(const struct source_reader *reader)
{
	return reader->unstored;
}

/* Some compilers write no .debug_aranges: then each unit is asked for ADDRESS. */
static Dwarf_Die *find_unit(struct source_reader *reader, Dwarf_Addr address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(reader->module, address, ret_bias);

	if (unit != NULL)
		return unit;
	while ((unit = dwfl_module_nextcu(reader->module, unit, ret_bias)) != NULL)
		if (dwarf_haspc(unit, address - *ret_bias) > 0)
			return unit;
	return NULL;
}

static const char *string_of(Dwarf_Die *unit, unsigned first, unsigned second)
{
	Dwarf_Attribute attribute;

	if (dwarf_attr(unit, first, &attribute) == NULL &&
		(second == 0 || dwarf_attr(unit, second, &attribute) == NULL))
		return NULL;
	return dwarf_formstring(&attribute);
}

/* The .dwo file that the compiler has split off from UNIT is stored, or absent. libdw looks beside
 * the file that has UNIT, where UNIT was compiled, and in FILE.dwp. */
static bool split_is_stored(const struct source_reader *reader, Dwarf_Die *unit)
{
	const char *name = string_of(unit, DW_AT_dwo_name, DW_AT_GNU_dwo_name);
	const char *locations[] = {string_of(unit, DW_AT_comp_dir, 0), NULL, NULL};
	char path[PATH_MAX];

	if (name == NULL)
		return true;
	dwfl_module_info(
		reader->module, NULL, NULL, NULL, NULL, NULL, &locations[1], &locations[2]);
	if (name[0] == '/')
		return stored_or_absent(name, FILE_BYTES_MOST);
	for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
		const char *end =
			locations[i] == NULL || i == 0 ? NULL : strrchr(locations[i], '/');
		int length = end == NULL ? PATH_MAX : (int)(end - locations[i]);

		if (locations[i] == NULL)
			continue;
		if (text_format(path, sizeof path, "%.*s/%s", length, locations[i], name) &&
			!stored_or_absent(path, FILE_BYTES_MOST))
			return false;
		if (end != NULL && text_format(path, sizeof path, "%s.dwp", locations[i]) &&
			!stored_or_absent(path, FILE_BYTES_MOST))
			return false;
	}
	return true;
}

static void find_line(Dwarf_Die *unit, Dwarf_Addr address, struct source *source)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);

	if (line == NULL)
		return;
	source->file = dwarf_linesrc(line, NULL, NULL);
	if (dwarf_lineno(line, &source->line) != 0 || source->line < 0)
		source->line = 0;
}

static const char *name_of(Dwarf_Die *function)
{
	Dwarf_Attribute attribute;
	const char *name = NULL;

	if (dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute) != NULL)
		name = dwarf_formstring(&attribute);
	return name != NULL ? name : dwarf_diename(function);
}

/* Sets the inlined functions around ADDRESS as they nest in the code. For an inlined function,
 * dwarf_getscopes() continues with the scopes where it was defined, dwarf_getscopes_die() with
 * those where it was inlined. */
static void find_inlined(Dwarf_Die *unit, Dwarf_Addr address, struct source *source)
{
	Dwarf_Die *lexical = NULL, *scopes = NULL;
	int count = dwarf_getscopes(unit, address, &lexical);

	count = count > 0 ? dwarf_getscopes_die(&lexical[0], &scopes) : 0;
	for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
		const char *name;

		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine ||
			source->inlined_count == SOURCE_INLINED_MOST)
			continue;
		name = name_of(&scopes[i]);
		if (name != NULL)
			source->inlined[source->inlined_count++] = name;
	}
	free(lexical);
	free(scopes);
}

struct source source_find(struct source_reader *reader, uint64_t address)
{
	struct source source = {0};
	Dwarf_Addr biased = address + reader->bias, unit_bias;
	GElf_Off offset = 0;
	GElf_Sym symbol;
	Dwarf_Die *unit;

	source.symbol =
		dwfl_module_addrinfo(reader->module, biased, &offset, &symbol, NULL, NULL, NULL);
	source.offset = offset;
	unit = find_unit(reader, biased, &unit_bias);
	if (unit != NULL && !split_is_stored(reader, unit)) {
		reader->unstored = true;
	} else if (unit != NULL) {
		find_line(unit, biased - unit_bias, &source);
		find_inlined(unit, biased - unit_bias, &source);
	}
	return source;
}

void source_close(struct source_reader *reader)
{
	if (reader->dwfl != NULL)
		dwfl_end(reader->dwfl);
	free(reader->search);
	free(reader);
}
