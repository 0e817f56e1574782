/* SPDX-License-Identifier: Apache-2.0 */
/* Factories whose library is this program: what they get, what becomes of what they give, and what
 * is wrong with a configuration of them. */
#include "core/config/config.h"
#include "core/include/vigil/logging.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static struct config_errors errors;
static char program[PATH_MAX];
static char told[8192]; /* what the functions of this "library" were called with */
static unsigned opened;
static bool make_error;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	size_t length = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told + length, sizeof told - length, format, arguments);
	va_end(arguments);
}

/* ---- The library ---- */

static int emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	errno = EBADF;
	tell("<%s %s %.*s>", (const char *)data, record->name, (int)length, text);
	return 0;
}

static void flush_or_close(void *data)
{
	errno = EBADF;
	tell("(%s)", (const char *)data);
}

static struct vigil_handler_spec handler = {
	.class_name = "my.Handler",
	.emit = emit,
	.flush = flush_or_close,
	.close = flush_or_close,
	.data = (void *)"data",
};

static int make(const struct vigil_kv *args, void **ret)
{
	for (; args->key != NULL; args++)
		tell("%s=%s%s;", args->key, args->text, args->json ? " json" : "");
	*ret = &handler;
	return 0;
}

static enum vigil_verdict no_odd_lines(struct vigil_record *record, void *data)
{
	errno = EBADF;
	(void)data;
	return record->lineno % 2 == 0 ? VIGIL_KEEP : VIGIL_DROP;
}

static int make_filter(const struct vigil_kv *args, void **ret)
{
	static struct vigil_filter_spec spec = {.filter = no_odd_lines};

	(void)args;
	*ret = &spec;
	return 0;
}

static ssize_t shout(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	errno = EBADF;
	return snprintf(buffer, size, "%s%s", record->message, (const char *)data);
}

static void *make_formatter(const char *mark)
{
	static struct vigil_formatter_spec spec = {.format = shout};

	spec.data = (void *)mark;
	return &spec;
}

static void *make_typed(const char *str, int32_t i32, int64_t i64, uint32_t u32, uint64_t u64,
	float f32, double f64, bool yes, bool no, void *nothing, double eleventh)
{
	tell("%s %d %lld %u %llu %a %a %d %d %d %a;", str, i32, (long long)i64, u32,
		(unsigned long long)u64, (double)f32, f64, yes, no, nothing == NULL, eleventh);
	return &handler;
}

static void *make_many(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g,
	int32_t h, int32_t i, int32_t j, int32_t k, int32_t l, int32_t m, int32_t n, int32_t o,
	int32_t p, int32_t q, int32_t r, int32_t s, int32_t t, int32_t u, int32_t v, int32_t w,
	int32_t x, int32_t y, int32_t z, double aa, double ab, double ac, double ad, float ae,
	const char *af)
{
	tell("%d %d %g %s;", a + b + c + d + e + f + g + h + i + j + k + l + m, n + o + p + q + r +
		s + t + u + v + w + x + y + z, aa + ab + ac + ad + (double)ae, af);
	return &handler;
}

static void *make_without_arguments(void)
{
	tell("none;");
	return &handler;
}

static int refuse(const struct vigil_kv *args, void **ret)
{
	(void)args;
	*ret = &handler;
	return -ENOENT;
}

static int refuse_oddly(const struct vigil_kv *args, void **ret)
{
	return refuse(args, ret) == 0 ? 0 : 7;
}

static int make_nothing(const struct vigil_kv *args, void **ret)
{
	(void)args;
	(void)ret;
	return 0;
}

static void *return_null(void)
{
	return NULL;
}

/* Whichever it is taken for, its function is NULL. */
static int make_hollow(const struct vigil_kv *args, void **ret)
{
	static max_align_t hollow[8];

	(void)args;
	*ret = hollow;
	return 0;
}

static int *own_errno(void)
{
	return &errno;
}

static void *symbol(void *library, const char *name)
{
#define SYMBOL(function) { #function, (void *)(function) }
	static const struct {
		const char *name;
		void *function;
	} symbols[] = {SYMBOL(make), SYMBOL(make_filter), SYMBOL(make_formatter),
		SYMBOL(make_typed), SYMBOL(make_many), SYMBOL(make_without_arguments), SYMBOL(refuse),
		SYMBOL(refuse_oddly), SYMBOL(make_nothing), SYMBOL(return_null), SYMBOL(make_hollow),
		{"__errno_location", (void *)own_errno}};

	assert_ptr_equal(library, program);
	for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
		if (strcmp(symbols[i].name, name) == 0)
			return symbols[i].function;
	return NULL;
}

static void *open_(const char *path, int mode)
{
	(void)mode;
	assert_string_equal(path, program);
	opened++;
	return make_error ? NULL : program;
}

static char *error_of(void)
{
	static char text[] = "the loader's reason";

	return text;
}

static const struct config_loader loader = {open_, symbol, error_of};

/* ---- Configurations ---- */

static struct config_context context;

/* "@" in TEXT is the library's path. */
static const char *with_path(const char *text)
{
	size_t size = strlen(text) + 4 * sizeof program;
	char *whole = arena_alloc(&arena, size);
	struct text out;

	text_init(&out, whole, size);
	for (; *text != '\0'; text++)
		if (*text == '@')
			text_add(&out, program);
		else
			text_char(&out, *text);
	return whole;
}

static int parse(const char *text, struct logging **ret)
{
	char *whole = arena_strdup(&arena, with_path(text));

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	told[0] = '\0';
	opened = 0;
	return config_parse(&arena, whole, strlen(whole), &context, ret, &errors);
}

#define ALLOWED "version: 1\nvigil: {factories: true}\n"

static struct logging *good(const char *text)
{
	struct logging *logging = NULL;
	int error = parse(text, &logging);

	if (error < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	return logging;
}

static void assert_refused(const char *text, const char *expected)
{
	struct logging *logging = NULL;

	assert_int_equal(parse(text, &logging), -EINVAL);
	assert_null(logging);
	assert_string_equal(errors.lines[0], with_path(expected));
	assert_int_equal(errors.count, 1);
}

/* A handler whose keys are those in TEXT, each on a line with four blanks before it. */
static void assert_handler_refused(const char *text, const char *expected)
{
	char whole[2048];

	snprintf(whole, sizeof whole, ALLOWED "handlers:\n  h:\n%s\n", text);
	assert_refused(whole, expected);
}

static int reset(void **state)
{
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	(void)state;
	assert_true(length > 0);
	program[length] = '\0';
	context = (struct config_context){.loader = &loader};
	make_error = false;
	return 0;
}

static void a_factory_gets_the_other_keys_as_text(void **state)
{
	(void)state;
	good(ALLOWED "my: {a: cfg://n}\nn: [7]\n"
		     "formatters: {x: {format: '%(message)s'}}\n"
		     "filters: {y: {name: a}}\n"
		     "handlers:\n"
		     "  h: {'()': '@:make', level: 10, formatter: x, filters: [y], path: a.log, n: "
		     "0x10, f: 1_0.50, t: yes, z: null, name: n, e: '',\n"
		     "    l: [1, -.5, +1_0., no, null, {\"q\\\"\": ['\\', ü]}, 1.5e+3], m: "
		     "{}, r: cfg://my, args: x, returns: 3}\n");
	assert_string_equal(told,
		"path=a.log;n=16;f=1_0.50;t=True;z=None;name=n;e=;"
		"l=[1,\"-.5\",10.0,false,null,{\"q\\\"\":[\"\\\\\",\"\\u00fc\"]},1.5e+3] json;"
		"m={} json;r={\"a\":[7]} json;args=x;returns=3;");
	assert_int_equal(opened, 1);
}

static void a_typed_factory_gets_its_arguments(void **state)
{
	(void)state;
	good(ALLOWED "handlers:\n  h: {class: '@:make_typed', returns: handler, args: [{str: x}, "
		     "{i32: -2147483648}, {i64: -9223372036854775807}, {u32: 4294967295}, "
		     "{u64: 18446744073709551615}, {f32: 0.1}, {f64: 0.1}, {bool: yes}, "
		     "{bool: false}, {ptr: null}, {f64: -3}]}\n");
	assert_string_equal(told,
		"x -2147483648 -9223372036854775807 4294967295 18446744073709551615 "
		"0x1.99999ap-4 0x1.999999999999ap-4 1 0 1 -0x1.8p+1;");
	good(ALLOWED "handlers:\n  h: {'()': '@:make_typed', args: [{str: ''}, {i32: 2147483647}, "
		     "{i64: 9223372036854775807}, {u32: 0}, {u64: 0xffff_ffff_ffff_fffe}, "
		     "{f32: -.inf}, {f64: .NaN}, {bool: yes}, {bool: no}, {ptr: ~}, "
		     "{f64: 1_000.5e-1}]}\n");
	assert_string_equal(told,
		" 2147483647 9223372036854775807 0 18446744073709551614 -inf nan 1 0 1 "
		"0x1.9033333333333p+6;");
	good(ALLOWED "handlers: {h: {'()': '@:make_without_arguments', args: []}}");
	assert_string_equal(told, "none;");
}

#define THIRTEEN(x) x x x x x x x x x x x x x
#define MANY THIRTEEN("{i32: 1}, ") THIRTEEN("{i32: 2}, ") "{f64: 1}, {f64: 2}, {f64: 3}, {f64: 4}, {f32: 0.5}, {str: end}"

static void thirty_two_arguments_and_no_more(void **state)
{
	(void)state;
	good(ALLOWED "handlers: {h: {'()': '@:make_many', args: [" MANY "]}}");
	assert_string_equal(told, "13 26 10.5 end;");
	assert_refused(ALLOWED "handlers:\n  h:\n    (): '@:make_many'\n    args: [" MANY ", {i32: 1}]",
		"f:6:11: handlers.h.args: expected at most 32 arguments, found 33");
}

static void typed_arguments_that_are_wrong(void **state)
{
	static const struct {
		const char *argument, *expected;
	} cases[] = {
		{"{i3: 4}", "[1].i3: unknown type; known are: str, i32, i64, u32, u64, f32, f64, "
			     "bool, ptr; did you mean 'i32'?"},
		{"4", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{}", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{i32: 1, str: a}", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{i32: \"x\"}", "[1].i32: expected an integer, found a string"},
		{"{i32: 1.5}", "[1].i32: expected an integer, found a float"},
		{"{i32: yes}", "[1].i32: expected an integer, found a boolean"},
		{"{i32: 2147483648}",
			"[1].i32: expected -2147483648 to 2147483647, found 2147483648"},
		{"{i64: 9223372036854775808}", "[1].i64: expected -9223372036854775808 to "
					       "9223372036854775807, found 9223372036854775808"},
		{"{u32: -1}", "[1].u32: expected 0 to 4294967295, found -1"},
		{"{u64: 18446744073709551616}", "[1].u64: expected 0 to 18446744073709551615, "
						"found 18446744073709551616"},
		{"{u64: 99999999999999999999999999999999999999999}",
			"[1].u64: expected 0 to 18446744073709551615, found "
			"99999999999999999999999999999999999999999"},
		{"{f64: x}", "[1].f64: expected a number, found a string"},
		{"{f64: 1.0e+400}", "[1].f64: expected a decimal number that a double can hold, "
				    "found 1.0e+400"},
		{"{f64: 1:30.5}", "[1].f64: expected a decimal number that a double can hold, "
				  "found 1:30.5"},
		{"{f32: 1.0e+39}",
			"[1].f32: expected a number that a float can hold, found 1.0e+39"},
		{"{bool: 1}", "[1].bool: expected a boolean, found an integer"},
		{"{str: 1}", "[1].str: expected a string, found an integer"},
		{"{str: null}", "[1].str: expected a string, found null"},
		{"{ptr: 1}", "[1].ptr: expected null, the only pointer that can be written, found "
			     "an integer"},
	};
	char text[512], expected[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *colon = strchr(cases[i].argument, ':');

		snprintf(text, sizeof text, "    (): '@:make_typed'\n    args: [{i32: 1}, %s]",
			cases[i].argument);
		snprintf(expected, sizeof expected, "f:6:%d: handlers.h.args%s",
			22 + (int)(colon == NULL || strstr(cases[i].expected, "one key") != NULL
					   ? 0
					   : colon + 2 - cases[i].argument),
			cases[i].expected);
		assert_handler_refused(text, expected);
		assert_int_equal(opened, 0);
	}
	assert_handler_refused("    (): '@:make_typed'\n    args: []\n    returns: filter",
		"f:7:14: handlers.h.returns: expected 'handler', found 'filter'");
	assert_handler_refused("    (): '@:make_typed'\n    args: []\n    path: x",
		"f:7:5: handlers.h.path: got an unexpected keyword argument 'path'; known are: "
		"class, level, formatter, filters, (), args, returns");
	assert_refused(ALLOWED "filters:\n  f:\n    (): '@:x'\n    args: []\n    returns: handler",
		"f:7:14: filters.f.returns: expected 'filter', found 'handler'");
	assert_refused(ALLOWED "formatters:\n  f:\n    (): '@:x'\n    args: []\n    fmt: x",
		"f:7:5: formatters.f.fmt: got an unexpected keyword argument 'fmt'; known are: "
		"args, returns, (), class");
}

static void names_that_are_wrong(void **state)
{
#define AS_ANY                                                                                     \
	" is no library and symbol; a name alone is not looked up, as any library of the program " \
	"could have it: write '/path/lib.so:symbol'"
#define EIGHT(x) x x x x x x x x
	(void)state;
	assert_handler_refused("    (): make", "f:5:9: handlers.h.(): 'make'" AS_ANY);
	assert_handler_refused("    (): my.Class", "f:5:9: handlers.h.(): 'my.Class'" AS_ANY);
	assert_handler_refused("    (): /x.so", "f:5:9: handlers.h.(): '/x.so'" AS_ANY);
	assert_handler_refused("    (): '/x.so:'", "f:5:9: handlers.h.(): '/x.so:'" AS_ANY);
	assert_handler_refused("    (): ':make'", "f:5:9: handlers.h.(): ':make'" AS_ANY);
	assert_handler_refused("    (): '/a:b/x'", "f:5:9: handlers.h.(): '/a:b/x'" AS_ANY);
	assert_handler_refused("    class: './x.so:make'",
		"f:5:12: handlers.h.class: './x.so:make' is not absolute, and each program has "
		"another working directory: write '/path/lib.so:symbol'");
	assert_handler_refused("    class: 'x.so:make'",
		"f:5:12: handlers.h.class: 'x.so:make' is not absolute, and each program has "
		"another working directory: write '/path/lib.so:symbol'");
	assert_handler_refused(
		"    (): 3", "f:5:9: handlers.h.(): expected a string, found an integer");
	assert_handler_refused("    (): '@:make'\n    9x: 1",
		"f:6:9: handlers.h.9x: Not a valid Python identifier: '9x'");
	assert_handler_refused("    (): '@:make'\n    x: [.inf]",
		"f:6:9: handlers.h.x[0]: .inf has no form in JSON");
	assert_handler_refused("    (): '@:make'\n    x: [cfg://handlers.h.x]",
		"f:6:9: handlers.h.x" EIGHT(EIGHT("[0]")) ": cfg://handlers.h.x refers to itself");
	assert_refused(ALLOWED "filters:\n  f:\n    (): '@:make_filter'\n    .: {a: 1}",
		"f:6:8: filters.f..: what a factory makes has no attributes to be set here");
	assert_handler_refused("    (): '@:make'\n    .: {a: 1}",
		"f:6:8: handlers.h..: this class has no attribute to be set but 'terminator'");
}

static void factories_have_to_be_allowed(void **state)
{
	(void)state;
	assert_refused("version: 1\nhandlers:\n  h:\n    (): '@:make'",
		"f:4:9: handlers.h.(): factories are not allowed; set 'vigil: {factories: true}' "
		"in this file");
	assert_refused("version: 1\nvigil: {factories: no}\nformatters:\n  x:\n    (): '@:make'",
		"f:5:9: formatters.x.(): factories are not allowed; set 'vigil: {factories: true}' "
		"in this file");
	assert_refused("version: 1\nvigil: {factories: 3}",
		"f:2:20: vigil.factories: expected true or false, found an integer");
	assert_refused("version: 1\nvigil: {factorie: yes}",
		"f:2:19: vigil.factorie: unknown setting; known are: factories; did you mean "
		"'factories'?");
	context.distrust = "is writable by all";
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): factories are not run: this file is writable by all");
	context.distrust = NULL;
	context.loader = NULL;
	assert_handler_refused(
		"    (): '@:make'", "f:5:9: handlers.h.(): this program loads no libraries");
	assert_int_equal(opened, 0);
}

static void libraries_that_are_wrong(void **state)
{
	char path[] = "/tmp/vigil-library-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	strcpy(program, path);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_handler_refused("    (): '@:make'", "f:5:9: handlers.h.(): @: is no shared object");
	assert_int_equal(pwrite(fd, "\177ELF", 4, 0), 4);
	good(ALLOWED "handlers: {h: {(): '@:make'}}");
	assert_int_equal(fchmod(fd, 0620), 0);
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): @: is writable by its group or others; chmod go-w it");
	assert_int_equal(fchmod(fd, 0602), 0);
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): @: is writable by its group or others; chmod go-w it");
	assert_int_equal(fchmod(fd, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 12345, 0), 0);
		assert_handler_refused("    (): '@:make'",
			"f:5:9: handlers.h.(): @: belongs to another user than you and root");
	}
	close(fd);
	unlink(path);
	assert_handler_refused(
		"    (): '@:make'", "f:5:9: handlers.h.(): @: No such file or directory");
	strcpy(program, "/tmp");
	assert_handler_refused("    (): '@:make'", "f:5:9: handlers.h.(): @: is not a regular file");
}

static void what_goes_wrong_in_the_call(void **state)
{
	static const char *const functions[][2] = {
		{"handlers", "emit"}, {"filters", "filter"}, {"formatters", "format"}};
	char text[256], expected[256];

	(void)state;
	assert_handler_refused("    (): '@:refuse'",
		"f:5:9: handlers.h.(): refuse() returned -2: No such file or directory");
	assert_handler_refused("    (): '@:refuse_oddly'",
		"f:5:9: handlers.h.(): refuse_oddly() returned 7, neither 0 nor -errno");
	assert_handler_refused("    (): '@:make_nothing'",
		"f:5:9: handlers.h.(): make_nothing() made no handler: it returned 0 and left "
		"NULL");
	assert_handler_refused("    (): '@:return_null'\n    args: []",
		"f:5:9: handlers.h.(): return_null() made no handler: it returned NULL");
	assert_int_equal(opened, 1);
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof text, ALLOWED "%s:\n  x:\n    (): '@:make_hollow'",
			functions[i][0]);
		snprintf(expected, sizeof expected,
			"f:5:9: %s.x.(): make_hollow() made a %.*s whose '%s' is NULL",
			functions[i][0], (int)strlen(functions[i][0]) - 1, functions[i][0],
			functions[i][1]);
		assert_refused(text, expected);
	}
	strcpy(expected, strrchr(program, '/') + 1);
	snprintf(text, sizeof text,
		"f:5:9: handlers.h.(): cannot load '%s:absent': the loader's reason", expected);
	assert_handler_refused("    (): '@:absent'", text);
	make_error = true;
	assert_handler_refused("    (): '@:absent'", text);
}

static void validating_runs_nothing(void **state)
{
	struct logging *logging = NULL;
	char drawn[256], expected[256];
	struct text text;

	(void)state;
	context.validate_only = true;
	logging = good(ALLOWED "handlers: {h: {'()': '@:absent'}}\nroot: {handlers: [h]}");
	assert_int_equal(opened, 0);
	text_init(&text, drawn, sizeof drawn);
	logger_setup(&logging->root)
		->handlers->items[0]
		->class->describe(logger_setup(&logging->root)->handlers->items[0], &text);
	snprintf(expected, sizeof expected, "%s:absent", strrchr(program, '/') + 1);
	assert_string_equal(drawn, expected);
}

static void who_must_wait_is_told_so(void **state)
{
	struct logging *logging = NULL;

	(void)state;
	context.factories_wait = true;
	assert_int_equal(parse(ALLOWED "handlers: {h: {'()': '@:make'}}", &logging), -EAGAIN);
	assert_int_equal(errors.count, 0);
	assert_int_equal(opened, 0);
	good(ALLOWED "handlers: {h: {class: logging.NullHandler}}");
}

static void what_they_make_works_and_leaves_errno_alone(void **state)
{
	struct logging *logging =
		good(ALLOWED "filters: {even: {'()': '@:make_filter'}}\n"
			     "formatters: {loud: {class: '@:make_formatter', args: [{str: '!'}]}}\n"
			     "handlers:\n"
			     "  h: {'()': '@:make', formatter: loud, filters: [even], level: 20, "
			     "'.': {terminator: '|'}}\n"
			     "root: {handlers: [h], level: 1}\n");
	const struct handler *made = logger_setup(&logging->root)->handlers->items[0];
	struct log_record record = {.name = "n", .levelno = 20, .message = "one", .lineno = 1};
	static char room[1024];

	(void)state;
	errno = 0;
	for (record.lineno = 1; record.lineno <= 2; record.lineno++) {
		struct text scratch;

		text_init(&scratch, room, sizeof room);
		assert_int_equal(
			handler_handle((struct handler *)made, &record, &scratch), 0);
	}
	made->class->flush((struct handler *)made);
	made->class->close((struct handler *)made);
	assert_int_equal(errno, 0);
	assert_string_equal(told, "<data n one!|>(data)(data)");
	assert_int_equal(made->level, 20);
	assert_string_equal(made->class->name, "my.Handler");
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

UNIT_TESTS(TEST(a_factory_gets_the_other_keys_as_text), TEST(a_typed_factory_gets_its_arguments),
	TEST(thirty_two_arguments_and_no_more), TEST(typed_arguments_that_are_wrong),
	TEST(names_that_are_wrong), TEST(factories_have_to_be_allowed),
	TEST(libraries_that_are_wrong), TEST(what_goes_wrong_in_the_call),
	TEST(validating_runs_nothing), TEST(who_must_wait_is_told_so),
	TEST(what_they_make_works_and_leaves_errno_alone))
