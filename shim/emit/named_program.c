/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/named_program.h"

#include "core/base/environment.h"
#include "core/base/names.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/events/wrapper.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/sandbox.h"
#include "shim/emit/exec_failure.h"
#include "core/events/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The statuses of interpreters that cannot read their script: bash 126 and 127, dash, Python and
 * Perl 2. */
static bool means_no_script(int status)
{
	return status == 2 || status == 126 || status == 127;
}

/* Letters of options that take no value in any of the interpreters. */
#define FLAGS "bBdEeIlnPqsSTtuvwx"

/* The script of the interpreter whose arguments PROCESS has; NULL: none, or unknown. */
static const char *script_of(const struct event_process *process)
{
	for (size_t i = 1; i < process->argc; i++) {
		const char *argument = process->argv[i];

		if (argument[0] != '-')
			return argument;
		if (argument[1 + strspn(argument + 1, FLAGS)] != '\0' || argument[1] == '\0')
			return NULL;
	}
	return NULL;
}

/* Whether this process may have executed nothing of its script, which may have removed itself
 * since. A Python that cannot open its script returns from main; what its program gave sys.exit()
 * counts as exit(), see python_program_exited(). */
static bool may_be_unread(const struct event *event)
{
	return event->usage.known && event->usage.wall_us < EXEC_FAILURE_US &&
	       !atomic_load(&process_words.has_waited) &&
	       (event->how == HOW_RETURN || text_after(event->process.program, "python") == NULL);
}

/* The error is the file's, and no shortage of ours. */
static bool is_of_file(int number)
{
	return number == ENOENT || number == EACCES || number == ENOTDIR || number == ELOOP ||
	       number == ENOEXEC;
}

/* The error of reading SCRIPT: ENOEXEC where it is a program; 0: it can be read. */
static int cannot_read(const char *script)
{
	int fd = sys_open(script, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
	char head[4] = "";
	bool is_program;

	if (fd < 0)
		return -fd;
	is_program = sys_read(fd, head, sizeof head) == sizeof head &&
		     memcmp(head, "\177ELF", sizeof head) == 0;
	sys_close(fd);
	return is_program ? ENOEXEC : 0;
}

static bool find_script(const struct event *event, struct event_exec *ret_why)
{
	const char *script = script_of(&event->process);

	if (script == NULL || !may_be_unread(event) || !means_no_script(event->exit_code))
		return false;
	*ret_why = (struct event_exec){.path = script, .number = cannot_read(script)};
	if (ret_why->number == ENOEXEC)
		ret_why->file = FILE_ELF;
	return is_of_file(ret_why->number);
}

static struct {
	char directories[8192], path[PATH_MAX];
} search LARGE_STATIC;

/* Whether exec of NAME, which is looked for in PATH unless it has a '/', would fail; *RET_WHY says
 * why. */
static bool cannot_start(const char *name, struct event_exec *ret_why)
{
	const char *directory = search.directories;

	*ret_why = (struct event_exec){.path = name};
	if (strchr(name, '/') != NULL)
		return program_file_fails(ret_why);
	if (!environment_read(environ, "PATH", search.directories, sizeof search.directories))
		return false;
	while (*directory != '\0') {
		struct event_exec found = {.path = search.path};
		size_t length = strcspn(directory, ":");

		if (text_format(search.path, sizeof search.path, "%.*s/%s", (int)length, directory,
			    name) &&
			!program_file_fails(&found))
			return false;
		directory += length + (directory[length] == ':');
	}
	ret_why->number = ENOENT;
	return true;
}

/* How many arguments behind a launcher's OPTION are its values, where that is known. */
static size_t values_of(const char *option)
{
	static const char takes_two[][8] = {"-mca", "--mca", "-gmca", "--gmca", "-genv", "-env"};

	if (names_find(NAMES(takes_two), option) >= 0)
		return 2;
	return strcmp(option, "-x") == 0 ? 1 : 0;
}

static bool is_number(const char *word)
{
	return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* The words of a part of a launcher's command line that may be its program: no options, no numbers.
 * Parts end with ':'. */
struct words {
	const char *first, *missing; /* `missing`: the first path at which there is nothing */
	bool is_value;		     /* `first` may be the value of the option before it */
	size_t count;
	bool runs; /* one of them can be started */
};

static void add_word(struct words *words, const char *word, bool behind_option)
{
	struct event_exec why;

	words->runs |= !cannot_start(word, &why);
	if (words->missing == NULL && why.number == ENOENT && strchr(word, '/') != NULL)
		words->missing = word;
	if (words->count++ == 0) {
		words->first = word;
		words->is_value = behind_option;
	}
}

/* The words of the part that begins at *FROM, which is then behind that part. */
static struct words words_of(const struct event_process *process, size_t *from)
{
	struct words words = {.count = 0};
	bool behind_option = false;
	size_t i = *from;

	for (; i < process->argc && strcmp(process->argv[i], ":") != 0; i++) {
		const char *word = process->argv[i];
		bool is_option = word[0] == '-';

		if (!is_option && !is_number(word))
			add_word(&words, word, behind_option);
		behind_option = is_option && values_of(word) == 0 && strchr(word, '=') == NULL;
		i += is_option ? values_of(word) : 0;
	}
	*from = i + 1;
	return words;
}

/* Of a launcher that can start none of WORDS: what is missing, or else what stands where the
 * program does. */
static const char *program_of(const struct words *words)
{
	if (words->runs)
		return NULL;
	if (words->missing != NULL)
		return words->missing;
	return words->count > 1 && words->is_value ? NULL : words->first;
}

/* A launcher that has waited for children has started a program, unless the parts of its command
 * line name several. */
static bool find_program(const struct event *event, struct event_exec *ret_why)
{
	size_t at = 1, parts = 0;
	const char *program = NULL;

	while (at < event->process.argc && program == NULL) {
		struct words words = words_of(&event->process, &at);

		program = program_of(&words);
		parts++;
	}
	if (parts == 1 && at >= event->process.argc && atomic_load(&process_words.has_waited))
		return false;
	return program != NULL && cannot_start(program, ret_why) && is_of_file(ret_why->number);
}

bool named_program_fill(struct event *event)
{
	const char *program = event->process.program;
	struct event_exec why;

	if (event->process.argv_form == ARGV_NONE || !sandbox_allows_more())
		return false;
	if (!(program_is_interpreter(program) && find_script(event, &why)) &&
		!(program_is_launcher(program) && find_program(event, &why)))
		return false;
	event->exec = why;
	return true;
}
