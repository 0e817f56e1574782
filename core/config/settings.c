/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/settings.h"

#include <string.h>

static const char *const threads[] = {"crashed", "python", "all", NULL};
static const char *const argv_forms[] = {"masked", "full", "none", NULL};
static const char *const names[] = {"symtab", "dynsym", "off", NULL};

/* What NULL stands for. It does not stand in the defaults: the preload would read a page more for
 * it. */
#define CALLS_DEFAULT "mpi"

const struct setting settings_table[SETTING_COUNT] = {
#define AT(member) offsetof(struct config_settings, member)
	{NULL, "factories", SETTING_BOOLEAN, AT(factories), 0, 0, NULL},
	{NULL, "error_file", SETTING_BOOLEAN, AT(error_file), 0, 0, NULL},
	{NULL, "output", SETTING_BOOLEAN, AT(output), 0, 0, NULL},
	{NULL, "argv", SETTING_CHOICE, AT(argv), 0, 0, argv_forms},
	{NULL, "calls", SETTING_NAMES, AT(calls), 0, 0, NULL},
	{"trace", "frames", SETTING_NUMBER, AT(trace.frames), 1, SETTINGS_FRAMES_MAX, NULL},
	{"trace", "threads", SETTING_CHOICE, AT(trace.threads), 0, 0, threads},
	{"trace", "timeout_ms", SETTING_NUMBER, AT(trace.timeout_ms), 0, SETTINGS_TIMEOUT_MS_MAX,
		NULL},
	{"trace", "names", SETTING_CHOICE, AT(trace.names), 0, 0, names},
	{"trace", "registers", SETTING_BOOLEAN, AT(trace.registers), 0, 0, NULL},
	{"trace", "python", SETTING_BOOLEAN, AT(trace.python), 0, 0, NULL},
	{"trace", "cxx", SETTING_BOOLEAN, AT(trace.cxx), 0, 0, NULL},
	{"trace", "abort_message", SETTING_BOOLEAN, AT(trace.abort_message), 0, 0, NULL},
	{"trace", "exits", SETTING_BOOLEAN, AT(trace.exits), 0, 0, NULL},
	{"trace", "terminated", SETTING_BOOLEAN, AT(trace.terminated), 0, 0, NULL},
	{"trace", "alternate_stacks", SETTING_BOOLEAN, AT(trace.alternate_stacks), 0, 0, NULL},
	{"signals", "core", SETTING_SIGNALS, AT(signals.core), 0, 0, NULL},
	{"signals", "terminated", SETTING_SIGNALS, AT(signals.terminated), 0, 0, NULL},
};

_Static_assert(sizeof(enum trace_threads) == sizeof(int) &&
		       sizeof(enum trace_names) == sizeof(int) &&
		       sizeof(enum argv_form) == sizeof(int),
	"a choice is set as an int");

static void default_signals(struct signal_settings *signals)
{
	signals->core = SIGNALS_CORE;
	signals->terminated = signals_that_kill() & ~signals->core;
}

void settings_default(struct config_settings *settings)
{
	*settings = (struct config_settings){
		.error_file = true,
		.output = true,
		.trace =
			{
				.frames = SETTINGS_FRAMES_MAX,
				.timeout_ms = 3000,
				.threads = TRACE_THREADS_PYTHON,
				.names = TRACE_NAMES_SYMTAB,
				.python = true,
				.cxx = true,
				.abort_message = true,
				.exits = true,
				.terminated = true,
				.alternate_stacks = true,
			},
	};
	default_signals(&settings->signals);
}

/* Append the name of signal FIRST, or "RTMIN to RTMIN+30" for a row of realtime signals that begins
 * with FIRST. Returns the last signal of the row. */
static int add_row(uint64_t signals, int first, struct text *text)
{
	char buffer[16];
	int last = first;

	while (first >= SIGNAL_RTMIN && last < SIGNAL_MAX && (signals & SIGNAL_BIT(last + 1)))
		last++;
	text_add(text, signal_name(first, buffer) + 3);
	if (last > first)
		text_printf(text, " to %s", signal_name(last, buffer) + 3);
	return last;
}

/* Append the names of SIGNALS: "TERM, INT, RTMIN to RTMIN+30", or "none". */
static void add_signals(uint64_t signals, struct text *text)
{
	size_t start = text->length;

	for (int number = 1; number <= SIGNAL_MAX; number++) {
		if (!(signals & SIGNAL_BIT(number)))
			continue;
		text_add(text, text->length == start ? "" : ", ");
		number = add_row(signals, number, text);
	}
	if (signals == 0)
		text_add(text, "none");
}

/* Append LIST as "mpi, nccl", or "none"; with a probe, "ncclCommInitRank (i32 != 0)". */
static void add_names(const char *list, struct text *text)
{
	if (list[0] == '\0')
		text_add(text, "none");
	while (*list != '\0') {
		size_t length = strcspn(list, " "), name = strcspn(list, " :");

		text_add_n(text, list, name);
		if (name < length)
			text_add(text, " (");
		for (size_t i = name + 1; i < length; i++)
			text_char(text, list[i] == ':' ? ' ' : list[i]);
		if (name < length)
			text_char(text, ')');
		list += length;
		if (*list == ' ')
			text_add(text, ", ");
		list += *list == ' ';
	}
}

static void add_value(struct text *text, const struct setting *setting, const void *at)
{
	switch (setting->kind) {
	case SETTING_BOOLEAN: text_add(text, *(const bool *)at ? "true" : "false"); break;
	case SETTING_NUMBER: text_i64(text, *(const int *)at); break;
	case SETTING_CHOICE: text_add(text, setting->choices[*(const int *)at]); break;
	case SETTING_SIGNALS: add_signals(*(const uint64_t *)at, text); break;
	case SETTING_NAMES: add_names(*(const char *const *)at, text); break;
	}
}

static bool is_default(const struct setting *setting, const void *at)
{
	static const size_t sizes[] = {
		[SETTING_BOOLEAN] = sizeof(bool),
		[SETTING_NUMBER] = sizeof(int),
		[SETTING_CHOICE] = sizeof(int),
		[SETTING_SIGNALS] = sizeof(uint64_t),
		[SETTING_NAMES] = sizeof(const char *),
	};
	struct config_settings settings;

	settings_default(&settings);
	if (setting->kind == SETTING_NAMES)
		return *(const char *const *)at == NULL ||
		       strcmp(*(const char *const *)at, CALLS_DEFAULT) == 0;
	return memcmp(at, (const char *)&settings + setting->offset, sizes[setting->kind]) == 0;
}

bool settings_describe(const struct config_settings *settings, size_t index, struct text *text)
{
	const struct setting *setting;
	const void *at;

	if (index >= SETTING_COUNT)
		return false;
	setting = &settings_table[index];
	at = (const char *)settings + setting->offset;
	if (is_default(setting, at))
		return true;
	text_printf(text, "%s%s%s: ", setting->group == NULL ? "" : setting->group,
		setting->group == NULL ? "" : ".", setting->key);
	add_value(text, setting, at);
	return true;
}
