/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/host_loader.h"

#include "shim/base/real.h"

#include <stddef.h>

static void *open(const char *path, int mode)
{
	void *(*found)(const char *, int) = real_lookup("dlopen");

	return found == NULL ? NULL : found(path, mode);
}

static void *symbol(void *library, const char *name)
{
	void *(*found)(void *, const char *) = real_lookup("dlsym");

	return found == NULL ? NULL : found(library, name);
}

static char *error(void)
{
	static char missing[] = "this program has no dlopen(); it is in glibc 2.34 and later";
	char *(*found)(void) = real_lookup("dlerror");

	return found == NULL ? missing : found();
}

const struct config_loader loader = {open, symbol, error};
