/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dies by SIGSEGV some calls below main, or exits there, and reports when: microseconds of
 * CLOCK_MONOTONIC on stdout.
 *
 * usage: dies [MEGABYTES]      that many resident
 *        dies exit
 */
#include "tests/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int exits;

static void fill(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("dies: mmap");
		exit(1);
	}
	memset(memory, 1, size);
}

static __attribute__((noinline)) void die(int depth)
{
	if (depth > 0) {
		die(depth - 1);
		__asm__ volatile("" ::: "memory"); /* no jump: a frame */
		return;
	}
	dprintf(1, "%.3f\n", measure_now_us());
	if (exits)
		exit(3);
	*(volatile int *)NULL = 1;
}

int main(int argc, char **argv)
{
	exits = argc > 1 && strcmp(argv[1], "exit") == 0;
	if (argc > 1 && !exits)
		fill(strtoul(argv[1], NULL, 10) << 20);
	die(5);
	return 0;
}
