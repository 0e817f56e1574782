/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a library that MPI needs has set an alternate stack for signals before main. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>

int main(void)
{
	static int (*const volatile need)(int *, char ***) = MPI_Init;
	stack_t stack;

	if (need == NULL || sigaltstack(NULL, &stack) != 0)
		return 1;
	puts(stack.ss_flags & SS_DISABLE ? "none" : "a library's");
	return 0;
}
