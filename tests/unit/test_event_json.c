/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of vigil.event/1 and their fields. */
#include "tests/support/event_line.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <string.h>

static void the_first_event_is_this_line(void **state)
{
	struct event event = sample_init();

	(void)state;
	cJSON_Delete(written(&event));
	assert_string_equal(line_buffer,
		"{\"schema\":\"vigil.event/1\",\"name\":\"solver:init\",\"source\":\"WORKER\","
		"\"node_state\":\"INIT\",\"message\":\"rank 3 INIT\","
		"\"timestamp\":1700000000123,\"time_us\":1700000000123456,\"mono_us\":5000001,"
		"\"run_id\":\"job-7\",\"hostname\":\"n1\",\"pid\":31820,\"rank\":3,\"local_id\":1,"
		"\"world_size\":4,\"attempt\":0,\"rank_source\":\"RANK\",\"leader\":true,"
		"\"master_endpoint\":\"n0:29500\",\"error_trace\":\"\","
		"\"process\":{\"program\":\"solver\",\"exe\":\"/opt/job/solver\","
		"\"argv\":[\"./solver\",\"--n\",\"4\"],\"command\":\"./solver --n "
		"4\",\"cwd\":\"/scratch\","
		"\"ancestors\":[{\"pid\":31790,\"comm\":\"torchrun\"},{\"pid\":1,\"comm\":\"init\"}"
		"],"
		"\"ppid\":31790,\"start_ticks\":4711,\"boot_id\":\"b-1\",\"tid\":31820,"
		"\"thread\":\"solver\"},\"launcher\":\"torchrun\",\"seq\":0}");
}

static void a_fault_is_this_line(void **state)
{
	struct event event = sample_fault();

	(void)state;
	cJSON_Delete(written(&event));
	assert_string_equal(line_buffer,
		"{\"schema\":\"vigil.event/1\",\"name\":\"solver:signal\",\"source\":\"WORKER\","
		"\"node_state\":\"FAILED\",\"message\":\"rank 3 FAILED: SIGSEGV (address not "
		"mapped) at 0x8 in step (solver.c:88)\","
		"\"timestamp\":1700000000123,\"time_us\":1700000000123456,\"mono_us\":5000001,"
		"\"run_id\":\"job-7\",\"hostname\":\"n1\",\"pid\":31820,\"rank\":3,\"local_id\":1,"
		"\"world_size\":4,\"attempt\":0,\"rank_source\":\"RANK\",\"leader\":true,"
		"\"master_endpoint\":\"n0:29500\","
		"\"error_trace\":\"#0  strlen+0x2 (/lib/libc.so.6+0x10)\\n"
		"#1  step+0x12 (/opt/job/solver+0x1139) src/solver.c:88\\n#2  0x1234\\n\","
		"\"cause\":\"fault\",\"signal\":{\"number\":11,\"name\":\"SIGSEGV\",\"code\":1,"
		"\"code_name\":\"SEGV_MAPERR\",\"address\":\"0x8\"},"
		"\"frames\":[{\"pc\":\"0x7fff00000010\",\"module\":\"/lib/libc.so.6\","
		"\"offset\":\"0x10\",\"function\":\"strlen\",\"function_offset\":2,"
		"\"kind\":\"cfi\"},{\"pc\":\"0x7f0000001139\",\"module\":\"/opt/job/solver\","
		"\"build_id\":\"dead01\",\"offset\":\"0x1139\",\"function\":\"step\","
		"\"function_offset\":18,\"file\":\"src/solver.c\",\"line\":88,\"kind\":\"cfi\"},"
		"{\"pc\":\"0x1234\",\"kind\":\"fp\"}],"
		"\"trace\":{\"unwinder\":\"mixed\",\"outcome\":\"ok\",\"us\":850,"
		"\"fingerprint\":\"0xabcdef\"},"
		"\"process\":{\"program\":\"solver\",\"ppid\":31790,\"start_ticks\":4711,"
		"\"boot_id\":\"b-1\",\"tid\":31820,\"thread\":\"solver\"},"
		"\"launcher\":\"torchrun\",\"seq\":2}");
}

static void an_end_has_its_status_its_usage_and_its_losses(void **state)
{
	struct event event = sample_init();

	(void)state;
	event.state = NODE_SUCCEEDED;
	event.how = HOW_RETURN;
	event.usage = (struct event_usage){true, 9, 8, 7, 6};
	event.dropped = 3;
	event.unsent = 2;
	cJSON *object = written(&event);
	const cJSON *usage = item_of(object, "usage");

	assert_int_equal(number_of(item_of(object, "exit"), "code"), 0);
	assert_string_equal(string_of(item_of(object, "exit"), "how"), "return");
	assert_int_equal(number_of(usage, "wall_us"), 9);
	assert_int_equal(number_of(usage, "user_us"), 8);
	assert_int_equal(number_of(usage, "system_us"), 7);
	assert_int_equal(number_of(usage, "max_rss_kb"), 6);
	assert_int_equal(number_of(object, "dropped"), 3);
	assert_int_equal(number_of(object, "unsent"), 2);
	cJSON_Delete(object);

	event.usage.wall_us = 0; /* unknown */
	object = written(&event);
	assert_null(cJSON_GetObjectItem(item_of(object, "usage"), "wall_us"));
	cJSON_Delete(object);
}

static void a_signal_from_somebody_names_the_sender(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.source = SOURCE_AGENT;
	event.cause = CAUSE_TERMINATED;
	event.signal = (struct event_signal){.number = SIGTERM,
		.has_code = true,
		.code = SI_USER,
		.sender_pid = 31790,
		.sender = "torchrun",
		.sender_is = SENDER_ANCESTOR};
	cJSON *object = written(&event);
	const cJSON *signal = item_of(object, "signal");

	assert_string_equal(string_of(object, "source"), "AGENT");
	assert_string_equal(string_of(signal, "code_name"), "SI_USER");
	assert_int_equal(number_of(signal, "sender_pid"), 31790);
	assert_int_equal(number_of(signal, "sender_uid"), 0); /* root is a sender, too */
	assert_string_equal(string_of(signal, "sender"), "torchrun");
	assert_string_equal(string_of(signal, "sender_is"), "ancestor");
	assert_null(cJSON_GetObjectItem(signal, "address"));
	cJSON_Delete(object);
}

static void a_fault_that_a_handler_had_first_is_an_object(void **state)
{
	struct event event = sample_fault();
	const cJSON *fault;
	cJSON *object;

	(void)state;
	object = written(&event);
	assert_null(cJSON_GetObjectItem(object, "fault"));
	cJSON_Delete(object);
	event.fault = (struct event_fault){
		.number = SIGBUS, .code = BUS_ADRERR, .has_address = true, .address = 0x8};
	object = written(&event);
	fault = item_of(object, "fault");
	assert_int_equal(number_of(fault, "number"), SIGBUS);
	assert_string_equal(string_of(fault, "name"), "SIGBUS");
	assert_int_equal(number_of(fault, "code"), BUS_ADRERR);
	assert_string_equal(string_of(fault, "code_name"), "BUS_ADRERR");
	assert_string_equal(string_of(fault, "address"), "0x8");
	assert_null(cJSON_GetObjectItem(fault, "tid"));
	cJSON_Delete(object);
	event.fault.has_address = false;
	event.fault.tid = 4712;
	object = written(&event);
	fault = item_of(object, "fault");
	assert_null(cJSON_GetObjectItem(fault, "address"));
	assert_int_equal(number_of(fault, "tid"), 4712);
	cJSON_Delete(object);
}

static void what_a_waiter_saw_has_the_waiter_and_the_core_and_the_kills(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.source = SOURCE_AGENT;
	event.what = "wait";
	event.signal = (struct event_signal){.number = SIGSEGV, .core_dumped = true};
	event.reporter = (struct event_reporter){31790, "torchrun"};
	event.oom = (struct event_oom){"/job", 3, 4};
	cJSON *object = written(&event);

	assert_true(cJSON_IsTrue(item_of(item_of(object, "signal"), "core_dumped")));
	assert_int_equal(number_of(item_of(object, "teller"), "pid"), 31790);
	assert_string_equal(string_of(item_of(object, "teller"), "comm"), "torchrun");
	assert_int_equal(number_of(item_of(object, "oom"), "kills_before"), 3);
	assert_int_equal(number_of(item_of(object, "oom"), "kills_after"), 4);
	assert_string_equal(string_of(item_of(object, "oom"), "cgroup"), "/job");
	assert_null(cJSON_GetObjectItem(object, "to_group"));
	cJSON_Delete(object);
}

static void a_kill_says_what_it_sent_and_to_how_many(void **state)
{
	static const struct {
		enum event_reach reach;
		const char *message;
	} reaches[] = {
		{REACH_ONE, "rank 3 RUNNING: SIGTERM sent by mpirun (pid 4000)"},
		{REACH_GROUP, "rank 3 RUNNING: SIGTERM sent to its group by mpirun (pid 4000)"},
		{REACH_ALL, "rank 3 RUNNING: SIGTERM sent to everybody by mpirun (pid 4000)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof reaches / sizeof *reaches; i++) {
		struct event event = sample_init();

		event.source = SOURCE_AGENT;
		event.state = NODE_RUNNING;
		event.what = "kill";
		event.signal.number = SIGTERM;
		event.reporter = (struct event_reporter){4000, "mpirun"};
		event.reach = reaches[i].reach;
		cJSON *object = written(&event);

		assert_string_equal(string_of(object, "message"), reaches[i].message);
		assert_int_equal(cJSON_GetObjectItem(object, "to_group") != NULL,
			reaches[i].reach == REACH_GROUP);
		assert_int_equal(cJSON_GetObjectItem(object, "to_all") != NULL,
			reaches[i].reach == REACH_ALL);
		cJSON_Delete(object);
	}
}

static void an_exception_has_its_parts(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.cause = CAUSE_EXCEPTION;
	event.exception =
		(struct event_exception){"python", "ValueError", "bad\nbatch", "builtins"};
	event.abort_message = "terminate called";
	event.report_file = "/scratch/report.log";
	event.foreign_trace = "Traceback\n";
	event.frame_count = 0;
	event.outcome = TRACE_TIMEOUT;
	cJSON *object = written(&event);
	const cJSON *exception = item_of(object, "exception");

	assert_string_equal(string_of(exception, "language"), "python");
	assert_string_equal(string_of(exception, "type"), "ValueError");
	assert_string_equal(string_of(exception, "message"), "bad\nbatch");
	assert_string_equal(string_of(exception, "module"), "builtins");
	assert_string_equal(string_of(object, "abort_message"), "terminate called");
	assert_string_equal(string_of(object, "report_file"), "/scratch/report.log");
	assert_string_equal(
		string_of(object, "error_trace"), "Traceback\nReport: /scratch/report.log\n");
	assert_null(cJSON_GetObjectItem(object, "frames"));
	assert_string_equal(string_of(item_of(object, "trace"), "outcome"), "timeout");
	assert_null(cJSON_GetObjectItem(item_of(object, "trace"), "unwinder"));
	cJSON_Delete(object);
}

static const char *unwinder_with(enum frame_kind one, enum frame_kind other)
{
	static char name[16];
	struct frame frames[] = {{.kind = one}, {.kind = other}};
	struct event event = sample_fault();

	event.frames = frames;
	event.frame_count = 2;
	cJSON *object = written(&event);
	const cJSON *unwinder = cJSON_GetObjectItem(item_of(object, "trace"), "unwinder");

	text_format(name, sizeof name, "%s", unwinder == NULL ? "" : unwinder->valuestring);
	cJSON_Delete(object);
	return name;
}

static void the_unwinder_is_what_found_the_native_frames(void **state)
{
	(void)state;
	assert_string_equal(unwinder_with(FRAME_CFI, FRAME_CFI), "cfi");
	assert_string_equal(unwinder_with(FRAME_FP, FRAME_FP), "fp");
	assert_string_equal(unwinder_with(FRAME_CFI, FRAME_FIXUP), "mixed");
	assert_string_equal(unwinder_with(FRAME_PYTHON, FRAME_CFI), "cfi");
	assert_string_equal(unwinder_with(FRAME_PYTHON, FRAME_PYTHON), "");
}

static void a_python_frame_has_no_pc_and_an_unknown_line_is_left_out(void **state)
{
	struct frame frames[] = {
		{.kind = FRAME_PYTHON, .function = "step", .file = "a.py", .line = 7},
		{.kind = FRAME_CFI, .pc = 1, .function = "f", .file = "a.c"}};
	struct event event = sample_fault();

	(void)state;
	event.frames = frames;
	event.frame_count = 2;
	cJSON_Delete(written(&event));
	assert_non_null(strstr(line_buffer,
		"\"frames\":[{\"function\":\"step\",\"file\":\"a.py\",\"line\":7,\"kind\":"
		"\"python\"},"
		"{\"pc\":\"0x1\",\"function\":\"f\",\"function_offset\":0,\"file\":\"a.c\","
		"\"kind\":\"cfi\"}]"));
}

/* Of an event of which nothing is known, these are there, and nothing else but what belongs to
 * them. */
static void always_fields_are_always_there(void **state)
{
	static const char *const always[] = {"schema", "name", "source", "node_state", "message",
		"timestamp", "time_us", "mono_us", "run_id", "hostname", "pid", "rank", "local_id",
		"attempt", "leader", "master_endpoint", "error_trace", "process", "launcher",
		"seq"};
	struct event event = {.what = "init", .hostname = "", .process = {.program = ""}};

	(void)state;
	event.identity.rank = event.identity.local_id = RANK_UNKNOWN;
	event.identity.world_size = event.identity.group_rank = RANK_UNKNOWN;
	cJSON *object = written(&event);

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		assert_non_null(cJSON_GetObjectItemCaseSensitive(object, always[i]));
	assert_int_equal(cJSON_GetArraySize(object), sizeof always / sizeof *always);
	assert_true(cJSON_IsNull(item_of(object, "rank")));
	assert_true(cJSON_IsNull(item_of(object, "local_id")));
	assert_int_equal(cJSON_GetArraySize(item_of(object, "process")), 1);
	cJSON_Delete(object);
}

static void the_longest_name_of_a_program_leaves_room_for_what(void **state)
{
	char program[256] = "";
	struct event event = sample_init();

	(void)state;
	memset(program, 'p', 255);
	event.process.program = program;
	event.what = "quick_exit";
	cJSON *object = written(&event);

	assert_string_equal(string_of(object, "name") + 255, ":quick_exit");
	cJSON_Delete(object);
}

static void damaged_utf8_is_replaced_and_the_line_is_ascii(void **state)
{
	static const char *const argv[] = {
		"a\xffg", "\xc3\xa4\"\\\n\x01\x7f", "\xed\xa0\x80", "\xf0\x9f\x98\x80"};
	struct event event = sample_init();

	(void)state;
	event.process.argv = argv;
	event.process.argc = 4;
	cJSON_Delete(written(&event));
	assert_non_null(strstr(line_buffer, "[\"a\\ufffdg\",\"\\u00e4\\\"\\\\\\n\\u0001\\u007f\","
					    "\"\\ufffd\\ufffd\\ufffd\",\"\\ud83d\\ude00\"]"));
}

UNIT_TESTS(cmocka_unit_test(the_first_event_is_this_line), cmocka_unit_test(a_fault_is_this_line),
	cmocka_unit_test(an_end_has_its_status_its_usage_and_its_losses),
	cmocka_unit_test(a_signal_from_somebody_names_the_sender),
	cmocka_unit_test(a_fault_that_a_handler_had_first_is_an_object),
	cmocka_unit_test(what_a_waiter_saw_has_the_waiter_and_the_core_and_the_kills),
	cmocka_unit_test(a_kill_says_what_it_sent_and_to_how_many),
	cmocka_unit_test(an_exception_has_its_parts),
	cmocka_unit_test(the_unwinder_is_what_found_the_native_frames),
	cmocka_unit_test(a_python_frame_has_no_pc_and_an_unknown_line_is_left_out),
	cmocka_unit_test(always_fields_are_always_there),
	cmocka_unit_test(the_longest_name_of_a_program_leaves_room_for_what),
	cmocka_unit_test(damaged_utf8_is_replaced_and_the_line_is_ascii))
