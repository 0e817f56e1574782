/* SPDX-License-Identifier: Apache-2.0 */
/* Calls the N-th of the functions that stacks_asm.S has. */
#include "tests/shim/victims/victim.h"

extern int (*const steps[])(void) __attribute__((visibility("hidden")));

static volatile int zero;

__attribute__((noinline)) static int caller(int number)
{
	int kept = number + zero;

	return steps[number]() + kept;
}

int main(int argc, char **argv)
{
	return caller(number_at(argc, argv, 1)) + zero;
}
