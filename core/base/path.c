/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/path.h"

#include <string.h>

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
