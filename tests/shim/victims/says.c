/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says something last, and fails: on standard output by stdio, which keeps it back where that is no
 * terminal, or at once on standard error.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static const char words[] = "step 1 of 2\ntoken=swordfish\nERROR: Lost atoms\n";

static int printed(void)
{
	fputs(words, stdout);
	return 0;
}

static int exits(int count, char **arguments)
{
	(void)count, (void)arguments;
	printed();
	exit(1);
}

static int flushed(int count, char **arguments)
{
	(void)count, (void)arguments;
	printed();
	fflush(stdout);
	exit(1);
}

/* Never written: only vigil knows it. */
static int crashes(int count, char **arguments)
{
	(void)count, (void)arguments;
	printed();
	raise(SIGSEGV);
	return 0;
}

static int killed(int count, char **arguments)
{
	(void)count, (void)arguments;
	printed();
	fflush(stdout);
	raise(SIGKILL);
	return 0;
}

/* 64 KiB into a buffer that is larger, the last line behind all of it. */
static int much(int count, char **arguments)
{
	static char buffer[256 * 1024];

	(void)count, (void)arguments;
	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	for (int i = 0; i < 1024; i++)
		printf("line %d of much that was not written before the end of it all\n", i);
	printed();
	_exit(1);
}

static int binary(int count, char **arguments)
{
	(void)count, (void)arguments;
	for (int i = 0; i < 300; i++)
		putchar(i);
	exit(1);
}

static int silent(int count, char **arguments)
{
	(void)count, (void)arguments;
	exit(1);
}

/* With closed descriptors. */
static int closed(int count, char **arguments)
{
	(void)count, (void)arguments;
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	printed();
	exit(1);
}

/* As programs do that report what could not be written. */
static int closes(int count, char **arguments)
{
	(void)count, (void)arguments;
	printed();
	fputs("a mere remark\n", stderr);
	if (fclose(stdout) != 0)
		exit(errno);
	fclose(stderr);
	exit(1);
}

/* To both streams; a program's own characters that would steer a terminal. */
static int both(int count, char **arguments)
{
	(void)count, (void)arguments;
	printf("10%%\r20%%\rERROR: out \xd8\x9c\x1b[31m of range\n");
	fputs("a mere remark\n", stderr);
	exit(1);
}

static const struct act acts[] = {
	{"exits", exits},
	{"flushed", flushed},
	{"crashes", crashes},
	{"killed", killed},
	{"much", much},
	{"binary", binary},
	{"silent", silent},
	{"closed", closed},
	{"closes", closes},
	{"both", both},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
