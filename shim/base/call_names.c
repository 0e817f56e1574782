/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/call_names.h"

#include <string.h>

/* The names lie in the table itself: nothing to be relocated. */
static const struct {
	char name[31];
	signed char communicator;
	bool collective, is_rooted;
} known[] = {
#define EACH(name, index) {#name, index, true, false},
#define ROOT(name, index) {#name, index, true, true},
#define PEER(name, index) {#name, index, false, false},
#define ALL(name) {#name, CALL_WITHOUT, true, false},
#define SOME(name) {#name, CALL_WITHOUT, false, false},
#include "shim/base/call_names.def"
};

const char call_names_of_library[][20] = {
	"PMPI_Init", "pmpi_init_", "pmpi_init_f08_", "pmpi_init_f08ts_"};

_Static_assert(
	sizeof call_names_of_library / sizeof *call_names_of_library == CALL_NAMES_OF_LIBRARY,
	"all are looked for");

/* What compilers and MPI's libraries add to a name: of two, the one that ends it comes first. */
static const char endings[][8] = {"__", "_", "_large", "_f08ts", "_f08", "_c"};

/* The length of SYMBOL, which has LENGTH bytes, without what was added to it. */
static size_t without_endings(const char *symbol, size_t length)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t size = strlen(endings[i]);

		if (length > size + 4 && memcmp(symbol + length - size, endings[i], size) == 0)
			length -= size;
	}
	return length;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* As strcmp(), for SYMBOL's first LENGTH bytes and NAME, which differ in case alone if they are
 * equal. */
static int compare(const char *symbol, size_t length, const char *name)
{
	for (size_t i = 0; i < length; i++)
		if (lower(symbol[i]) != lower(name[i]))
			return lower(symbol[i]) - lower(name[i]);
	return name[length] == '\0' ? 0 : -1;
}

/* Whether SYMBOL, whose name is NAME but for its case, was made by a Fortran compiler: all of its
 * letters have the same case. */
static bool is_fortran(const char *symbol, const char *name)
{
	return symbol[0] == 'm' || symbol[5] != name[5];
}

bool call_names_find(const char *symbol, struct call_name *ret)
{
	bool is_mpi = (symbol[0] == 'M' && symbol[1] == 'P' && symbol[2] == 'I') ||
		      (symbol[0] == 'm' && symbol[1] == 'p' && symbol[2] == 'i');
	size_t low = 0, high = sizeof known / sizeof *known, length;

	if (is_mpi ? symbol[3] != '_' : memcmp(symbol, "nccl", strnlen(symbol, 4)) != 0)
		return false;
	length = strlen(symbol);
	if (is_mpi)
		length = without_endings(symbol, length);
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(symbol, length, known[middle].name);

		if (order == 0) {
			*ret = (struct call_name){
				.communicator = known[middle].communicator,
				.collective = known[middle].collective,
				.is_rooted = known[middle].is_rooted,
				.is_nccl = !is_mpi,
				.number = (int)middle + 1,
				.is_fortran = is_mpi && is_fortran(symbol, known[middle].name),
			};
			memcpy(ret->name, known[middle].name, sizeof known[middle].name);
			return is_mpi || memcmp(symbol, ret->name, length) == 0;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}
