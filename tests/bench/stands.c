/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage: stands THREADS [SECONDS]
 *
 * Prints "ready"; then all of its THREADS wait, some calls deep. With SECONDS the first one runs
 * for so long instead, and prints a line for each time in which it was not on a processor though it
 * could have run: when that was over, and for how long, in microseconds.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEEP 10
#define SHORT_US 20

__attribute__((noinline)) static int wait_here(void)
{
	int result = pause();

	__asm__ volatile("");
	return result;
}

__attribute__((noinline)) static int deeper(int depth)
{
	int result = depth == 0 ? wait_here() : deeper(depth - 1);

	__asm__ volatile("");
	return result + 1;
}

static void *wait_deep(void *nothing)
{
	deeper(DEEP);
	return nothing;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* For how long this thread has waited for a processor, by FD, its schedstat. */
static double delay_us(int fd)
{
	char line[128];
	ssize_t count = pread(fd, line, sizeof line - 1, 0);
	const char *second;

	line[count < 0 ? 0 : count] = '\0';
	second = strchr(line, ' ');
	return second == NULL ? 0 : strtod(second, NULL) / 1e3;
}

static void run(double seconds)
{
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	double before = now_us(), until = before + seconds * 1e6, delayed = delay_us(fd), now;

	while ((now = now_us()) < until) {
		double lost = now - before, delay = delayed;

		before = now;
		if (lost < SHORT_US)
			continue;
		delayed = delay_us(fd);
		lost -= delayed - delay;
		if (lost > SHORT_US)
			printf("%.0f %.0f\n", now, lost);
		before = now_us();
	}
}

int main(int count, char **arguments)
{
	int threads = count > 1 ? atoi(arguments[1]) : 1;
	pthread_t thread;

	for (int i = 1; i < threads; i++)
		pthread_create(&thread, NULL, wait_deep, NULL);
	puts("ready");
	fflush(stdout);
	if (count > 2)
		run(strtod(arguments[2], NULL));
	else
		deeper(DEEP);
	return 0;
}
