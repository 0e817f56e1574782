/* SPDX-License-Identifier: Apache-2.0 */
/* The process that reads what may be damaged: what it finds goes into a pipe, at once. */
#include "core/report/symbols/symbolizer.h"

#include "core/report/symbols/demangle.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* More than it has at the start: mapped files count. */
#define MEMORY_MOST ((rlim_t)6 << 30)

/* Seconds without a byte after which a server is given up, where the user has set no other. */
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

/* It goes with its parent, and when it dies, that leaves neither a core nor a word. */
static void confine(void)
{
	static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM};
	rlim_t now = memory_now();
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		signal(ends[i], SIG_DFL);
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

/* Whoever reads must know what was under way when we die of it. */
static void put_step(FILE *to, size_t step)
{
	put(to, (struct symbolizer_answer){.kind = ANSWER_STEP, .index = (uint32_t)step});
	if (fflush(to) != 0)
		_exit(1);
}

static void put_demangled(FILE *to, const char *symbol)
{
	char *demangled = symbol == NULL ? NULL : demangle(symbol);

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
		fflush(to); /* a sign of life */
	}
	if (source_is_unstored(reader))
		put(to, (struct symbolizer_answer){
				.kind = ANSWER_TROUBLE, .value = SOURCE_UNSTORED});
	fflush(to);
	source_close(reader);
}

void symbolizer_process(const struct symbolizer_run *symbolizer_run, size_t step, int fd)
{
	FILE *to;

	confine();
	to = fdopen(fd, "w");
	for (; to != NULL && step < symbolizer_run->name_count + symbolizer_run->module_count;
		step++) {
		put_step(to, step);
		if (step < symbolizer_run->name_count) {
			put(to, (struct symbolizer_answer){.kind = ANSWER_NAME,
					.index = (uint32_t)step,
					.strings = 1});
			put_demangled(to, symbolizer_run->names[step].symbol);
		} else {
			answer_module(to,
				&symbolizer_run->modules[step - symbolizer_run->name_count],
				symbolizer_run->debug_directory);
		}
	}
	if (to != NULL)
		put(to, (struct symbolizer_answer){.kind = ANSWER_END});
	_exit(to == NULL || fflush(to) != 0);
}
