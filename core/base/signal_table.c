/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/signal_table.h"

#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const char names[][10] = {
	[SIGHUP] = "SIGHUP",
	[SIGINT] = "SIGINT",
	[SIGQUIT] = "SIGQUIT",
	[SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP",
	[SIGABRT] = "SIGABRT",
	[SIGBUS] = "SIGBUS",
	[SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL",
	[SIGUSR1] = "SIGUSR1",
	[SIGSEGV] = "SIGSEGV",
	[SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE",
	[SIGALRM] = "SIGALRM",
	[SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT",
	[SIGCHLD] = "SIGCHLD",
	[SIGCONT] = "SIGCONT",
	[SIGSTOP] = "SIGSTOP",
	[SIGTSTP] = "SIGTSTP",
	[SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU",
	[SIGURG] = "SIGURG",
	[SIGXCPU] = "SIGXCPU",
	[SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM",
	[SIGPROF] = "SIGPROF",
	[SIGWINCH] = "SIGWINCH",
	[SIGIO] = "SIGIO",
	[SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",
};

/* Alternative names of signals (signal(7)). */
static const struct {
	const char *name;
	int number;
} aliases[] = {
	{"IOT", SIGIOT},
	{"POLL", SIGPOLL},
	{"CLD", SIGCLD},
};

const char *signal_name(int number, char buffer[16])
{
	const char *name = number < 0 ? NULL : names_at(NAMES(names), (size_t)number, NULL);

	if (name != NULL)
		return name;
	if (number == SIGNAL_RTMIN)
		return "SIGRTMIN";
	if (number > SIGNAL_RTMIN && number <= SIGNAL_RTMAX)
		text_format(buffer, 16, "SIGRTMIN+%d", number - SIGNAL_RTMIN);
	else
		text_format(buffer, 16, "signal %d", number);
	return buffer;
}

/* Reads the part of a name behind "RTMIN" or "RTMAX": nothing, or SIGN and a number. Returns the
 * number, or -EINVAL. */
static int realtime_offset(const char *text, char sign)
{
	int offset;

	if (*text == '\0')
		return 0;
	if (*text++ != sign || *text == '\0')
		return -EINVAL;
	offset = number_take(&text, SIZE_MAX);
	return *text == '\0' && offset <= SIGNAL_RTMAX - SIGNAL_RTMIN ? offset : -EINVAL;
}

static int realtime_number(const char *name)
{
	bool from_end = strncmp(name, "RTMAX", 5) == 0;
	int offset;

	if (!from_end && strncmp(name, "RTMIN", 5) != 0)
		return -EINVAL;
	offset = realtime_offset(name + 5, from_end ? '-' : '+');
	if (offset < 0)
		return offset;
	return from_end ? SIGNAL_RTMAX - offset : SIGNAL_RTMIN + offset;
}

int signal_number(const char *name)
{
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < NAMES_COUNT(names); i++)
		if (names[i][0] != '\0' && strcmp(names[i] + 3, name) == 0)
			return (int)i;
	for (size_t i = 0; i < NAMES_COUNT(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			return aliases[i].number;
	return realtime_number(name);
}

uint64_t signals_that_kill(void)
{
	return ~(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) |
		 SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) |
		 SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU) |
		 SIGNAL_BIT(SIGKILL) /* cannot be caught */ | SIGNAL_BIT(32) | SIGNAL_BIT(33));
}

bool signal_kills(int number)
{
	return signal_is_in(signals_that_kill(), number);
}
