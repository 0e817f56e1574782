/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/refusal.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/run.h"

#define RULES_MAX 24

static const char input[] = REFUSAL_INPUT;

static struct {
	int page, in, out;
	char base[64], events[80], config[80];
} own;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fill_file(int fd, const char *bytes, size_t count, size_t size)
{
	if (ftruncate(fd, 0) || ftruncate(fd, (off_t)size) ||
		pwrite(fd, bytes, count, 0) != (ssize_t)count || lseek(fd, 0, SEEK_SET))
		abort();
}

static void become_victim(bool watched, const char *way, const struct refusal *refusal)
{
	static char preload[512], dir[128], config[128], rules[REFUSAL_RULES_SIZE];
	char *environment[] = {(char *)(uintptr_t) "LC_ALL=C", (char *)(uintptr_t) "RANK=0",
		(char *)(uintptr_t) "WORLD_SIZE=1", (char *)(uintptr_t) "PATH=/usr/bin:/bin",
		watched ? preload : NULL, dir, refusal->logs ? config : NULL, NULL};
	char *arguments[4 + RULES_MAX] = {(char *)(uintptr_t)VICTIM("refused"),
		(char *)(uintptr_t)way, (char *)(uintptr_t)refusal->end};
	struct rlimit none = {0, 0};
	sigset_t nothing;
	size_t count = 3;

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", run_preload());
	snprintf(dir, sizeof dir, "VIGIL_DIR=%s", own.events);
	snprintf(config, sizeof config, "VIGIL_CONFIG=%s", own.config);
	snprintf(rules, sizeof rules, "%s", refusal->rules);
	for (char *rule = strtok(rules, " "); rule; rule = strtok(NULL, " "))
		arguments[count++] = rule;
	sigemptyset(&nothing);
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	setrlimit(RLIMIT_CORE, &none);
	dup2(own.in, 0);
	dup2(own.out, 1);
	dup2(own.out, 2);
	dup2(own.page, REFUSED_FD);
	closefrom(REFUSED_FD + 1);
	execve(arguments[0], arguments, environment);
	_exit(126);
}

/* Wait a moment for a child to end. */
static bool has_ended(pid_t pid, int *ret_status, long nanoseconds)
{
	struct timespec moment = {.tv_nsec = nanoseconds};
	sigset_t child;

	if (waitpid(pid, ret_status, WNOHANG) == pid)
		return true;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &moment);
	return waitpid(pid, ret_status, WNOHANG) == pid;
}

static void follow(pid_t pid, const struct refusal *refusal, const struct refused_page *page,
	double limit, struct refusal_outcome *ret)
{
	bool sends = strcmp(refusal->end, "term") == 0;
	double begin = now();

	while (!has_ended(pid, &ret->status, sends ? 100000 : 10000000)) {
		if (sends && page->stands) {
			kill(pid, SIGTERM);
			sends = false;
		}
		if (now() - begin < limit)
			continue;
		ret->lost = true;
		kill(pid, SIGKILL);
		waitpid(pid, &ret->status, 0);
		break;
	}
	ret->seconds = now() - begin;
}

/* Whether an end was written; what was written is taken away. */
static bool take_events(void)
{
	static char text[1 << 20];
	char pattern[128];
	bool record = false;
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*", own.events);
	if (glob(pattern, 0, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ssize_t length = read(fd, text, sizeof text - 1);

		close(fd);
		unlink(found.gl_pathv[i]);
		text[length < 0 ? 0 : length] = '\0';
		record = record || strstr(text, "\"FAILED\"") || strstr(text, "\"SUCCEEDED\"");
	}
	globfree(&found);
	return record;
}

/* Children that the victim had and nobody awaited come to this process. Returns whether one lived.
 */
static bool end_leftovers(void)
{
	char path[64];
	int pid, status, found = 0;
	FILE *file;

	for (int i = 0; i < 20 && waitpid(-1, &status, WNOHANG | __WALL) >= 0; i++)
		has_ended(-1, &status, 10000000);
	if (waitpid(-1, &status, WNOHANG | __WALL) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1 && ++found)
		kill(pid, SIGKILL);
	if (file)
		fclose(file);
	while (waitpid(-1, &status, __WALL) > 0)
		;
	return true;
}

void refusal_run(const struct refusal *refusal, bool watched, const char *way, double limit,
	struct refusal_outcome *ret)
{
	struct refused_page *page =
		mmap(NULL, REFUSED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, own.page, 0);
	pid_t pid;

	memset(ret, 0, sizeof *ret);
	memset(page, 0, sizeof *page);
	fill_file(own.in, input, sizeof input, sizeof input);
	fill_file(own.out, "", 0, 0);
	pid = fork();
	if (pid == 0)
		become_victim(watched, way, refusal);
	follow(pid, refusal, page, limit, ret);
	ret->left = end_leftovers();
	ret->raises_nothing = watched && refusal->raises_nothing && strcmp(way, "raw") == 0;
	ret->page = *page;
	munmap(page, REFUSED_PAGE_SIZE);
	if (pread(own.out, ret->out, sizeof ret->out, 0) < 0 ||
		pread(own.in, ret->in, sizeof ret->in, 0) < 0)
		abort();
	ret->in_at = lseek(own.in, 0, SEEK_CUR);
	ret->out_at = lseek(own.out, 0, SEEK_CUR);
	ret->record = watched && take_events();
}

/*
 * Where a filter that nobody saw come leaves no call that raises a signal, one that was caught
 * cannot kill any more: then the program ends with the status that a shell shows for it.
 */
static bool is_shown_as_by_shell(
	const struct refusal_outcome *bare, const struct refusal_outcome *watched)
{
	return watched->raises_nothing && bare->status == SIGTERM &&
	       watched->status == W_EXITCODE(128 + SIGTERM, 0);
}

/* What a watched program showed that it does not bare; NULL: nothing. */
const char *refusal_difference(
	const struct refusal_outcome *bare, const struct refusal_outcome *watched, double late_s)
{
	static char text[200];
	int seen = 0;

	if (watched->lost)
		return "it did not end";
	if (watched->left && !bare->left)
		return "it left a process behind";
	if (bare->status != watched->status && !is_shown_as_by_shell(bare, watched)) {
		snprintf(text, sizeof text, "status %#x, bare %#x", (unsigned)watched->status,
			(unsigned)bare->status);
		return text;
	}
	if (bare->out_at != watched->out_at ||
		memcmp(bare->out, watched->out, sizeof bare->out) != 0)
		return "other output";
	if (bare->in_at != watched->in_at || memcmp(bare->in, watched->in, sizeof bare->in) != 0)
		return "its input was touched";
	while (seen < REFUSED_SEEN_MAX && bare->page.seen[seen] == watched->page.seen[seen])
		seen++;
	if (seen < REFUSED_SEEN_MAX || bare->page.count != watched->page.count) {
		snprintf(text, sizeof text, "the %d. thing that it saw is %ld, bare %ld", seen,
			watched->page.seen[seen % REFUSED_SEEN_MAX],
			bare->page.seen[seen % REFUSED_SEEN_MAX]);
		return text;
	}
	if (watched->seconds > bare->seconds + late_s) {
		snprintf(text, sizeof text, "it took %.2f s, bare %.2f", watched->seconds,
			bare->seconds);
		return text;
	}
	return NULL;
}

static void write_config(void)
{
	static const char text[] =
		"version: 1\n"
		"handlers:\n"
		"  tcp: {class: logging.handlers.SocketHandler, host: 127.0.0.1, port: 9}\n"
		"  udp: {class: logging.handlers.SysLogHandler, address: [127.0.0.1, 9]}\n"
		"root: {level: DEBUG, handlers: [tcp, udp]}\n";
	int fd = open(own.config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (write(fd, text, sizeof text - 1) != sizeof text - 1 || close(fd))
		abort();
}

void refusal_begin(int number)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	own.page = (int)syscall(SYS_memfd_create, "page", 1u);
	own.in = (int)syscall(SYS_memfd_create, "in", 1u);
	own.out = (int)syscall(SYS_memfd_create, "out", 1u);
	if (ftruncate(own.page, REFUSED_PAGE_SIZE))
		abort();
	/* Numbers that no dup2() of the child's overwrites. */
	own.page = fcntl(own.page, F_DUPFD_CLOEXEC, 20);
	own.in = fcntl(own.in, F_DUPFD_CLOEXEC, 20);
	own.out = fcntl(own.out, F_DUPFD_CLOEXEC, 20);
	snprintf(own.base, sizeof own.base, "/tmp/vigil-refused-%d-XXXXXX", number);
	if (!mkdtemp(own.base))
		abort();
	snprintf(own.events, sizeof own.events, "%s/events", own.base);
	snprintf(own.config, sizeof own.config, "%s/config.yaml", own.base);
	if (mkdir(own.events, 0700))
		abort();
	write_config();
}

void refusal_end(void)
{
	unlink(own.config);
	rmdir(own.events);
	rmdir(own.base);
}
