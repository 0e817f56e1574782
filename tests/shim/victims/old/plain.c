/* SPDX-License-Identifier: Apache-2.0 */
/* Needs of libc what no test takes away: tests/cli/test_old_libc.py. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	puts("main");
	return argc > 1 && strcmp(argv[1], "127") == 0 ? 127 : 3;
}
