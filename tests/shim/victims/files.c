/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that close, reuse and run out of descriptors. The file "data" is theirs alone. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;

static int end(const char *how)
{
	if (!strcmp(how, "crash"))
		*(volatile int *)nowhere = 1;
	if (!strcmp(how, "_exit"))
		_exit(7);
	if (!strcmp(how, "abort"))
		abort();
	return 3;
}

static int open_data(void)
{
	int fd = open("data", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd >= 0 && write(fd, "host's\n", 7) != 7)
		_exit(96);
	return fd;
}

/* Everything is closed, and the first number given out again. */
static int close_all(int count, char **arguments)
{
	(void)count;
	closefrom(0);
	if (open_data() != 0)
		return 95;
	return end(arguments[0]);
}

static int close_above_2(int count, char **arguments)
{
	(void)count;
	closefrom(3);
	return end(arguments[0]);
}

/* The data file sits on every number, whichever of them was ours. */
static int data_everywhere(int count, char **arguments)
{
	struct rlimit limit;
	int fd = open_data();

	(void)count;
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int to = 3; to < (int)limit.rlim_cur && to < 70000; to++)
		if (to != fd)
			dup2(fd, to);
	return end(arguments[0]);
}

/* As daemon(3) and many a server: all closed one by one. */
static int close_one_by_one(int count, char **arguments)
{
	int errors = 0;

	(void)count;
	for (int fd = 3; fd < 1024; fd++)
		errors += close(fd) == 0;
	printf("%d were open\n", errors);
	fflush(stdout);
	open_data();
	return end(arguments[0]);
}

/* The status says which number the first open gave. */
static int first_open(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return 40 + open("/dev/null", O_RDONLY);
}

static int fill_table(int count, char **arguments)
{
	(void)count;
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	printf("%s\n", strerror(errno));
	fflush(stdout);
	return end(arguments[0]);
}

static int no_more_files(int count, char **arguments)
{
	struct rlimit none = {3, 3};

	(void)count;
	setrlimit(RLIMIT_NOFILE, &none);
	return end(arguments[0]);
}

static int no_more_bytes(int count, char **arguments)
{
	struct rlimit none = {0, 0};

	(void)count;
	setrlimit(RLIMIT_FSIZE, &none);
	return end(arguments[0]);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

/* Bare, there is no run directory, and nothing to remove. */
static int remove_run_directory(int count, char **arguments)
{
	const char *dir = getenv("VIGIL_DIR");

	(void)count;
	if (dir)
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return end(arguments[0]);
}

static int change_root_directory(int count, char **arguments)
{
	(void)count;
	if (chroot(".") || chdir("/"))
		return 94;
	return end(arguments[0]);
}

static int change_user(int count, char **arguments)
{
	(void)count;
	if (setgid(65534) || setuid(65534))
		return 94;
	return end(arguments[0]);
}

static int clear_environment(int count, char **arguments)
{
	char way[16];

	(void)count;
	snprintf(way, sizeof way, "%s", arguments[0]);
	clearenv();
	return end(way);
}

extern char **environ;

/* As setproctitle() does: arguments and environment are overwritten where they lie. */
static int overwrite_environment(int count, char **arguments)
{
	char way[16];

	(void)count;
	snprintf(way, sizeof way, "%s", arguments[0]);
	for (char **entry = environ; *entry; entry++)
		memset(*entry, 'x', strlen(*entry));
	memset(arguments[0], 'x', strlen(arguments[0]));
	environ = NULL;
	return end(way);
}

static void nothing(int number)
{
	(void)number;
}

static void *thread(void *unused)
{
	return unused;
}

static void say_errno(const char *after)
{
	printf("%s: %d\n", after, errno);
	errno = 77;
}

/* What succeeds leaves errno alone. */
static int keep_errno(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = nothing}, old;
	pthread_t id;
	pid_t pid;

	(void)count;
	(void)arguments;
	say_errno("main");
	signal(SIGSEGV, nothing);
	say_errno("signal");
	signal(SIGSEGV, SIG_DFL);
	say_errno("signal, default");
	sigaction(SIGTERM, &action, &old);
	say_errno("sigaction");
	sigaction(SIGTERM, &old, NULL);
	say_errno("sigaction, back");
	pthread_create(&id, NULL, thread, NULL);
	say_errno("pthread_create");
	pthread_join(id, NULL);
	pid = fork();
	if (!pid)
		_exit(errno);
	say_errno("fork");
	waitpid(pid, &count, 0);
	printf("child: %d\n", WEXITSTATUS(count));
	say_errno("waitpid");
	printf("%d %d\n", sigaction(999, &action, NULL), errno);
	return 0;
}

static const struct act acts[] = {
	{"close_all", close_all},
	{"close_above_2", close_above_2},
	{"data_everywhere", data_everywhere},
	{"close_one_by_one", close_one_by_one},
	{"first_open", first_open},
	{"fill_table", fill_table},
	{"no_more_files", no_more_files},
	{"no_more_bytes", no_more_bytes},
	{"remove_run_directory", remove_run_directory},
	{"change_root_directory", change_root_directory},
	{"change_user", change_user},
	{"clear_environment", clear_environment},
	{"overwrite_environment", overwrite_environment},
	{"keep_errno", keep_errno},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
