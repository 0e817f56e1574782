/* SPDX-License-Identifier: Apache-2.0 */
/* What factories get, and what becomes of what they give. */
#include "core/config/factory/factory.h"

#include "tests/unit/factory_world.h"

static void a_factory_gets_the_other_keys_as_text(void **state)
{
	(void)state;
	good(ALLOWED "my: {a: cfg://n}\nn: [7]\n"
		     "formatters: {x: {format: '%(message)s'}}\n"
		     "filters: {y: {name: a}}\n"
		     "handlers:\n"
		     "  h: {'()': '@:make', level: 10, formatter: x, filters: [y], path: a.log, n: "
		     "0x10, f: 1_0.50, t: yes, z: null, name: n, e: '', i: +.Inf, b: "
		     "18446744073709551616,\n"
		     "    l: [1, -.5, +1_0., no, null, {\"q\\\"\": ['\\', ü]}, 1.5e+3, -.inf, "
		     "18446744073709551616], m: "
		     "{}, r: cfg://my, args: x, returns: 3}\n");
	assert_string_equal(noted,
		"path=a.log;n=16;f=10.5;t=True;z=None;name=n;e=;i=inf;b=18446744073709551616;"
		"l=[1,\"-.5\",10.0,false,null,{\"q\\\"\":[\"\\\\\",\"\\u00fc\"]},1500.0,-Infinity,"
		"18446744073709551616] json;"
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
	assert_string_equal(noted,
		"x -2147483648 -9223372036854775807 4294967295 18446744073709551615 "
		"0x1.99999ap-4 0x1.999999999999ap-4 1 0 1 -0x1.8p+1;");
	good(ALLOWED "handlers:\n  h: {'()': '@:make_typed', args: [{str: ''}, {i32: 2147483647}, "
		     "{i64: 9223372036854775807}, {u32: 0}, {u64: 0xffff_ffff_ffff_fffe}, "
		     "{f32: -.inf}, {f64: .NaN}, {bool: yes}, {bool: no}, {ptr: ~}, "
		     "{f64: 1_000.5e-1}]}\n");
	assert_string_equal(noted,
		" 2147483647 9223372036854775807 0 18446744073709551614 -inf nan 1 0 1 "
		"0x1.9033333333333p+6;");
	good(ALLOWED "handlers: {h: {'()': '@:make_without_arguments', args: []}}");
	assert_string_equal(noted, "none;");
}

#define THIRTEEN(x) x x x x x x x x x x x x x
#define MANY                   \
	THIRTEEN("{i32: 1}, ") \
	THIRTEEN("{i32: 2}, ") "{f64: 1}, {f64: 2}, {f64: 3}, {f64: 4}, {f32: 0.5}, {str: end}"

static void thirty_two_arguments_and_no_more(void **state)
{
	(void)state;
	good(ALLOWED "handlers: {h: {'()': '@:make_many', args: [" MANY "]}}");
	assert_string_equal(noted, "13 26 10.5 end;");
	assert_refused(ALLOWED "handlers:\n  h:\n    (): '@:make_many'\n    args: [" MANY
			       ", {i32: 1}]",
		"f:6:11: handlers.h.args: expected at most 32 arguments, found 33");
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

static void who_must_wait_is_reported_so(void **state)
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
	struct text scratch;

	(void)state;
	errno = 0;
	for (record.lineno = 1; record.lineno <= 2; record.lineno++) {
		text_init(&scratch, room, sizeof room);
		assert_int_equal(handler_handle((struct handler *)made, &record, &scratch), 0);
	}
	made->class->flush((struct handler *)made, &record, &scratch);
	made->class->close((struct handler *)made);
	assert_int_equal(errno, 0);
	assert_string_equal(noted, "<data n one!|>(data)(data)");
	assert_int_equal(made->level, 20);
	assert_string_equal(made->class->name, "my.Handler");
}

UNIT_TESTS(TEST(a_factory_gets_the_other_keys_as_text), TEST(a_typed_factory_gets_its_arguments),
	TEST(thirty_two_arguments_and_no_more), TEST(validating_runs_nothing),
	TEST(who_must_wait_is_reported_so), TEST(what_they_make_works_and_leaves_errno_alone))
