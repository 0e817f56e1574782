/* SPDX-License-Identifier: Apache-2.0 */
/* A program with UCX in it, whose error handler stands since the library began. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ucs/debug/log.h */
unsigned ucs_log_num_handlers(void);

static volatile uintptr_t nowhere;

int main(int argc, char **argv)
{
	const char *act = argc > 1 ? argv[1] : "";
	struct sigaction now;

	sigaction(SIGSEGV, NULL, &now);
	printf("%u %d\n", ucs_log_num_handlers(), now.sa_handler == SIG_DFL);
	fflush(stdout);
	if (!strcmp(act, "fault"))
		*(volatile int *)nowhere = 1;
	if (!strcmp(act, "abort"))
		abort();
	return 3;
}
