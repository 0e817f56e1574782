/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_api.h"

#include "shim/base/late_memory.h"
#include "shim/base/real.h"

#include <stddef.h>

struct python_api python LARGE_STATIC;

/* In the order of struct python_api. */
static const char names[][sizeof "PyGILState_GetThisThreadState"] = {
#define FUNCTION(result, name, parameters) #name,
#define DATA(type, name) #name,
#include "shim/python/python_api.def"
#undef FUNCTION
#undef DATA
};

#define NAME_COUNT (sizeof names / sizeof *names)

_Static_assert(sizeof python == NAME_COUNT * sizeof(void *), "struct python_api is a table");

bool python_api_find(void)
{
	void **table = (void **)&python;

	if (real_lookup_of_program("Py_IsInitialized") == NULL)
		return false;
	for (size_t i = 0; i < NAME_COUNT; i++)
		table[i] = real_lookup_of_program(names[i]);
	return true;
}
