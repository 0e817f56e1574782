/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vigil_spank.c - Slurm's plugin for `srun --vigil`: watches a step, and tells how its tasks ended.
 *
 * In srun, --vigil executes `vigil run -- srun …` in srun's place, which watches the step and
 * prints the verdict. In slurmstepd, the tasks of a step that is watched get the variables of the
 * run where srun did not bring them (--export=NONE, a batch script), and `vigil ended` records each
 * task's wait status, as only slurmstepd gets it. It is installed beside libvigil.so, and finds the
 * command from there. See spank(7).
 *
 * slurmstepd is root: what a user names is opened, and `vigil ended` executed, as that user, with
 * no descriptor of the daemon's. A failure is one line in Slurm's log, and the step goes on.
 * Signal-safe: no. Threads: the one that slurmstepd and srun call plugins in.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <slurm/slurm.h>
#include <slurm/spank.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)
SPANK_PLUGIN(vigil, 1)
spank_f slurm_spank_init, slurm_spank_init_post_opt, slurm_spank_user_init, slurm_spank_task_exit;
#pragma GCC visibility pop

#define VALUE_SIZE 4096
#define OWN_PLACE "/lib/vigil/" /* below the prefix of the installation */

/* In the environment of a batch script that is watched: an srun in it is watched as by --vigil. */
#define VARIABLE_BATCH "VIGIL_SLURM_BATCH"

/* What srun hands on to the tasks in any case, also with --export=NONE: variables called SLURM_*.
 */
#define HANDED_ON "SLURM_VIGIL_"

static const char *const run_variables[] = {"VIGIL_DIR", "VIGIL_RUN_ID", "VIGIL_CONFIG"};
#define RUN_VARIABLES (sizeof run_variables / sizeof *run_variables)

/* How long slurmstepd waits for the record of one task's end. */
#define RECORD_MS 2000
#define LOOK_MS 2

static bool wanted;
static char directory[PATH_MAX]; /* "": the default */

static int take_option(int value, const char *argument, int remote)
{
	(void)value;
	(void)remote;
	wanted = true;
	/* For an option without an argument sbatch hands "(null)" on to the steps. */
	if (argument != NULL && strcmp(argument, "(null)") != 0 &&
		strlen(argument) < sizeof directory)
		strcpy(directory, argument);
	return ESPANK_SUCCESS;
}

static struct spank_option option = {
	.name = (char *)"vigil",
	.arginfo = (char *)"[DIR]",
	.usage = (char *)"watch the step by vigil, which names the task that fails first; DIR: "
			 "record there",
	.has_arg = 2,
	.cb = take_option,
};

/* Set *RET_PATH to NAME below the prefix of our installation. */
static bool installed_path(const char *name, char ret_path[PATH_MAX])
{
	char own[PATH_MAX], *place;
	Dl_info info;

	if (dladdr(&option, &info) == 0 || realpath(info.dli_fname, own) == NULL)
		return false;
	place = strstr(own, OWN_PLACE);
	for (char *next = place; next != NULL; next = strstr(next + 1, OWN_PLACE))
		place = next;
	if (place == NULL)
		return false;
	*place = '\0';
	return snprintf(ret_path, PATH_MAX, "%s%s", own, name) < PATH_MAX;
}

/* The values of srun's command line; NULL where it cannot be read. Never freed. */
static char **own_arguments(size_t *ret_count)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	char **arguments = NULL, *argument = NULL;
	size_t count = 0, size = 0;

	while (file != NULL && getdelim(&argument, &size, '\0', file) >= 0) {
		char **longer = realloc(arguments, (count + 1) * sizeof *arguments);

		if (longer == NULL)
			break;
		arguments = longer;
		arguments[count++] = argument;
		argument = NULL;
		size = 0;
	}
	if (file != NULL)
		fclose(file);
	*ret_count = count;
	return arguments;
}

/* A `vigil run` is above us, and its preload in our environment. */
static bool is_below_vigil_run(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return getenv("VIGIL_DIR") != NULL && getenv("VIGIL_RUN_ID") != NULL && preload != NULL &&
	       strstr(preload, "libvigil.so") != NULL;
}

/* Make ARGV, of 8 more elements than OWN has, the command line of `vigil run -- srun …`. */
static void add_vigil_run(char **argv, char *vigil, char *srun, char *const *own, size_t count)
{
	static char report[] = "--report=failure", end[] = "--", run[] = "run", into[] = "-d";

	*argv++ = vigil;
	*argv++ = run;
	*argv++ = report;
	if (directory[0] != '\0') {
		*argv++ = into;
		*argv++ = directory;
	}
	*argv++ = end;
	*argv++ = srun;
	for (size_t i = 1; i < count; i++)
		*argv++ = own[i];
}

/* Execute `vigil run -- srun …` in our place. Returns only where that fails. */
static void run_below_vigil(void)
{
	char path[PATH_MAX] = "vigil", program[PATH_MAX] = "";
	const char *configuration = getenv("SLURM_CONF");
	size_t count;
	char **own = own_arguments(&count), **argv = calloc(count + 8, sizeof *argv);
	bool is_found = installed_path("/bin/vigil", path);

	/* srun without a configuration file names a descriptor of its own there. */
	if (configuration != NULL && strncmp(configuration, "/proc/", 6) == 0)
		unsetenv("SLURM_CONF");
	if (own != NULL && argv != NULL && is_found &&
		readlink("/proc/self/exe", program, sizeof program - 1) > 0) {
		add_vigil_run(argv, path, program, own, count);
		execv(path, argv);
	}
	slurm_error("vigil: %s: %s; the step is not watched", path,
		is_found ? strerror(errno) : "not found beside the plugin");
	free(own);
	free(argv);
}

/* The name under which NAME, one of run_variables, is handed on. */
static const char *handed_on(const char *name)
{
	static char other[64];

	snprintf(other, sizeof other, HANDED_ON "%s", name + sizeof "VIGIL_" - 1);
	return other;
}

static void hand_on_variables(void)
{
	for (size_t i = 0; i < RUN_VARIABLES; i++)
		if (getenv(run_variables[i]) != NULL)
			setenv(handed_on(run_variables[i]), getenv(run_variables[i]), 1);
}

int slurm_spank_init(spank_t spank, int argc, char **argv)
{
	spank_context_t context = spank_context();

	(void)argc;
	(void)argv;
	if (context != S_CTX_LOCAL && context != S_CTX_REMOTE && context != S_CTX_ALLOCATOR)
		return ESPANK_SUCCESS;
	return spank_option_register(spank, &option);
}

int slurm_spank_init_post_opt(spank_t spank, int argc, char **argv)
{
	bool is_in_batch = getenv(VARIABLE_BATCH) != NULL;

	(void)spank;
	(void)argc;
	(void)argv;
	if (spank_context() != S_CTX_LOCAL)
		return ESPANK_SUCCESS;
	unsetenv(VARIABLE_BATCH);
	if (is_in_batch || (wanted && !is_below_vigil_run()))
		run_below_vigil();
	if (is_below_vigil_run())
		hand_on_variables();
	return ESPANK_SUCCESS;
}

/* The job's variable NAME, in VALUE of VALUE_SIZE bytes; "" where it is not set, or too long. */
static const char *job_variable(spank_t spank, const char *name, char *value)
{
	if (spank_getenv(spank, name, value, VALUE_SIZE) != ESPANK_SUCCESS)
		value[0] = '\0';
	return value;
}

static bool is_batch(uint32_t step)
{
	return step == SLURM_BATCH_SCRIPT;
}

/* Name the run of a step that brings no variables of one: ./vigil-JOB.STEP, as `vigil run --worker`
 * does, below where the job was submitted. Make its directory, as the user. */
static bool make_directory(spank_t spank, const char *name, char path[PATH_MAX])
{
	char base[VALUE_SIZE];
	uid_t user;
	int length;

	if (spank_get_item(spank, S_JOB_UID, &user) != ESPANK_SUCCESS || geteuid() != user)
		return false;
	if (job_variable(spank, "SLURM_SUBMIT_DIR", base)[0] == '\0')
		job_variable(spank, "PWD", base);
	if (directory[0] == '/')
		length = snprintf(path, PATH_MAX, "%s", directory);
	else if (directory[0] != '\0')
		length = snprintf(path, PATH_MAX, "%s/%s", base, directory);
	else
		length = snprintf(path, PATH_MAX, "%s/vigil-%s", base, name);
	return length < PATH_MAX && path[0] == '/' && (mkdir(path, 0700) == 0 || errno == EEXIST);
}

/* Set the job's variable NAME to ADDED and what it was, ADDED in front if IS_FIRST. */
static void add_variable(spank_t spank, const char *name, const char *added, bool is_first)
{
	char before[VALUE_SIZE], value[2 * VALUE_SIZE];

	if (strstr(job_variable(spank, name, before), added) != NULL)
		return;
	snprintf(value, sizeof value, "%s%s%s", is_first ? added : before,
		before[0] == '\0' ? "" : ":", is_first ? before : added);
	spank_setenv(spank, name, value, 1);
}

static bool is_in_run(spank_t spank)
{
	char value[VALUE_SIZE];

	return job_variable(spank, "VIGIL_DIR", value)[0] != '\0' &&
	       job_variable(spank, "VIGIL_RUN_ID", value)[0] != '\0';
}

/* Give the variables that srun handed on their names, unless the job has them. */
static void take_variables(spank_t spank)
{
	bool has_own = is_in_run(spank);
	char value[VALUE_SIZE];

	for (size_t i = 0; i < RUN_VARIABLES; i++) {
		if (!has_own && job_variable(spank, handed_on(run_variables[i]), value)[0] != '\0')
			spank_setenv(spank, run_variables[i], value, 1);
		spank_unsetenv(spank, handed_on(run_variables[i]));
	}
}

/* Begin a run for a batch script, or for a step of an srun that is not watched. */
static bool begin_run(spank_t spank)
{
	char path[PATH_MAX], name[64];
	uint32_t job, step;

	if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_STEPID, &step) != ESPANK_SUCCESS ||
		(!is_batch(step) && step > SLURM_MAX_NORMAL_STEP_ID))
		return false;
	if (is_batch(step))
		snprintf(name, sizeof name, "%u", job);
	else
		snprintf(name, sizeof name, "%u.%u", job, step);
	if (!make_directory(spank, name, path)) {
		slurm_error("vigil: no run directory could be made; the tasks are not watched");
		return false;
	}
	spank_setenv(spank, "VIGIL_DIR", path, 1);
	spank_setenv(spank, "VIGIL_RUN_ID", name, 1);
	if (is_batch(step))
		spank_setenv(spank, VARIABLE_BATCH, "1", 1);
	return true;
}

int slurm_spank_user_init(spank_t spank, int argc, char **argv)
{
	char preload[PATH_MAX];

	(void)argc;
	(void)argv;
	take_variables(spank);
	if (!is_in_run(spank) && (!wanted || !begin_run(spank)))
		return ESPANK_SUCCESS;
	if (!installed_path(OWN_PLACE "libvigil.so", preload))
		return ESPANK_SUCCESS;
	add_variable(spank, "LD_PRELOAD", preload, true);
	add_variable(spank, "ASAN_OPTIONS", "verify_asan_link_order=0", false);
	return ESPANK_SUCCESS;
}

/* What `vigil ended` is executed with, made before the fork. */
struct record {
	char path[PATH_MAX], pid[32], status[32];
	char *argv[5], *environment[16];
	char variables[15][VALUE_SIZE + 32];
	uid_t user;
	gid_t group, *groups;
	int group_count;
};

static void add_to_environment(struct record *record, const char *name, const char *value)
{
	size_t i = 0;

	while (record->environment[i] != NULL)
		i++;
	snprintf(record->variables[i], sizeof record->variables[i], "%s=%s", name, value);
	record->environment[i] = record->variables[i];
}

/* The variables by which `vigil ended` knows the run and the task. A batch script is no task. */
static bool describe_task(spank_t spank, struct record *record)
{
	static const char *const names[] = {"VIGIL_DIR", "VIGIL_RUN_ID", "VIGIL_CONFIG",
		"SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS",
		"SLURM_NODEID", "SLURM_NNODES"};
	char value[VALUE_SIZE];
	uint32_t rank, step;
	int local;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (job_variable(spank, names[i], value)[0] != '\0')
			add_to_environment(record, names[i], value);
	if (spank_get_item(spank, S_JOB_STEPID, &step) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_TASK_GLOBAL_ID, &rank) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_TASK_ID, &local) != ESPANK_SUCCESS)
		return false;
	if (is_batch(step))
		return true;
	snprintf(value, sizeof value, "%u", rank);
	add_to_environment(record, "SLURM_PROCID", value);
	snprintf(value, sizeof value, "%d", local);
	add_to_environment(record, "SLURM_LOCALID", value);
	return true;
}

static bool make_record(spank_t spank, struct record *record)
{
	static char vigil[] = "vigil", ended[] = "ended";
	pid_t pid;
	int status;

	*record = (struct record){.argv = {vigil, ended, record->pid, record->status}};
	if (!is_in_run(spank) || spank_get_item(spank, S_TASK_PID, &pid) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_TASK_EXIT_STATUS, &status) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_UID, &record->user) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_GID, &record->group) != ESPANK_SUCCESS)
		return false;
	if (spank_get_item(spank, S_JOB_SUPPLEMENTARY_GIDS, &record->groups,
		    &record->group_count) != ESPANK_SUCCESS)
		record->group_count = 0;
	snprintf(record->pid, sizeof record->pid, "--pid=%d", (int)pid);
	snprintf(record->status, sizeof record->status, "--status=%d", status);
	return describe_task(spank, record) && installed_path("/bin/vigil", record->path);
}

/* In the child, which other threads of slurmstepd may have left with locks taken: system calls
 * alone. */
static _Noreturn void execute(const struct record *record)
{
	sigset_t none;
	int null;

	syscall(SYS_setsid);
	if (geteuid() == 0 &&
		(syscall(SYS_setgroups, (long)record->group_count, record->groups) != 0 ||
			syscall(SYS_setresgid, record->group, record->group, record->group) != 0 ||
			syscall(SYS_setresuid, record->user, record->user, record->user) != 0))
		_exit(1);
	if (syscall(SYS_close_range, 0, ~0U, 0) != 0)
		for (int fd = (int)sysconf(_SC_OPEN_MAX) - 1; fd >= 0; fd--)
			close(fd);
	null = open("/dev/null", O_RDWR);
	if (null != 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
		chdir("/") < 0)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(record->path, record->argv, record->environment);
	_exit(1);
}

/* Wait RECORD_MS for PID, then kill it. Returns whether it has succeeded. */
static bool await(pid_t pid)
{
	const struct timespec look = {0, LOOK_MS * 1000000L};
	int status = 0;
	pid_t result = 0;

	for (int ms = 0; ms < RECORD_MS && (result = waitpid(pid, &status, WNOHANG)) == 0;
		ms += LOOK_MS)
		nanosleep(&look, NULL);
	if (result == 0) {
		kill(pid, SIGKILL);
		nanosleep(&look, NULL);
		waitpid(pid, &status, WNOHANG);
		return false;
	}
	return result == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int slurm_spank_task_exit(spank_t spank, int argc, char **argv)
{
	static struct record record;
	pid_t pid;

	(void)argc;
	(void)argv;
	if (!make_record(spank, &record))
		return ESPANK_SUCCESS;
	pid = fork();
	if (pid == 0)
		execute(&record);
	if (pid < 0 || !await(pid))
		slurm_error(
			"vigil: a task's end (%s, %s) was not recorded", record.pid, record.status);
	return ESPANK_SUCCESS;
}
