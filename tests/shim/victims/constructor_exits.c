/* SPDX-License-Identifier: Apache-2.0 */
/* The program's own constructor ends it: main is never entered. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void begin(void)
{
	puts("constructor");
	exit(9);
}

int main(void)
{
	return 0;
}
