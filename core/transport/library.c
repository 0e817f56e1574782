/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/library.h"

#include "core/base/text.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each release has the version in the file's name. */
#define LIBRARY "libnats.so"

static int is_library(const struct dirent *entry)
{
	return text_after(entry->d_name, LIBRARY ".") != NULL;
}

/* The newest libnats.so.* in DIRECTORY, loaded; NULL: none. */
static void *load_from(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_library, versionsort);
	void *library = NULL;
	char path[PATH_MAX];

	if (count < 0)
		return NULL;
	while (count-- > 0) {
		if (library == NULL &&
			text_format(path, sizeof path, "%s/%s", directory, entries[count]->d_name))
			library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		free(entries[count]);
	}
	free(entries);
	return library;
}

/* Where the loader looks, for one that was built here; then beside libc, where Debian's is: without
 * the package for development it has no name that is the same everywhere. */
static void *load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	char directory[PATH_MAX], *slash;
	Dl_info libc;

	if (library == NULL && dladdr(dlsym(RTLD_DEFAULT, "printf"), &libc) != 0 &&
		realpath(libc.dli_fname, directory) != NULL &&
		(slash = strrchr(directory, '/')) != NULL) {
		*slash = '\0';
		library = load_from(directory);
	}
	/* Where /usr is merged, it is there all the same; where not, libc alone is in /lib. */
	if (library == NULL && strncmp(directory, "/lib/", 5) == 0) {
		char usr[PATH_MAX];

		if (text_format(usr, sizeof usr, "/usr%s", directory))
			library = load_from(usr);
	}
	return library;
}

const struct nats *nats_load(char *complaint, size_t size)
{
	static struct nats nats;
	static void *library;
	const char *missing = NULL;

	if (library != NULL)
		return &nats;
	library = load();
	if (library == NULL) {
		text_format(complaint, size,
			"NATS's client library " LIBRARY " is not installed (Debian's package "
			"libnats3.4 or newer has it)");
		return NULL;
	}
#define X(result, name, parameters)                           \
	*(void **)(void *)&nats.name = dlsym(library, #name); \
	if (nats.name == NULL)                                \
		missing = #name;
#include "core/transport/nats_functions.def"
#undef X
	if (missing == NULL)
		return &nats;
	text_format(complaint, size, LIBRARY " has no %s(); 3.0 and newer have it", missing);
	dlclose(library);
	library = NULL;
	return NULL;
}
