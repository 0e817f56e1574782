/* SPDX-License-Identifier: Apache-2.0 */
/* A library that does what BEGINS says in its constructor, before or after the preload's. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("BEGINS");

	printf("constructor\n");
	fflush(stdout);
	if (what == NULL)
		return;
	if (strcmp(what, "exit") == 0)
		exit(8);
	if (strcmp(what, "_exit") == 0)
		_exit(9);
	if (strcmp(what, "kill") == 0)
		kill(getpid(), SIGTERM);
	if (strcmp(what, "abort") == 0)
		abort();
}

__attribute__((destructor)) static void end(void)
{
	printf("destructor\n");
}
