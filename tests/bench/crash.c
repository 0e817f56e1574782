/* SPDX-License-Identifier: Apache-2.0 */
/* Dies by SIGSEGV in main. */
#include <stddef.h>

int main(void)
{
	*(volatile int *)NULL = 1;
	return 0;
}
