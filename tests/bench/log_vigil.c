/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log calls of the C API: usage: log_vigil FILE DISABLED ENABLED
 *
 * Makes so many calls that the level lets not pass, and so many that go to FILE with time, level,
 * name and message, a write each. Prints the nanoseconds a call of both.
 */
#include <vigil/logging.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct vigil_basic_config config = {.filename = argc > 3 ? argv[1] : NULL,
		.filemode = "w",
		.format = "%(asctime)s %(levelname)s %(name)s %(message)s",
		.level = "INFO"};
	struct vigil_logger *logger = vigil_get_logger("bench.a");
	long disabled = argc > 3 ? atol(argv[2]) : 0, enabled = argc > 3 ? atol(argv[3]) : 0;
	double begin, between, end;

	if (disabled < 1 || enabled < 1 || vigil_basic_configure(&config) < 0)
		return fprintf(stderr, "usage: log_vigil FILE DISABLED ENABLED\n"), 2;
	begin = now();
	for (long i = 0; i < disabled; i++)
		vigil_debug(logger, "message number %ld of some length", i);
	between = now();
	for (long i = 0; i < enabled; i++)
		vigil_info(logger, "message number %ld of some length", i);
	end = now();
	printf("%f %f\n", (between - begin) / (double)disabled, (end - between) / (double)enabled);
	return 0;
}
