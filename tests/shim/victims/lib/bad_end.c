/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose destructor does what BAD_END says, after main has returned. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int *volatile nowhere;

__attribute__((destructor)) static void end(void)
{
	const char *way = getenv("BAD_END");

	if (way && !strcmp(way, "crash"))
		*nowhere = 1;
	if (way && !strcmp(way, "abort"))
		abort();
	if (way && !strcmp(way, "_exit"))
		_exit(9);
}
