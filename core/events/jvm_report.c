/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/jvm_report.h"

#include "core/base/environment.h"
#include "core/base/path.h"
#include "core/base/sys.h"

#include <string.h>

/* What a file system may cut from the time of a file. */
#define TIMES_DIFFER_US 2000000

static const char option[] = "-XX:ErrorFile=";

struct search {
	const struct event *event;
	char *const *environment;
	int64_t since_us;
	struct jvm_report *report;
};

static bool is_in_vm(const struct event *event)
{
	for (size_t i = 0; i < event->frame_count; i++) {
		const struct frame_module *module = event->frames[i].module;

		if (module != NULL && strcmp(path_base(module->path), "libjvm.so") == 0)
			return true;
	}
	return false;
}

static bool add_directory(struct text *text)
{
	long length = sys_try(SYS_getcwd, (long)text->data, (long)text->size, 0, 0, 0, 0);

	/* The kernel says "(unreachable)" where there is no path. */
	if (length <= 0 || text->data[0] != '/')
		return false;
	text->length = (size_t)length - 1;
	if (text->length > 1)
		text_char(text, '/');
	return true;
}

static void add_expanded(struct text *text, const char *pattern, pid_t pid)
{
	for (; *pattern != '\0'; pattern++) {
		if (pattern[0] == '%' && pattern[1] == 'p') {
			text_i64(text, pid);
			pattern++;
			continue;
		}
		text_char(text, *pattern);
		if (pattern[0] == '%' && pattern[1] == '%')
			pattern++;
	}
}

static bool is_fresh_and_ours(const struct search *search)
{
	struct stat file;

	return sys_stat(search->report->path, &file) == 0 && S_ISREG(file.st_mode) &&
	       file.st_uid == (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0) &&
	       file.st_mtim.tv_sec * 1000000 + file.st_mtim.tv_nsec / 1000 >= search->since_us;
}

static bool is_at(const struct search *search, const char *pattern)
{
	struct text path;

	text_init(&path, search->report->path, sizeof search->report->path);
	if (pattern[0] != '/' && !add_directory(&path))
		return false;
	add_expanded(&path, pattern, search->event->pid);
	return !path.truncated && is_fresh_and_ours(search);
}

static bool is_named(const struct search *search, const char *word)
{
	return strncmp(word, option, sizeof option - 1) == 0 &&
	       is_at(search, word + sizeof option - 1);
}

static bool is_in_arguments(const struct search *search)
{
	const struct event_process *process = &search->event->process;

	for (size_t i = process->argc; i-- > 0;)
		if (is_named(search, process->argv[i]))
			return true;
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Copy the word at AT without its quotes, as the VM splits its options. Returns what follows the
 * word; NULL: there is no word. */
static const char *next_word(const char *at, char *word, size_t size)
{
	char quote = '\0';
	struct text text;

	while (is_space(*at))
		at++;
	if (*at == '\0')
		return NULL;
	text_init(&text, word, size);
	for (; *at != '\0' && (quote != '\0' || !is_space(*at)); at++) {
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		else
			text_char(&text, *at);
	}
	return at;
}

/* The VM uses the last of several options; the file that an earlier one names does not exist. */
static bool is_in_variable(const struct search *search, const char *name)
{
	struct jvm_report *report = search->report;
	const char *at = report->options;

	if (!environment_read(search->environment, name, report->options, sizeof report->options))
		return false;
	while ((at = next_word(at, report->option, sizeof report->option)) != NULL)
		if (is_named(search, report->option))
			return true;
	return false;
}

bool jvm_report_find(const struct event *event, char *const *environment, struct jvm_report *report)
{
	const struct search search = {
		.event = event,
		.environment = environment,
		.since_us = instant_of_start(event->process.start_ticks, event->at).real_us -
			    TIMES_DIFFER_US,
		.report = report,
	};

	return is_in_vm(event) &&
	       (is_in_variable(&search, "_JAVA_OPTIONS") || is_in_arguments(&search) ||
		       is_in_variable(&search, "JDK_JAVA_OPTIONS") ||
		       is_in_variable(&search, "JAVA_TOOL_OPTIONS") ||
		       is_at(&search, "hs_err_pid%p.log") ||
		       is_at(&search, "/tmp/hs_err_pid%p.log"));
}
