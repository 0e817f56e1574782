/* SPDX-License-Identifier: Apache-2.0 */
/* Main returns; what happens then is lib/bad_end.c's. */
int main(void)
{
	return 0;
}
