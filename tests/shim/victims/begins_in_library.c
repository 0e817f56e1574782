/* SPDX-License-Identifier: Apache-2.0 */
/* What happens before main is lib/bad_begin.c's. */
int main(void)
{
	return 0;
}
