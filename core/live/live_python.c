/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_python.h"

#include "core/base/number.h"
#include "core/base/path.h"
#include "core/live/live_task.h"
#include "core/trace/symbols.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX ((uint64_t)64 << 20)

/* Where glibc keeps the kernel's number of a thread, from its pthread_self() on: so since 2.4. What
 * is there only counts if the process has a thread of that number. */
#if defined(__x86_64__)
#define TID_AT 720
#else
#define TID_AT 208
#endif

static bool read_memory(void *modules, uint64_t address, void *to, size_t size)
{
	return memory_read_exact(&((struct modules *)modules)->reader, address, to, size);
}

static void set_memory(struct live_python *python, struct modules *modules)
{
	python->stacks.reader.memory = (struct python_memory){.read = read_memory,
		.context = modules,
		.reads_left = python->reads_most > 0 ? python->reads_most : PYTHON_READS_MAX};
}

/* The value of symbol NAME in TABLE, a file's; 0: it is not there. */
static uint64_t value_of(const struct symbol_table *table, const char *name)
{
	size_t size = strlen(name) + 1, count = table->count < SYMBOLS_MAX ? table->count : 0;
	Elf64_Sym *symbols = calloc(count + 1, sizeof *symbols);
	char *names = malloc(table->names_size > NAMES_MAX ? 1 : table->names_size + 1);
	uint64_t value = 0;
	ssize_t names_size = 0, got = 0;

	if (symbols != NULL && names != NULL && table->names_size <= NAMES_MAX) {
		names_size = pread(table->fd, names, table->names_size, (off_t)table->names);
		got = pread(table->fd, symbols, count * sizeof *symbols, (off_t)table->symbols);
	}
	for (ssize_t i = 0; value == 0 && i < got / (ssize_t)sizeof *symbols; i++)
		if ((ssize_t)(symbols[i].st_name + size) <= names_size &&
			memcmp(names + symbols[i].st_name, name, size) == 0)
			value = symbols[i].st_value;
	free(symbols);
	free(names);
	return value;
}

/* The address of _PyRuntime in MODULE; 0: it has none. */
static uint64_t runtime_in(const struct frame_module *module)
{
	struct symbol_table table;
	uint64_t value = 0;
	int fd = open(module->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (symbols_in_file(fd, module->build_id, module->build_id_size, &table))
		value = value_of(&table, "_PyRuntime");
	close(fd);
	return value == 0 ? 0 : module->bias + value;
}

void live_python_find(struct live_python *python, struct modules *modules)
{
	python->runtime = 0;
	for (unsigned i = 0; i < modules->count && python->runtime == 0; i++) {
		const struct frame_module *module = &modules->list[i].public;
		const char *name = strstr(path_base(module->path), "python");

		if (name == NULL || module->path[0] != '/')
			continue;
		name = text_after(name, "python3.");
		python->runtime = runtime_in(module);
		python->minor = name == NULL ? 0 : (unsigned)number_prefix(name);
	}
	if (python->runtime == 0)
		return;
	set_memory(python, modules);
	python->count = python_frames_threads(&python->stacks, python->runtime, python->minor,
		python->threads, LIVE_PYTHON_THREADS_MAX);
}

/* The thread of PYTHON that is TID; NULL: it is none of Python's. */
static const struct python_thread *find_thread(
	const struct live_python *python, struct modules *modules, pid_t tid)
{
	tid = live_task_inner(tid);
	for (size_t i = 0; i < python->count; i++) {
		int32_t number;

		if (memory_read_exact(&modules->reader, python->threads[i].self + TID_AT, &number,
			    sizeof number) &&
			number == tid)
			return &python->threads[i];
	}
	return NULL;
}

bool live_python_has(const struct live_python *python, struct modules *modules, pid_t tid)
{
	return find_thread(python, modules, tid) != NULL;
}

bool live_python_read(struct live_python *python, struct modules *modules, pid_t tid)
{
	const struct python_thread *thread = find_thread(python, modules, tid);

	python->found = false;
	if (thread == NULL)
		return false;
	set_memory(python, modules);
	python_frames_read_own(&python->stacks, python->runtime, python->minor, thread->state);
	python->found = python->stacks.reason == NULL && python->stacks.own.count > 0;
	return python->found;
}
