/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

int part(void);

int main(void)
{
	printf("%d\n", part());
	return 0;
}
