/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose only function calls itself until the stack is full. */

int deep(int zero);

__attribute__((noinline)) static int bottomless(int zero)
{
	volatile char room[256];

	room[0] = (char)zero;
	return zero ? 0 : bottomless(zero) + room[0];
}

int deep(int zero)
{
	return bottomless(zero);
}
