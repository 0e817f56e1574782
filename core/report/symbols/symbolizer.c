/* SPDX-License-Identifier: Apache-2.0 */
/* First the child, which reads files that may be damaged and writes each answer at once; then its
 * parent, which reads the answers. */
#include "core/report/symbols/symbolizer.h"

#include "core/base/clock.h"
#include "core/base/grow.h"
#include "core/base/signal_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWERS_MOST ((size_t)256 << 20)
#define STRINGS_MOST (3 + SOURCE_INLINED_MOST)

enum { STRING_FILE, STRING_FUNCTION, STRING_SYMBOL, STRING_INLINED };

/* How long to wait for the next answer about a file. */
#define SILENCE_MS 10000

/* How many children may die: files that kill their reader are rare. */
#define DEATHS_MOST 8

/* An answer in the pipe: this, and then STRINGS strings, each with its NUL, "" for unknown. */
enum symbolizer_answer_kind {
	ANSWER_STEP,	 /* question INDEX is begun: the names come first, then the modules */
	ANSWER_NAME,	 /* demangled */
	ANSWER_TROUBLE,	 /* VALUE is the trouble of the module */
	ANSWER_LOCATION, /* location INDEX of the module: VALUE is the line; file, function, symbol,
		      then the inlined ones */
	ANSWER_END,	 /* all questions are answered */
};

struct symbolizer_answer {
	uint32_t kind, index, value, strings;
	uint64_t offset;
};

/* How much memory the child may map beyond what it has at its start; mapped files count. */
#define MEMORY_MOST ((rlim_t)6 << 30)

/* DEBUGINFOD_TIMEOUT, unless the user has set it: seconds without a byte. */
#define SERVER_TIMEOUT "5"

static rlim_t memory_now(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL && fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* The child dies with its parent, and leaves neither a core file nor a message when it dies. */
static void confine(void)
{
	uint64_t reset = SIGNALS_CRASH | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGTERM);
	rlim_t now = memory_now();
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	while (reset != 0)
		signal(signal_take(&reset), SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	if (now > 0)
		setrlimit(RLIMIT_AS, &(struct rlimit){now + MEMORY_MOST, now + MEMORY_MOST});
	setenv("DEBUGINFOD_TIMEOUT", SERVER_TIMEOUT, 0);
}

static void put_string(FILE *to, const char *string)
{
	fwrite(string == NULL ? "" : string, string == NULL ? 1 : strlen(string) + 1, 1, to);
}

static void put(FILE *to, struct symbolizer_answer answer)
{
	fwrite(&answer, sizeof answer, 1, to);
}

/* The parent must know what was being read when the child dies. */
static void put_step(FILE *to, size_t step)
{
	put(to, (struct symbolizer_answer){.kind = ANSWER_STEP, .index = (uint32_t)step});
	if (fflush(to) != 0)
		_exit(1);
}

bool symbolizer_is_mangled(const char *symbol)
{
	return symbol[0] == '_' && symbol[1] == 'Z';
}

/* Declared here because <cxxabi.h> is for C++. It is libstdc++'s: its output looks like gdb's, and
 * its licence lets a command link it. binutils' libiberty would also read Rust's "_R…", but is an
 * archive without a stable interface, under the LGPL; so such names stay as they are. A hostile
 * name can need more memory and time than there is. */
extern char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *ret_status);

static void put_demangled(FILE *to, const char *symbol)
{
	int status;
	char *demangled = symbol == NULL || !symbolizer_is_mangled(symbol)
				  ? NULL
				  : __cxa_demangle(symbol, NULL, NULL, &status);

	put_string(to, demangled == NULL ? symbol : demangled);
	free(demangled);
}

static void answer_location(FILE *to, uint32_t index, const struct source *source)
{
	put(to, (struct symbolizer_answer){
			.kind = ANSWER_LOCATION,
			.index = index,
			.value = (uint32_t)source->line,
			.strings = 3 + (uint32_t)source->inlined_count,
			.offset = source->offset,
		});
	put_string(to, source->file);
	put_demangled(to, source->symbol);
	put_string(to, source->symbol);
	for (size_t i = 0; i < source->inlined_count; i++)
		put_demangled(to, source->inlined[i]);
}

static void answer_module(
	FILE *to, const struct symbolizer_module *module, const char *debug_directory)
{
	struct source_reader *reader;
	enum source_trouble trouble = source_open(module->module,
		module->locations[module->count - 1].address, debug_directory, &reader);

	put(to, (struct symbolizer_answer){.kind = ANSWER_TROUBLE, .value = (uint32_t)trouble});
	if (trouble != SOURCE_OK)
		return;
	for (size_t i = 0; i < module->count; i++) {
		struct source source = source_find(reader, module->locations[i].address);

		answer_location(to, (uint32_t)i, &source);
		fflush(to); /* the parent waits no longer than SILENCE_MS */
	}
	if (source_is_unstored(reader))
		put(to, (struct symbolizer_answer){
				.kind = ANSWER_TROUBLE, .value = SOURCE_UNSTORED});
	fflush(to);
	source_close(reader);
}

__attribute__((noreturn)) static void symbolizer_process(
	const struct symbolizer_query *query, size_t step, int fd)
{
	FILE *to;

	confine();
	to = fdopen(fd, "w");
	for (; to != NULL && step < query->name_count + query->module_count; step++) {
		put_step(to, step);
		if (step < query->name_count) {
			put(to, (struct symbolizer_answer){.kind = ANSWER_NAME,
					.index = (uint32_t)step,
					.strings = 1});
			put_demangled(to, query->names[step].symbol);
		} else {
			answer_module(to, &query->modules[step - query->name_count],
				query->debug_directory);
		}
	}
	if (to != NULL)
		put(to, (struct symbolizer_answer){.kind = ANSWER_END});
	_exit(to == NULL || fflush(to) != 0);
}

/* All bytes that one child wrote. */
struct answers {
	char *bytes; /* malloc'ed */
	size_t count, room;
	bool late;   /* the time limit came before the last answer */
	bool stuck;  /* no answer came for too long; the time limit has not come */
	bool closed; /* the child has closed the pipe: it has terminated, or is about to */
};

struct conversation {
	struct symbolizer_query *query;
	struct arena *arena;
	size_t step; /* the last one that was begun */
	bool begun, ended;
	const char *last_file; /* most locations are in the file of the one before */
	bool out_of_memory;
};

/* How long to wait for an answer about one file: half of the time that is left, so that the files
 * behind it have the rest, and no longer than a disk takes. A server may take all of it. */
static int64_t patience(int64_t left_ms)
{
	const char *servers = getenv("DEBUGINFOD_URLS");

	if (servers != NULL && servers[0] != '\0')
		return left_ms;
	return left_ms / 2 > SILENCE_MS ? SILENCE_MS : left_ms / 2 + 1;
}

/* Reads answers until the pipe is closed, DEADLINE_MS has come, or the child was silent too long.
 */
static void listen_to(int fd, int64_t deadline_ms, struct answers *answers)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (answers->count < ANSWERS_MOST &&
		grow(&answers->bytes, &answers->room, answers->count, 1)) {
		int64_t left = deadline_ms - instant_mono_ms();
		int polled = left <= 0 ? 0 : poll(&ready, 1, (int)patience(left));
		ssize_t got;

		if (polled == 0) {
			answers->late = left <= 0;
			answers->stuck = left > 0;
			return;
		}
		got = polled < 0 ? -1
				 : read(fd, answers->bytes + answers->count,
					   answers->room - answers->count);
		answers->closed = got == 0;
		if (got == 0 || (got < 0 && errno != EINTR))
			return;
		if (got > 0)
			answers->count += (size_t)got;
	}
}

static struct answers converse(
	const struct symbolizer_query *query, size_t step, int64_t deadline_ms)
{
	struct answers answers = {0};
	int ends[2], status = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return answers;
	child = fork();
	if (child == 0)
		symbolizer_process(query, step, ends[1]);
	close(ends[1]);
	if (child > 0) {
		listen_to(ends[0], deadline_ms, &answers);
		if (!answers.closed)
			kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return answers;
}

static const char *keep(struct conversation *conversation, const char *string)
{
	const char *kept = arena_strdup(conversation->arena, string);

	conversation->out_of_memory |= kept == NULL;
	return kept;
}

static const char *keep_file(struct conversation *conversation, const char *file)
{
	if (file[0] == '\0')
		return NULL;
	if (conversation->last_file == NULL || strcmp(conversation->last_file, file) != 0)
		conversation->last_file = keep(conversation, file);
	return conversation->last_file;
}

static void keep_inlined(struct conversation *conversation, struct symbolizer_location *location,
	const char *const *strings, size_t count)
{
	const char **names;

	if (count == 0)
		return;
	names = arena_alloc(conversation->arena, count * sizeof *names);
	conversation->out_of_memory |= names == NULL;
	for (size_t i = 0; names != NULL && i < count; i++)
		names[i] = keep(conversation, strings[i]);
	location->inlined = names;
	location->inlined_count = names == NULL ? 0 : count;
}

static void take_location(struct conversation *conversation, struct symbolizer_module *module,
	const struct symbolizer_answer *answer, const char *const *strings)
{
	struct symbolizer_location *location = &module->locations[answer->index];

	location->line = (int)answer->value;
	location->offset = answer->offset;
	location->file = keep_file(conversation, strings[STRING_FILE]);
	if (strings[STRING_FUNCTION][0] != '\0')
		location->function = keep(conversation, strings[STRING_FUNCTION]);
	if (strcmp(strings[STRING_FUNCTION], strings[STRING_SYMBOL]) != 0)
		location->symbol = keep(conversation, strings[STRING_SYMBOL]);
	keep_inlined(
		conversation, location, strings + STRING_INLINED, answer->strings - STRING_INLINED);
}

static struct symbolizer_module *module_of(const struct conversation *conversation)
{
	size_t names = conversation->query->name_count;

	return conversation->begun && conversation->step >= names
		       ? &conversation->query->modules[conversation->step - names]
		       : NULL;
}

/* Returns false for an answer that our child does not write. */
static bool take_answer(struct conversation *conversation, const struct symbolizer_answer *answer,
	const char *const *strings)
{
	struct symbolizer_query *query = conversation->query;
	struct symbolizer_module *module = module_of(conversation);

	switch (answer->kind) {
	case ANSWER_STEP:
		if (answer->index >= query->name_count + query->module_count)
			return false;
		conversation->step = answer->index;
		conversation->begun = true;
		return true;
	case ANSWER_NAME:
		if (answer->index >= query->name_count || answer->strings != 1)
			return false;
		if (strcmp(query->names[answer->index].symbol, strings[0]) != 0)
			query->names[answer->index].demangled = keep(conversation, strings[0]);
		return true;
	case ANSWER_TROUBLE:
		if (module == NULL || answer->value >= SOURCE_TROUBLE_COUNT_)
			return false;
		module->trouble = (enum source_trouble)answer->value;
		return true;
	case ANSWER_LOCATION:
		if (module == NULL || answer->index >= module->count ||
			answer->strings < STRING_INLINED)
			return false;
		take_location(conversation, module, answer, strings);
		return true;
	case ANSWER_END: conversation->ended = true; return true;
	}
	return false;
}

/* Takes the COUNT strings of an answer from AT on. Returns where the next answer begins; NULL where
 * not all of them are there. */
static const char *take_strings(
	const char *at, const char *end, uint32_t count, const char *strings[STRINGS_MOST])
{
	if (count > STRINGS_MOST)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		if (nul == NULL)
			return NULL;
		strings[i] = at;
		at = nul + 1;
	}
	return at;
}

static void take_answers(struct conversation *conversation, const struct answers *answers)
{
	const char *at = answers->bytes, *end = answers->bytes + answers->count;
	const char *strings[STRINGS_MOST];
	struct symbolizer_answer answer;

	while ((size_t)(end - at) >= sizeof answer && !conversation->out_of_memory) {
		memcpy(&answer, at, sizeof answer);
		at = take_strings(at + sizeof answer, end, answer.strings, strings);
		if (at == NULL || !take_answer(conversation, &answer, strings))
			return;
	}
}

int symbolizer_run(struct symbolizer_query *query, struct arena *arena)
{
	struct conversation conversation = {.query = query, .arena = arena};
	size_t steps = query->name_count + query->module_count, step = 0;
	int64_t deadline_ms = instant_mono_ms() + query->limit_ms;

	for (int deaths = 0; step < steps && deaths < DEATHS_MOST; deaths++) {
		struct answers answers = converse(query, step, deadline_ms);

		conversation.begun = false;
		take_answers(&conversation, &answers);
		free(answers.bytes);
		query->late |= answers.late;
		if (conversation.out_of_memory)
			return -ENOMEM;
		if (conversation.ended || answers.late || !conversation.begun)
			return 0;
		if (module_of(&conversation) != NULL)
			module_of(&conversation)->trouble =
				answers.stuck ? SOURCE_SLOW : SOURCE_DAMAGED;
		else
			query->late |= answers.stuck; /* a name that takes all the time */
		step = conversation.step + 1;
	}
	return 0;
}
