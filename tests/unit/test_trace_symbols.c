/* SPDX-License-Identifier: Apache-2.0 */
/* Names, objects and fingerprints: of this program's own, of the C library's, and of ELF files made
 * by hand. */
#include "tests/support/elf_object.h"
#include "tests/support/trace_victim.h"

#include "core/trace/symbols.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

static int *volatile bad = (int *)8;
static volatile int log_file;

static char storage[4096];

/* The name for ADDRESS in a file of OBJECT's first SIZE bytes; "-" without one, "!" when the file
 * is refused. */
static const char *name_at(const struct object *object, size_t size, uint64_t address)
{
	int fd = memfd_create("object", 0);
	struct symbol_query query = {.address = address};
	struct symbol_table table;
	struct text names;

	text_init(&names, storage, sizeof storage);
	assert_int_equal(write(fd, object, size), size);
	bool good = symbols_in_file(fd, NULL, 0, &table);

	if (good)
		symbols_search(&table, &query, 1, &names);
	close(fd);
	if (!good)
		return "!";
	return query.name != NULL ? query.name : "-";
}

static const char *name_in(const struct object *object, uint64_t address)
{
	return name_at(object, sizeof *object, address);
}

static void nearest_function_that_covers_the_address_wins(void **state)
{
	struct object object;

	(void)state;
	object_init(&object);
	object_add(&object, "whole", 0x100, 0x100, STB_LOCAL);
	object_add(&object, "inside", 0x140, 0x10, STB_LOCAL);
	object_add(&object, "label", 0x300, 0, STB_LOCAL);
	assert_string_equal(name_in(&object, 0x100), "whole");
	assert_string_equal(name_in(&object, 0x144), "inside");
	assert_string_equal(
		name_in(&object, 0x160), "whole"); /* "inside" is nearer and has ended */
	assert_string_equal(name_in(&object, 0x1ff), "whole");
	assert_string_equal(name_in(&object, 0x200), "-"); /* nobody's */
	assert_string_equal(name_in(&object, 0x340), "label");
	assert_string_equal(name_in(&object, 0x400), "-"); /* another section's */
	assert_string_equal(name_in(&object, 0xff), "-");
}

static void known_name_wins_over_its_aliases(void **state)
{
	struct object object;

	(void)state;
	object_init(&object);
	object_add(&object, "local_alias", 0x100, 16, STB_LOCAL);
	object_add(&object, "global", 0x100, 16, STB_GLOBAL);
	object_add(&object, "weak_alias", 0x100, 16, STB_WEAK);
	object_add(&object, "_IO_known", 0x200, 16, STB_GLOBAL);
	object_add(&object, "known", 0x200, 16, STB_WEAK);
	object_add(&object, "known_here", 0x200, 16, STB_LOCAL);
	assert_string_equal(name_in(&object, 0x108), "global");
	assert_string_equal(name_in(&object, 0x208), "known");
}

/* Eight functions anywhere in the first 64 bytes, which may lie in one another. */
static void object_of_chance(struct object *object, unsigned *seed)
{
	char name[8];

	object_init(object);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "f%u", i);
		object_add(object, name, (uint64_t)(rand_r(seed) % 64),
			(uint64_t)(rand_r(seed) % 4 * (rand_r(seed) % 8)), STB_GLOBAL);
	}
}

static void queries_at_once_are_answered_as_each_alone(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct symbol_query queries[6];
		struct symbol_table table;
		struct object object;
		struct text names;
		int fd = memfd_create("object", 0);
		char at_once[512];

		object_of_chance(&object, &seed);
		assert_int_equal(write(fd, &object, sizeof object), sizeof object);
		assert_true(symbols_in_file(fd, NULL, 0, &table));
		for (unsigned i = 0; i < 6; i++)
			queries[i] =
				(struct symbol_query){.address = (uint64_t)(rand_r(&seed) % 72)};
		text_init(&names, at_once, sizeof at_once);
		symbols_search(&table, queries, 6, &names);
		close(fd);
		for (unsigned i = 0; i < 6; i++)
			assert_string_equal(queries[i].name != NULL ? queries[i].name : "-",
				name_in(&object, queries[i].address));
	}
}

static void only_defined_functions_have_names(void **state)
{
	struct object object;

	(void)state;
	object_init(&object);
	object_add(&object, "variable", 0x100, 16, STB_GLOBAL);
	object_add(&object, "imported", 0x200, 16, STB_GLOBAL);
	object.symbols[0].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
	object.symbols[1].st_shndx = SHN_UNDEF;
	assert_string_equal(name_in(&object, 0x108), "-");
	assert_string_equal(name_in(&object, 0x208), "-");
}

static void damaged_files_are_refused_or_nameless(void **state)
{
	struct object good, object;

	(void)state;
	object_init(&good);
	object_add(&good, "function", 0x100, 16, STB_GLOBAL);
	assert_string_equal(name_in(&good, 0x100), "function");
	for (size_t size = 0; size < offsetof(struct object, symbols); size += 8)
		assert_string_equal(name_at(&good, size, 0x100), "!");
	assert_string_equal(name_at(&good, offsetof(struct object, names), 0x100), "-");
	object = good;
	object.header.e_machine = EM_RISCV;
	assert_string_equal(name_in(&object, 0x100), "!");
	object = good;
	object.sections[1].sh_link = 4;
	assert_string_equal(name_in(&object, 0x100), "!");
	object = good;
	object.sections[1].sh_entsize = 1;
	assert_string_equal(name_in(&object, 0x100), "!");
	object = good;
	object.header.e_shoff = UINT64_MAX - 8;
	assert_string_equal(name_in(&object, 0x100), "!");
	object = good;
	object.sections[1].sh_size = UINT64_MAX; /* more than the file has */
	assert_string_equal(name_in(&object, 0x100), "function");
	object = good;
	object.symbols[0].st_name = UINT32_MAX;
	assert_string_equal(name_in(&object, 0x100), "-");
}

static void name_without_an_end_is_cut(void **state)
{
	struct object object;

	(void)state;
	object_init(&object);
	object_add(&object, "function", 0x100, 16, STB_GLOBAL);
	object.sections[2].sh_size = 5; /* of "\0function" */
	assert_string_equal(name_in(&object, 0x100), "func");
}

/* Loaded objects */

static void this_program_and_libc_are_found(void **state)
{
	static struct trace trace;
	struct trace_registers registers;

	(void)state;
	registers_here(&registers);
	trace_from_here(&trace, &registers, NULL);
	trace_modules(&trace);
	trace_symbolize(&trace);
	char self[4096] = "";

	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	assert_string_equal(trace.frames[0].module->path, self);
	assert_string_equal(trace.frames[0].function, "this_program_and_libc_are_found");
	const struct frame *frame = frame_of(&trace, "__libc_start_main");

	assert_non_null(frame);
	assert_non_null(strstr(frame->module->path, "libc.so.6"));
	assert_true(frame->module->build_id_size >= 8);
}

/* The name that MODULE's dynamic symbols in memory have for ADDRESS. */
static const char *name_in_memory(struct modules *modules, const void *address)
{
	struct module *module = modules_find(modules, (uintptr_t)address);
	struct symbol_table table;
	struct text names;

	assert_non_null(module);
	struct symbol_query query = {.address = (uintptr_t)address - module->public.bias};

	text_init(&names, storage, sizeof storage);
	assert_true(symbols_in_memory(&modules->reader, module, &table));
	symbols_search(&table, &query, 1, &names);
	return query.name;
}

static void memory_has_names_without_a_file(void **state)
{
	static struct modules modules;

	(void)state;
	modules_init(&modules);
	assert_string_equal(name_in_memory(&modules, (const void *)(uintptr_t)qsort), "qsort");
	modules_init(&modules);
	modules.by_maps = true;
	assert_string_equal(name_in_memory(&modules, (const void *)(uintptr_t)fputs), "fputs");
}

static void vdso_is_named_and_has_names(void **state)
{
	static struct modules modules;
	char line[256];
	uint64_t start = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	struct text names;

	(void)state;
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "[vdso]") != NULL)
			sscanf(line, "%" SCNx64, &start);
	fclose(maps);
	if (start == 0)
		skip();
	for (int by_maps = 0; by_maps < 2; by_maps++) {
		modules_init(&modules);
		modules.by_maps = by_maps != 0;
		struct module *module = modules_find(&modules, start + 64);

		assert_non_null(module);
		text_init(&names, storage, sizeof storage);
		modules_describe(&modules, module, &names);
		assert_string_equal(module->public.path, "linux-vdso.so.1");
		struct symbol_table table;

		assert_true(symbols_in_memory(&modules.reader, module, &table));
		assert_uint_in_range(table.count, 2, 100);
	}
}

static void nobody_owns_anonymous_memory(void **state)
{
	static struct modules modules;

	(void)state;
	for (int by_maps = 0; by_maps < 2; by_maps++) {
		modules_init(&modules);
		modules.by_maps = by_maps != 0;
		assert_null(modules_find(&modules, (uintptr_t)&state));
		assert_null(modules_find(&modules, 0x1234));
		assert_null(modules_find(&modules, UINT64_MAX));
	}
}

static void other_build_of_the_file_has_no_names(void **state)
{
	static struct modules modules;
	struct symbol_table table;
	struct text names;

	(void)state;
	modules_init(&modules);
	text_init(&names, storage, sizeof storage);
	struct module *module = modules_find(&modules, (uintptr_t)qsort);

	modules_describe(&modules, module, &names);
	int fd = open(module->public.path, O_RDONLY);
	uint8_t other[BUILD_ID_MAX];

	memcpy(other, module->public.build_id, sizeof other);
	assert_true(symbols_in_file(fd, other, module->public.build_id_size, &table));
	other[3] ^= 1;
	assert_false(symbols_in_file(fd, other, module->public.build_id_size, &table));
	close(fd);
}

/* A program whose file is gone, or another one, when it crashes */

NOINLINE static void crashes(void)
{
	log_file = *bad;
	log_file++;
}

static void show_functions(const void *ucontext)
{
	char line[4400];

	(void)ucontext;
	for (unsigned i = 0; i < victim_trace->count; i++) {
		const struct frame *frame = &victim_trace->frames[i];

		int length = snprintf(line, sizeof line, "%s %s\n", frame->module->path,
			frame->function != NULL ? frame->function : "?");

		if (write(STDOUT_FILENO, line, (size_t)length) != length)
			_exit(2);
	}
}

/* Runs as a copy of this program: WHAT happens to its file, then it crashes. */
static int victim_main(const char *self, const char *what)
{
	static struct trace trace;

	unlink(self);
	if (strcmp(what, "replaced") == 0 && symlink("/bin/sh", self) != 0)
		return 1;
	victim_trace = &trace;
	victim_then = show_functions;
	victim_prepare();
	crashes();
	return 1;
}

static void assert_nameless(const char *what)
{
	char self[4096] = "", copy[] = "/tmp/vigil-test-XXXXXX", command[4400], line[4400];
	int fd = mkstemp(copy);

	close(fd);
	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	snprintf(command, sizeof command, "cp '%s' %s && chmod 755 %s && %s %s", self, copy, copy,
		copy, what);
	FILE *victim = popen(command, "r");

	char *first = fgets(line, sizeof line, victim), rest[4400];
	bool libc_named = false;

	while (fgets(rest, sizeof rest, victim) != NULL)
		libc_named |= strstr(rest, "__libc_start_main") != NULL;
	int status = pclose(victim);

	unlink(copy);
	assert_non_null(first);
	snprintf(command, sizeof command, "%s ?\n", copy);
	assert_string_equal(line, command);
	assert_int_equal(status, 0);
	assert_true(libc_named);
}

static void file_that_is_gone_or_replaced_gives_no_names(void **state)
{
	(void)state;
	assert_nameless("gone");
	assert_nameless("replaced");
}

/* In a process that shares the memory, as the preload traces */

#define STACK_SIZE ((size_t)256 * 1024)
#define STACK_EXPECTED ((size_t)64 * 1024)
#define UNTOUCHED 0xa5

static int tracer_main(void *ucontext)
{
	trace_from_context(victim_trace, ucontext);
	trace_modules(victim_trace);
	trace_symbolize(victim_trace);
	return 0;
}

static void trace_in_a_clone(const void *ucontext)
{
	uint8_t *stack =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t untouched = 0;

	memset(stack, UNTOUCHED, STACK_SIZE);
	victim_trace->count = 0;
	pid_t pid = clone(tracer_main, stack + STACK_SIZE, CLONE_VM | CLONE_UNTRACED,
		(void *)(uintptr_t)ucontext);

	if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
		_exit(2);
	while (untouched < STACK_SIZE && stack[untouched] == UNTOUCHED)
		untouched++;
	if (STACK_SIZE - untouched > STACK_EXPECTED)
		_exit(3);
}

static void clone_traces_its_creator_on_a_small_stack(void **state)
{
	(void)state;
	skip_under_thread_sanitizer();
	victim_then = trace_in_a_clone;
	struct trace *trace = trace_of(crashes);

	victim_then = NULL;
	assert_non_null(trace);
	assert_string_equal(trace->stop, "end of stack");
	assert_string_equal(trace->frames[0].function, "crashes");
	assert_non_null(frame_of(trace, "main"));
}

/* Fingerprints */

static void fingerprint_tells_traces_apart(void **state)
{
	struct frame_module module = {
		.path = "/usr/lib/libone.so", .build_id = {1, 2}, .build_id_size = 2};
	struct frame_module moved = module, rebuilt = module;
	struct frame frames[10] = {{.module = &module, .function = "step"}};
	uint64_t first = trace_fingerprint(frames, 10);

	(void)state;
	assert_int_equal(trace_fingerprint(frames, 0), 0);
	assert_int_not_equal(first, 0);
	frames[0].pc = 4711; /* another place in the same function, another process */
	frames[0].offset = 17;
	moved.path = "/opt/libone.so";
	frames[0].module = &moved;
	frames[8].function = "far_away";
	assert_int_equal(trace_fingerprint(frames, 10), first);
	rebuilt.build_id[1] = 3;
	frames[0].module = &rebuilt;
	assert_int_not_equal(trace_fingerprint(frames, 10), first);
	frames[0].module = &module;
	frames[0].function = "stop";
	assert_int_not_equal(trace_fingerprint(frames, 10), first);
	frames[0].function = NULL;
	uint64_t by_offset = trace_fingerprint(frames, 10);

	frames[0].offset++;
	assert_int_not_equal(trace_fingerprint(frames, 10), by_offset);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_function_that_covers_the_address_wins),
		cmocka_unit_test(known_name_wins_over_its_aliases),
		cmocka_unit_test(queries_at_once_are_answered_as_each_alone),
		cmocka_unit_test(only_defined_functions_have_names),
		cmocka_unit_test(damaged_files_are_refused_or_nameless),
		cmocka_unit_test(name_without_an_end_is_cut),
		cmocka_unit_test(this_program_and_libc_are_found),
		cmocka_unit_test(memory_has_names_without_a_file),
		cmocka_unit_test(vdso_is_named_and_has_names),
		cmocka_unit_test(nobody_owns_anonymous_memory),
		cmocka_unit_test(other_build_of_the_file_has_no_names),
		cmocka_unit_test(file_that_is_gone_or_replaced_gives_no_names),
		cmocka_unit_test(clone_traces_its_creator_on_a_small_stack),
		cmocka_unit_test(fingerprint_tells_traces_apart),
	};

	if (argc > 1)
		return victim_main(argv[0], argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
