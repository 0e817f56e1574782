/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/run.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

#define TIMEOUT_S 30
#define NAMES_MAX 24
#define SLEEP_MS 100 /* how long a program may take from "ready" to its sleep; some never sleep */

/* What the parent holds of a running command. */
struct running {
	struct run *run;
	int out, err, in, process; /* -1: closed, ended */
	int signal;		   /* yet to be sent */
	double deadline;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

const char *run_preload(void)
{
	const char *preload = getenv("VIGIL_PRELOAD");

	return preload && *preload ? preload : PRELOAD_DEFAULT;
}

bool run_can_find(const char *program)
{
	char path[256];

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	snprintf(path, sizeof path, "/usr/bin/%s", program);
	if (access(path, X_OK) == 0)
		return true;
	snprintf(path, sizeof path, "/bin/%s", program);
	return access(path, X_OK) == 0;
}

static void scratch_make(struct run *run)
{
	char path[128];

	snprintf(run->base, sizeof run->base, "/tmp/vigil-test-XXXXXX");
	assert_non_null(mkdtemp(run->base));
	assert_int_equal(chmod(run->base, 0755), 0);
	snprintf(path, sizeof path, "%s/place", run->base);
	assert_int_equal(mkdir(path, 0777) | chmod(path, 0777), 0);
	snprintf(path, sizeof path, "%s/events", run->base);
	assert_int_equal(mkdir(path, 0777) | chmod(path, 0777), 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	remove(path);
	return 0;
}

static void scratch_remove(const struct run *run)
{
	nftw(run->base, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Of a list of preloads, none. */
static bool lends_preload(const struct run_how *how)
{
	return how->lend && strchr(run_preload(), ':') == NULL;
}

/*
 * The environment of the child, in its order; the names' storage is the child's own and dies with
 * it.
 */
static char **environment_of(const struct run *run, const struct run_how *how, bool watched)
{
	static char texts[6][512], *names[NAMES_MAX];
	size_t count = 0;

	snprintf(texts[0], sizeof texts[0], "HOME=%s/place", run->base);
	snprintf(texts[1], sizeof texts[1], "TMPDIR=%s/place", run->base);
	if (lends_preload(how))
		snprintf(texts[2], sizeof texts[2], "LD_PRELOAD=%s/libvigil.so", run->base);
	else
		snprintf(texts[2], sizeof texts[2], "LD_PRELOAD=%s", run_preload());
	snprintf(texts[3], sizeof texts[3], "VIGIL_RUN_ID=%s", RUN_ID);
	if (how->dir)
		snprintf(texts[4], sizeof texts[4], "VIGIL_DIR=%s", how->dir);
	else
		snprintf(texts[4], sizeof texts[4], "VIGIL_DIR=%s/events", run->base);
	names[count++] = (char *)(uintptr_t) "PATH=/usr/bin:/bin";
	names[count++] = (char *)(uintptr_t) "LC_ALL=C";
	names[count++] = texts[0];
	names[count++] = texts[1];
	for (size_t i = 0; i < 6 && how->environment[i]; i++)
		names[count++] = (char *)(uintptr_t)how->environment[i];
	if (watched) {
		names[count++] = texts[2];
		names[count++] = texts[3];
	}
	if (watched && !(how->dir && !*how->dir))
		names[count++] = texts[4];
	names[count] = NULL;
	return names;
}

static void lend(const struct run *run, const char *from, const char *name)
{
	struct stat status;
	char path[128];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;

	snprintf(path, sizeof path, "%s/%s", run->base, name);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (in < 0 || out < 0 || fstat(in, &status) != 0)
		_exit(124);
	while (sendfile(out, in, NULL, (size_t)status.st_size) > 0)
		;
	fchmod(out, 0755);
	close(in);
	close(out);
}

static void child_signals(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < 65; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_descriptors(const struct run_how *how, int in, int out, int err)
{
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	closefrom(3);
	if (how->stdin_from == STDIN_CLOSED)
		close(0);
	if (how->close_stdout)
		close(1);
	if (how->close_stderr)
		close(2);
}

static void child(
	const struct run *run, const struct run_how *how, bool watched, const char *const argv[])
{
	struct rlimit core = {how->core ? RLIM_INFINITY : 0, RLIM_INFINITY};
	const char *program = argv[0];
	char path[128];

	setsid();
	child_signals();
	setrlimit(RLIMIT_CORE, &core);
	snprintf(path, sizeof path, "%s/place", run->base);
	if (chdir(path))
		_exit(125);
	if (lends_preload(how))
		lend(run, run_preload(), "libvigil.so");
	if (how->lend && strncmp(program, VICTIM_DIR, strlen(VICTIM_DIR)) == 0) {
		lend(run, program, strrchr(program, '/') + 1);
		snprintf(path, sizeof path, "%s/%s", run->base, strrchr(program, '/') + 1);
		program = path;
	}
	if (how->in_child)
		how->in_child(how->argument);
	execvpe(program, (char *const *)(uintptr_t)argv, environment_of(run, how, watched));
	_exit(126);
}

static void start(
	struct running *running, const struct run_how *how, bool watched, const char *const argv[])
{
	int in[2], out[2], err[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC), 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	running->run->pid = fork();
	assert_true(running->run->pid >= 0);
	if (!running->run->pid) {
		child_descriptors(
			how, how->stdin_from == STDIN_PIPE ? in[0] : null, out[1], err[1]);
		child(running->run, how, watched, argv);
	}
	close(null);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	running->in = in[1];
	running->out = out[0];
	running->err = err[0];
	running->process = (int)syscall(SYS_pidfd_open, running->run->pid, 0);
	assert_true(running->process >= 0);
}

static void drain(int *fd, short happened, struct bytes *into)
{
	char buffer[16 * 1024];
	ssize_t count;

	if (!happened)
		return;
	count = read(*fd, buffer, sizeof buffer);
	if (count > 0) {
		bytes_add(into, buffer, (size_t)count);
	} else {
		close(*fd);
		*fd = -1;
	}
}

static bool sleeps(pid_t pid)
{
	char path[32], text[256] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return true;
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' && end[2] == 'S';
}

/* A signal that comes between the last look of an interpreter for one and its sleep would wait for
 * the end of that. */
static void send_when_ready(struct running *running)
{
	if (!running->signal || !running->run->out.data || !strstr(running->run->out.data, "ready"))
		return;
	for (int i = 0; i < SLEEP_MS && !sleeps(running->run->pid); i++)
		usleep(1000);
	kill(running->run->pid, running->signal);
	running->signal = 0;
}

static void reap_root(struct running *running)
{
	waitpid(running->run->pid, &running->run->status, 0);
	close(running->process);
	running->process = -1;
}

/* Until the root has ended and nobody holds its outputs, or time is up. */
static void follow(struct running *running)
{
	while (running->out >= 0 || running->err >= 0 || running->process >= 0) {
		struct pollfd polled[] = {
			{.fd = running->out, .events = POLLIN},
			{.fd = running->err, .events = POLLIN},
			{.fd = running->process, .events = POLLIN},
		};
		double left = running->deadline - now();

		if (left <= 0)
			return;
		poll(polled, 3, (int)(left * 1000) + 1);
		drain(&running->out, polled[0].revents, &running->run->out);
		drain(&running->err, polled[1].revents, &running->run->err);
		if (polled[2].revents)
			reap_root(running);
		send_when_ready(running);
	}
}

/* All that lives below this program is the command's: orphans come to their subreaper. */
static void kill_children(void)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (file)
		fclose(file);
}

static void reap_orphans(struct running *running)
{
	static const struct timespec pause = {.tv_nsec = 1000 * 1000};
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) >= 0) {
		if (pid == running->run->pid)
			running->run->status = status;
		if (pid)
			continue;
		if (now() > running->deadline) {
			running->run->timed_out = true;
			kill_children();
		}
		nanosleep(&pause, NULL);
	}
}

static void finish(struct running *running)
{
	reap_orphans(running);
	for (const int *fd = (const int[]){running->in, running->out, running->err,
		     running->process, -2};
		*fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
}

static void collect(struct run *run, const struct run_how *how, bool watched)
{
	char path[128];

	bytes_mask(&run->out, run->base, "SCRATCH");
	bytes_mask(&run->err, run->base, "SCRATCH");
	snprintf(path, sizeof path, "%s/place/data", run->base);
	bytes_add_file(&run->data, path);
	snprintf(path, sizeof path, "%s/events", run->base);
	if (watched)
		reported_read(&run->record, how->dir && *how->dir ? how->dir : path, RUN_ID);
}

static void run_half(
	struct run *run, const struct run_how *how, bool watched, const char *const argv[])
{
	static const struct run_how usual;
	struct running running = {.run = run};

	how = how ? how : &usual;
	*run = (struct run){.command = argv[0]};
	running.signal = how->signal;
	running.deadline = now() + (how->timeout_s ? how->timeout_s : TIMEOUT_S);
	scratch_make(run);
	start(&running, how, watched, argv);
	follow(&running);
	finish(&running);
	collect(run, how, watched);
	scratch_remove(run);
}

void run_bare(struct run *run, const struct run_how *how, const char *const argv[])
{
	run_half(run, how, false, argv);
}

void run_watched(struct run *run, const struct run_how *how, const char *const argv[])
{
	if (!strchr(run_preload(), ':') && access(run_preload(), R_OK))
		fail_msg("there is no preload at %s", run_preload());
	run_half(run, how, true, argv);
}

void run_mask(struct run *run, const char *regex)
{
	bytes_mask(&run->out, regex, "#");
	bytes_mask(&run->err, regex, "#");
}

void run_free(struct run *run)
{
	bytes_free(&run->out);
	bytes_free(&run->err);
	bytes_free(&run->data);
	reported_free(&run->record);
}
