/* SPDX-License-Identifier: Apache-2.0 */
/* factory_world.h - a library of factories, which is the test's own program, and configurations
 * that use it. */
#pragma once

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
static char noted[8192]; /* what the functions of this "library" were called with */
static unsigned opened;
static bool make_error;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t length = strlen(noted);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(noted + length, sizeof noted - length, format, arguments);
	va_end(arguments);
}

/* ---- The library ---- */

static int emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	errno = EBADF;
	note("<%s %s %.*s>", (const char *)data, record->name, (int)length, text);
	return 0;
}

static void flush_or_close(void *data)
{
	errno = EBADF;
	note("(%s)", (const char *)data);
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
		note("%s=%s%s;", args->key, args->text, args->json ? " json" : "");
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
	note("%s %d %lld %u %llu %a %a %d %d %d %a;", str, i32, (long long)i64, u32,
		(unsigned long long)u64, (double)f32, f64, yes, no, nothing == NULL, eleventh);
	return &handler;
}

static void *make_many(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g,
	int32_t h, int32_t i, int32_t j, int32_t k, int32_t l, int32_t m, int32_t n, int32_t o,
	int32_t p, int32_t q, int32_t r, int32_t s, int32_t t, int32_t u, int32_t v, int32_t w,
	int32_t x, int32_t y, int32_t z, double aa, double ab, double ac, double ad, float ae,
	const char *af)
{
	note("%d %d %g %s;", a + b + c + d + e + f + g + h + i + j + k + l + m,
		n + o + p + q + r + s + t + u + v + w + x + y + z, aa + ab + ac + ad + (double)ae,
		af);
	return &handler;
}

static void *make_without_arguments(void)
{
	note("none;");
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
#define SYMBOL(function)                      \
	{                                     \
#function, (void *)(function) \
	}
	static const struct {
		const char *name;
		void *function;
	} symbols[] = {SYMBOL(make), SYMBOL(make_filter), SYMBOL(make_formatter),
		SYMBOL(make_typed), SYMBOL(make_many), SYMBOL(make_without_arguments),
		SYMBOL(refuse), SYMBOL(refuse_oddly), SYMBOL(make_nothing), SYMBOL(return_null),
		SYMBOL(make_hollow), {"__errno_location", (void *)own_errno}};

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
	noted[0] = '\0';
	opened = 0;
	return config_parse(&arena, whole, strlen(whole), &context, ret, &errors);
}

#define ALLOWED "version: 1\nvigil: {factories: true}\n"

static inline struct logging *good(const char *text)
{
	struct logging *logging = NULL;
	int error = parse(text, &logging);

	if (error < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	return logging;
}

static inline void assert_refused(const char *text, const char *expected)
{
	struct logging *logging = NULL;

	assert_int_equal(parse(text, &logging), -EINVAL);
	assert_null(logging);
	assert_string_equal(errors.lines[0], with_path(expected));
	assert_int_equal(errors.count, 1);
}

/* A handler whose keys are those in TEXT, each on a line with four blanks before it. */
static inline void assert_handler_refused(const char *text, const char *expected)
{
	char whole[2048];

	snprintf(whole, sizeof whole, ALLOWED "handlers:\n  h:\n%s\n", text);
	assert_refused(whole, expected);
}

static inline int reset(void **state)
{
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	(void)state;
	assert_true(length > 0);
	program[length] = '\0';
	context = (struct config_context){.loader = &loader};
	make_error = false;
	return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, reset)
