/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_id.h"

#include "core/base/proc.h"
#include "core/base/utf8.h"
#include "core/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How far up a `vigil run` is looked for. */
#define ANCESTORS_MOST 256

#define DEFAULT_PORT "29500" /* of torchrun's master */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

static bool is_number_above_1(const char *text)
{
	return text != NULL && strtol(text, NULL, 10) > 1;
}

/* Sets ID as printf(3) does. Returns whether it fits and is a name. */
__attribute__((format(printf, 2, 3))) static bool set(char *id, const char *format, ...)
{
	char text[2 * RUN_ID_SIZE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length >= RUN_ID_SIZE || !utf8_is_line(text, RUN_ID_SIZE - 1))
		return false;
	memcpy(id, text, (size_t)length + 1);
	return true;
}

/* The file of host names that PBS makes for a job names more than one host. */
static bool has_hosts(const char *path)
{
	char *line = NULL, first[256] = "";
	size_t size = 0;
	bool several = false;
	FILE *file = path == NULL ? NULL : fopen(path, "re");

	while (file != NULL && !several && getline(&line, &size, file) > 0) {
		if (first[0] == '\0')
			snprintf(first, sizeof first, "%s", line);
		several = strncmp(first, line, sizeof first - 1) != 0;
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return several;
}

/* "HOST SLOTS HOST SLOTS": LSF's list has more than one host. */
static bool has_pairs(const char *list)
{
	const char *blank = list == NULL ? NULL : strchr(list, ' ');

	return blank != NULL && strchr(blank + 1, ' ') != NULL;
}

static bool take_slurm(char *id)
{
	const char *job = variable("SLURM_JOB_ID"), *step = variable("SLURM_STEP_ID");

	return job != NULL && step != NULL && is_number_above_1(variable("SLURM_STEP_NUM_TASKS")) &&
	       set(id, "%s.%s", job, step);
}

static bool take_pbs(char *id)
{
	const char *job = variable("PBS_JOBID");

	return job != NULL && has_hosts(variable("PBS_NODEFILE")) && set(id, "%s", job);
}

static bool take_lsf(char *id)
{
	const char *job = variable("LSB_JOBID"), *index = variable("LSB_JOBINDEX");
	bool is_array = index != NULL && strcmp(index, "0") != 0;

	return job != NULL && has_pairs(variable("LSB_MCPU_HOSTS")) &&
	       set(id, "%s%s%s", job, is_array ? "." : "", is_array ? index : "");
}

static bool take_flux(char *id)
{
	const char *job = variable("FLUX_JOB_ID");

	return job != NULL &&
	       (is_number_above_1(variable("FLUX_JOB_NNODES")) ||
		       is_number_above_1(variable("FLUX_JOB_SIZE"))) &&
	       set(id, "%s", job);
}

static bool take_grid_engine(char *id)
{
	const char *job = variable("JOB_ID"), *task = variable("SGE_TASK_ID");
	bool is_array = task != NULL && strcmp(task, "undefined") != 0;

	return job != NULL && variable("SGE_O_HOST") != NULL &&
	       is_number_above_1(variable("NHOSTS")) &&
	       set(id, "%s%s%s", job, is_array ? "." : "", is_array ? task : "");
}

/* An indexed Job gives its pods the hostname JOB-INDEX. */
static bool take_kubernetes(char *id)
{
	const char *index = variable("JOB_COMPLETION_INDEX"), *dash;
	char name[HOSTNAME_SIZE] = "";

	if (index == NULL || gethostname(name, sizeof name - 1) < 0)
		return false;
	dash = strrchr(name, '-');
	return dash != NULL && strcmp(dash + 1, index) == 0 &&
	       set(id, "%.*s", (int)(dash - name), name);
}

/* WORD is the option NAME of argparse, "--rdzv-id" or "--rdzv_id". Returns its value, which is NEXT
 * unless it stands behind a '='; NULL: it is another word. */
static const char *option_value(const char *word, const char *name, const char *next)
{
	size_t length = strlen(name);

	if (strncmp(word, "--", 2) != 0)
		return NULL;
	word += 2;
	for (size_t i = 0; i < length; i++)
		if (word[i] != name[i] && !(word[i] == '-' && name[i] == '_'))
			return NULL;
	if (word[length] == '=')
		return word + length + 1;
	return word[length] == '\0' ? next : NULL;
}

static bool is_torchrun(const char *word)
{
	const char *slash = strrchr(word, '/'), *name = slash == NULL ? word : slash + 1;

	return strncmp(name, "torchrun", strlen("torchrun")) == 0 ||
	       strcmp(word, "torch.distributed.run") == 0 ||
	       strcmp(word, "torch.distributed.launch") == 0;
}

static bool is_script(const char *word)
{
	const char *dot = strrchr(word, '.');

	return word[0] != '-' && dot != NULL && strcmp(dot, ".py") == 0;
}

/* torchrun's option NAME in COMMAND, or its variable; NULL: neither is there. */
static const char *torchrun_option(char *const *command, const char *name)
{
	char environment[32] = "PET_";
	const char *value = NULL;

	for (size_t i = 0; name[i] != '\0' && i + 5 < sizeof environment; i++)
		environment[i + 4] =
			(char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
	for (; *command != NULL && value == NULL && strcmp(*command, "--") != 0 &&
		!is_script(*command);
		command++)
		value = option_value(*command, name, command[1]);
	return value == NULL ? variable(environment) : value;
}

static bool is_this_host(const char *name)
{
	return strncmp(name, "localhost", strlen("localhost")) == 0 ||
	       strncmp(name, "127.", strlen("127.")) == 0 || strncmp(name, "[::1]", 5) == 0;
}

/* Where the ranks of torchrun meet: HOST-PORT. */
static bool take_endpoint(char *const *command, char *id)
{
	const char *endpoint = torchrun_option(command, "rdzv_endpoint"),
		   *host = torchrun_option(command, "master_addr"),
		   *port = torchrun_option(command, "master_port");

	if (endpoint != NULL && !is_this_host(endpoint)) {
		if (!set(id, "%s", endpoint))
			return false;
		for (char *colon = id; (colon = strchr(colon, ':')) != NULL;)
			*colon = '-';
		return true;
	}
	return host != NULL && !is_this_host(host) &&
	       set(id, "%s-%s", host, port == NULL ? DEFAULT_PORT : port);
}

static bool take_torchrun(char *const *command, char *id)
{
	const char *hosts, *rendezvous;

	while (*command != NULL && !is_torchrun(*command))
		command++;
	if (*command == NULL)
		return false;
	command++;
	hosts = torchrun_option(command, "nnodes");
	if (hosts == NULL || strcmp(hosts, "1") == 0 || strcmp(hosts, "1:1") == 0)
		return false;
	rendezvous = torchrun_option(command, "rdzv_id");
	if (rendezvous != NULL && strcmp(rendezvous, "none") != 0 && set(id, "%s", rendezvous))
		return true;
	return take_endpoint(command, id);
}

bool run_is_first_of_pod(void)
{
	struct process_stat stat;
	pid_t pid = getppid();

	if (variable("KUBERNETES_SERVICE_HOST") == NULL)
		return false;
	for (int depth = 0; depth < ANCESTORS_MOST && process_stat(pid, &stat) == 0; depth++) {
		if (strcmp(stat.comm, "vigil") == 0)
			return false;
		if (stat.ppid <= 0)
			return true;
		pid = stat.ppid;
	}
	return pid <= 0;
}

int run_id_find(const char *given, char *const *command, char ret_id[RUN_ID_SIZE])
{
	/* With VIGIL_DIR it names the run of the `vigil run` above us. */
	const char *own = variable("VIGIL_DIR") != NULL && !run_is_first_of_pod()
				  ? NULL
				  : variable("VIGIL_RUN_ID"),
		   *name = given == NULL ? own : given;

	if (name == NULL)
		return take_slurm(ret_id) || take_pbs(ret_id) || take_lsf(ret_id) ||
		       take_flux(ret_id) || take_grid_engine(ret_id) ||
		       take_torchrun(command, ret_id) || take_kubernetes(ret_id);
	if (!set(ret_id, "%s", name)) {
		complain("%s '%s': a run's id is text of 1 to %d bytes on one line; nothing was "
			 "started",
			given == NULL ? "VIGIL_RUN_ID" : "--run-id", name, RUN_ID_SIZE - 1);
		return -EINVAL;
	}
	return 1;
}
