/* SPDX-License-Identifier: Apache-2.0 */
/* Starts N programs, waits until all are there, and lets them crash at the same instant. */
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;

/* Says on descriptor 4 that it is there; the end of descriptor 3 is the sign. */
static int crash(int count, char **arguments)
{
	char c = '!';

	(void)count;
	(void)arguments;
	if (write(4, &c, 1) == 1 && read(3, &c, 1) == 0)
		*(volatile int *)nowhere = 1;
	return 98;
}

static void start(const char *self, const int *sign, const int *there)
{
	if (fork())
		return;
	dup2(sign[0], 20);
	dup2(there[1], 21);
	dup2(20, 3);
	dup2(21, 4);
	closefrom(5);
	execl(self, self, "crash", (char *)NULL);
	_exit(127);
}

static int all(const char *self, int number)
{
	int sign[2], there[2], crashed = 0, status;
	char c;

	if (pipe(sign) || pipe(there))
		return 97;
	for (int i = 0; i < number; i++)
		start(self, sign, there);
	for (int i = 0; i < number; i++)
		if (read(there[0], &c, 1) != 1)
			return 96;
	close(sign[0]);
	close(sign[1]);
	while (wait(&status) > 0)
		crashed += WIFSIGNALED(status);
	printf("%d crashed\n", crashed);
	return 0;
}

static const struct act acts[] = {{"crash", crash}, {0}};

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "all"))
		return all(argv[0], atoi(argv[2]));
	return play(acts, argc, argv);
}
