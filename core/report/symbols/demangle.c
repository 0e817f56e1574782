/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/symbols/demangle.h"

#include <stddef.h>

/* The C++ ABI's, as <cxxabi.h> has it for C++. */
extern char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *ret_status);

bool demangle_wanted(const char *symbol)
{
	return symbol[0] == '_' && symbol[1] == 'Z';
}

char *demangle(const char *symbol)
{
	int status;

	return demangle_wanted(symbol) ? __cxa_demangle(symbol, NULL, NULL, &status) : NULL;
}
