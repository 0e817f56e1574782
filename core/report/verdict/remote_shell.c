/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/remote_shell.h"

#include "core/report/job/kills.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"
#include "core/report/verdict/secondary.h"

#include <string.h>

#define CONNECTION_LOST 255 /* "or with 255 if an error occurred": ssh(1) */

#define LOST_EVIDENCE                                                                            \
	"its launcher's connection to its host was lost before any rank was ended, and it left " \
	"no "                                                                                    \
	"word of an end"

/* The options of ssh(1) that have a value; it is the next word where nothing follows the letter. */
#define WITH_VALUE "BbcDEeFIiJLlmOopQRSWw"

/* The length of the first word of COMMAND, which is in a shell's words. */
static size_t word_length(const char *command)
{
	char quote = '\0';
	size_t length = 0;

	for (; command[length] != '\0' && (quote != '\0' || command[length] != ' '); length++) {
		char at = command[length];

		if (at == '\\' && quote != '\'' && command[length + 1] != '\0')
			length++;
		else if (at == quote)
			quote = '\0';
		else if (quote == '\0' && (at == '\'' || at == '"'))
			quote = at;
	}
	return length;
}

/* WORD, an option of LENGTH characters, takes the next word for its value. */
static bool takes_next(const char *word, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (strchr(WITH_VALUE, word[i]) != NULL)
			return i + 1 == length;
	return false;
}

/* The host in COMMAND, ssh's, without the user before it: LENGTH characters. NULL: none is there.
 */
static const char *host_in(const char *command, size_t *ret_length)
{
	bool is_value = true; /* the first word is ssh itself */

	while (*command != '\0') {
		size_t length = word_length(command);
		const char *user;

		if (!is_value && length > 0 && command[0] != '-') {
			user = memrchr(command, '@', length);
			*ret_length = user == NULL ? length : length - (size_t)(user + 1 - command);
			return user == NULL ? command : user + 1;
		}
		is_value = !is_value && takes_next(command, length);
		command += length;
		command += strspn(command, " ");
	}
	return NULL;
}

static const char *host_of(struct report *report, const struct process *shell)
{
	size_t length;
	const char *host = host_in(shell->command, &length);

	return host == NULL || length == 0 ? NULL : report_say(report, "%.*s", (int)length, host);
}

/* NAME and HOSTNAME are one host's: the same, but for the domain that one of them may lack. */
static bool is_name_of(const char *name, const char *hostname)
{
	size_t first = strcspn(name, "."), other = strcspn(hostname, ".");

	if (strcmp(name, hostname) == 0)
		return true;
	return first == other && strncmp(name, hostname, first) == 0 &&
	       (name[first] == '\0' || hostname[other] == '\0');
}

/* NAME is that of a host of REPORT other than HOST. */
static bool is_another(const struct report *report, const char *name, const char *host)
{
	for (size_t i = 0; i < report->host_count; i++)
		if (is_name_of(name, report->hosts[i]) &&
			(host == NULL || strcmp(report->hosts[i], host) != 0))
			return true;
	return false;
}

/* PROCESS is an ssh of a launcher that exited. */
static bool is_ended_shell(const struct process *process)
{
	const struct process *parent = process->parent;

	if (strcmp(process->program, "ssh") != 0 || process->termination == NULL ||
		termination_event(process)->how == HOW_NONE)
		return false;
	while (parent != NULL && rules_is_wrapper(parent->program))
		parent = parent->parent;
	return parent != NULL && launcher_starts_ranks(parent);
}

/* A rank had failed, other than for lack of a peer, or was ended, when SHELL was. */
static bool followed_a_rank(const struct attempt_context *context, const struct process *shell)
{
	FOR_EACH_RESULT (result, context->attempt) {
		enum failure_class class = result->failure_class;

		if (result->ended == NULL || class == FAILURE_OK || class == FAILURE_PEER_LOST ||
			class == FAILURE_PEER_TIMEOUT)
			continue;
		if (result->at_us - (rules_class_is_ended(class)
						    ? 0
						    : rules_lateness_us(result->ended)) <=
			shell->ended_us)
			return true;
	}
	return false;
}

/* SHELL was ended itself, or its launcher was requested to end before. */
static bool followed_a_request(const struct attempt_context *context, const struct process *shell)
{
	const struct process *launcher = launcher_that_was_requested(context);

	return shell->kill_request != NULL ||
	       (launcher != NULL && launcher->kill_request_us <= shell->ended_us);
}

const struct process *remote_shell_lost(
	const struct attempt_context *context, const char *host, const char **ret_name)
{
	struct report *report = context->report;
	const struct process *lost = NULL;
	const char *name;

	FOR_EACH_PROCESS (process, &report->job) {
		if (!is_ended_shell(process) ||
			termination_event(process)->exit_code != CONNECTION_LOST ||
			followed_a_rank(context, process))
			continue;
		name = host_of(report, process);
		if (name == NULL || (lost != NULL && strcmp(name, *ret_name) != 0) ||
			followed_a_request(context, process))
			return NULL;
		lost = process;
		*ret_name = name;
	}
	return lost == NULL || is_another(report, *ret_name, host) ? NULL : lost;
}

bool remote_shell_answered(const struct attempt_context *context, const char *host)
{
	const struct rank_result *ended = context_first_ended(context);

	FOR_EACH_PROCESS (process, &context->report->job) {
		const char *name;
		size_t length;

		if (ended == NULL || !is_ended_shell(process) || process->ended_us < ended->at_us ||
			termination_event(process)->exit_code == CONNECTION_LOST)
			continue;
		name = host_in(process->command, &length);
		if (name != NULL && is_name_of(host_of(context->report, process) ?: "", host))
			return true;
	}
	return false;
}

/* None of the ranks that were seen lacks a termination. */
static bool lacks_unheard_alone(const struct attempt_context *context)
{
	return context->count[FAILURE_NONE] == 0 && context->seen > 0 &&
	       context->seen < context->attempt->count;
}

bool blame_lost_shell(struct attempt_context *context)
{
	struct report *report = context->report;
	struct attempt *attempt = context->attempt;
	const char *host = lost_host(context), *name = NULL, *how;
	const struct process *shell;

	if (context->root->termination == NULL || (host == NULL && !lacks_unheard_alone(context)))
		return false;
	shell = remote_shell_lost(context, host, &name);
	if (shell == NULL)
		return false;
	how = report_say(report,
		"ssh to it (pid %d) lost its connection %.1f s after the job began (exit %d)",
		shell->pid, (double)(shell->ended_us - report->began_us) / 1000000,
		CONNECTION_LOST);
	add_silent(context, LOST_EVIDENCE);
	blame_host(attempt, host ?: name);
	attempt->explanation =
		host == NULL ? report_say(report, "nothing was heard of host %s, and %s", name, how)
			     : report_say(report, "%s; %s", explain_lost_host(context), how);
	return attempt->has_root;
}
