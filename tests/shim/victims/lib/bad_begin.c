/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose constructor does what BAD_BEGIN says, before main. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int *volatile nowhere;

__attribute__((constructor)) static void begin(void)
{
	const char *way = getenv("BAD_BEGIN");

	if (way && !strcmp(way, "crash"))
		*nowhere = 1;
	if (way && !strcmp(way, "_exit"))
		_exit(9);
	if (way && !strcmp(way, "exit"))
		exit(9);
	while (way && !strcmp(way, "stay") && write(20, "!", 1) == 1)
		pause();
}
