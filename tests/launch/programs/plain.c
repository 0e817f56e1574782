/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rank without MPI, which may be linked statically: rank 1 ends as the first argument says
 * ("fault", "exit"), the others wait for a second, or with "hang" for a minute.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int own_rank(void)
{
	static const char *const names[] = {
		"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "RANK"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]) != NULL)
			return atoi(getenv(names[i]));
	return -1;
}

int main(int argc, char **argv)
{
	const char *act = argc > 1 ? argv[1] : "";

	usleep(300000);
	if (own_rank() == 1 && strcmp(act, "fault") == 0)
		*(volatile int *)8 = 1;
	if (own_rank() == 1 && strcmp(act, "exit") == 0)
		exit(3);
	sleep(strcmp(act, "hang") == 0 ? 60 : 1);
	return 0;
}
