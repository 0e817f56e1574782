/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/curl_library.h"

#include "core/base/text.h"

#include <dlfcn.h>

static void *load(void)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	void *library = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return library;
}

const struct curl *curl_load(char *complaint, size_t size)
{
	static struct curl curl;
	static void *library;
	const char *missing = NULL;

	if (library != NULL)
		return &curl;
	library = load();
	if (library == NULL) {
		text_format(complaint, size,
			"libcurl is not installed (Debian's packages libcurl4 and "
			"libcurl3-gnutls have it)");
		return NULL;
	}
#define X(result, name, parameters)                           \
	*(void **)(void *)&curl.name = dlsym(library, #name); \
	if (curl.name == NULL)                                \
		missing = #name;
#include "core/transport/curl_functions.def"
	if (missing == NULL && curl.curl_global_init(CURL_GLOBAL_EVERYTHING) == 0)
		return &curl;
	if (missing != NULL)
		text_format(
			complaint, size, "libcurl has no %s(); 7.28 and newer have it", missing);
	else
		text_format(complaint, size, "libcurl cannot be used: curl_global_init()");
	dlclose(library);
	library = NULL;
	return NULL;
}
