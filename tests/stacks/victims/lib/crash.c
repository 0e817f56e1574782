/* SPDX-License-Identifier: Apache-2.0 */
/* A library that crashes below what it exports. */
#include <stdint.h>

int library_entry(int value);

static volatile uintptr_t nowhere = 8;
static volatile int zero;

__attribute__((noinline)) static int hidden(int value)
{
	*(volatile int *)nowhere = value;
	return zero;
}

int library_entry(int value)
{
	return hidden(value + zero) + zero;
}
