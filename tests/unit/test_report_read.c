/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/job.h"
#include "core/eventfile/read.h"

#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The shortest event: PID, STATE, microseconds, seq, and more members. */
#define EVENT(pid, state, us, seq, more)                                                       \
	"{\"schema\":\"vigil.event/"                                                           \
	"1\",\"name\":\"a.out:x\",\"source\":\"WORKER\",\"node_state\":\"" state               \
	"\",\"time_us\":1700000000" us ",\"mono_us\":5" us                                     \
	",\"hostname\":\"n1\",\"pid\":" #pid more                                              \
	",\"process\":{\"program\":\"a.out\",\"ppid\":1,\"start_ticks\":7,\"boot_id\":\"b\"}," \
	"\"seq\":" #seq "}"
#define AGENT_END(pid, us, seq, status)                                                      \
	"{\"schema\":\"vigil.event/"                                                         \
	"1\",\"name\":\"a.out:wait\",\"source\":\"AGENT\",\"node_state\":\"FAILED\","        \
	"\"time_us\":1700000000" us ",\"mono_us\":5" us ",\"hostname\":\"n1\",\"pid\":" #pid \
	"," status ",\"process\":{\"program\":\"a.out\"},\"seq\":" #seq "}"

#define AGENT_EVENT(name, state, pid, more)               \
	"{\"schema\":\"vigil.event/1\",\"name\":\"" name  \
	"\",\"source\":\"AGENT\",\"node_state\":\"" state \
	"\",\"time_us\":1700000000000100,\"hostname\":\"n1\",\"pid\":" #pid "," more ",\"seq\":0}"

static struct reading read_bytes(const char *bytes, size_t count)
{
	struct reading reading = {0};
	int fd = memfd_create("events", MFD_CLOEXEC);
	char path[32];

	assert_int_equal(write(fd, bytes, count), count);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(read_path(&reading, path), 0);
	close(fd);
	return reading;
}

static struct reading read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void assert_warning(const struct reading *reading, const char *text)
{
	for (size_t i = 0; i < reading->warning_count; i++)
		if (strstr(reading->warnings[i], text) != NULL)
			return;
	fail_msg("no warning has '%s'", text);
}

static void an_event_is_decoded_to_the_vocabulary(void **state)
{
	struct reading reading = read_text(EVENT(10, "FAILED", "000300", 2,
		",\"rank\":3,\"attempt\":1,\"launcher\":\"openmpi\",\"leader\":false,\"cause\":"
		"\"fault\",\"error_trace\":\"#0 f\\n\","
		"\"signal\":{\"number\":11,\"code\":1,\"address\":\"0xfffffffffffffff8\"},"
		"\"frames\":[{\"pc\":\"0x12\",\"module\":\"/bin/"
		"a\",\"build_id\":\"0aFf\",\"function\":\"f\",\"kind\":\"fp\"}]") "\n");
	const struct event_record *record = &reading.events[0];

	(void)state;
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.warning_count, 0);
	assert_int_equal(record->rank, 3);
	assert_int_equal(record->attempt, 1);
	assert_int_equal(record->launcher, LAUNCHER_OPENMPI);
	assert_false(record->leader);
	assert_string_equal(record->what, "x");
	assert_int_equal(record->end->event.cause, CAUSE_FAULT);
	assert_true(record->end->event.signal.address == 0xfffffffffffffff8);
	assert_int_equal(record->end->event.frames[0].kind, FRAME_FP);
	assert_int_equal(record->end->event.frames[0].module->build_id[1], 0xff);
	assert_int_equal(record->end->error_trace.count, 1);
	assert_string_equal(record->end->error_trace.lines[0], "#0 f\n");
	reading_release(&reading);
}

static void a_command_is_read_back(void **state)
{
	struct event event = sample_init();
	struct reading reading;
	char line[EVENT_LINE_MAX];
	struct text text;

	(void)state;
	text_init(&text, line, sizeof line);
	event_json(&event, &text);
	reading = read_bytes(line, text.length);
	assert_int_equal(reading.count, 1);
	assert_string_equal(reading.events[0].command, "./solver --n 4");
	reading_release(&reading);
}

static void a_kill_is_decoded_with_its_reporter_and_its_reach(void **state)
{
	struct reading reading = read_text(AGENT_EVENT("a.out:kill", "RUNNING", 10,
		"\"teller\":{\"pid\":4,\"comm\":\"mpirun\"},\"to_group\":true,"
		"\"signal\":{\"number\":15}") "\n" AGENT_EVENT(":wait", "FAILED", 11,
		"\"cause\":\"oom\",\"teller\":{\"pid\":5,\"comm\":\"bash\"},"
		"\"oom\":{\"kills_before\":1,\"kills_after\":2,\"cgroup\":\"/x\"},"
		"\"signal\":{\"number\":9,\"core_dumped\":true}") "\n");
	const struct event_record *kill = &reading.events[0];
	const struct event *wait = &reading.events[1].end->event;

	(void)state;
	assert_int_equal(kill->kill->number, 15);
	assert_int_equal(kill->kill->reach, REACH_GROUP);
	assert_int_equal(kill->kill->reporter.pid, 4);
	assert_string_equal(kill->kill->reporter.comm, "mpirun");
	assert_null(kill->end);
	assert_null(reading.events[1].kill);
	assert_true(wait->signal.core_dumped);
	assert_int_equal(wait->reporter.pid, 5);
	assert_int_equal(wait->oom.kills_after, 2);
	assert_string_equal(wait->oom.cgroup, "/x");
	reading_release(&reading);
}

static void what_is_no_event_is_counted_and_named(void **state)
{
	struct reading reading =
		read_text("\n"
			  "hello\n" EVENT(10, "INIT", "000100", 0,
				  "") "\n"
				      "world\n"
				      "{\"name\":\"a\",\"source\":\"AGENT\",\"timestamp\":0,"
				      "\"metadata\":{}}\n"
				      "[1]\n"
				      "{\"schema\":\"vigil.event/9\"}\n"
				      "{\"schema\":\"vigil.event/1\",\"node_state\":\"INIT\"}\n");

	(void)state;
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.warning_count, 4);
	assert_warning(&reading, ": 2 lines skipped, not JSON (the first is line 2)");
	assert_warning(&reading, "2 lines skipped, not vigil's (the first is line 5)");
	assert_warning(&reading,
		"1 line skipped, of a version that this vigil does not know (the first is line 7)");
	assert_warning(&reading,
		"1 line skipped, events without what every event has (the first is line 8)");
	reading_release(&reading);
}

static void a_torn_last_line_costs_nothing_else(void **state)
{
	struct reading reading = read_text(
		EVENT(10, "INIT", "000100", 0, "") "\n{\"schema\":\"vigil.event/1\",\"na");

	(void)state;
	assert_int_equal(reading.count, 1);
	assert_warning(
		&reading, "1 line skipped, torn: their writer was cut off (the first is line 2)");
	reading_release(&reading);
}

static void an_event_behind_a_torn_one_is_saved(void **state)
{
	struct reading reading = read_text("{\"schema\":\"vigil.event/1\",\"na" EVENT(
		10, "INIT", "000100", 0, "") "\n" EVENT(11, "INIT", "000200", 0, "") "\n");

	(void)state;
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.events[0].pid, 10);
	assert_int_equal(reading.warning_count, 1);
	reading_release(&reading);
}

static void a_last_line_without_its_newline_counts_when_it_is_whole(void **state)
{
	struct reading reading = read_text(EVENT(10, "INIT", "000100", 0, ""));

	(void)state;
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.warning_count, 0);
	reading_release(&reading);
}

static const char *write_file(FILE *(*fill)(FILE *))
{
	static char path[] = "/tmp/vigil-report-XXXXXX";
	int fd;

	strcpy(path + sizeof path - 7, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(fclose(fill(fdopen(fd, "w"))), 0);
	return path;
}

static FILE *fill_overlong(FILE *file)
{
	fputs(EVENT(10, "INIT", "000100", 0, "") "\n", file);
	for (int i = 0; i < 3 * 1024 * 1024; i++)
		fputc('{', file);
	fputs("\n" EVENT(11, "INIT", "000200", 0, "") "\n", file);
	return file;
}

static void an_overlong_line_is_passed_over(void **state)
{
	const char *path = write_file(fill_overlong);
	struct reading reading = {0};

	(void)state;
	assert_int_equal(read_path(&reading, path), 0);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.events[1].pid, 11);
	assert_int_equal(reading.warning_count, 1);
	assert_warning(
		&reading, "1 line skipped, longer than an event can be (the first is line 2)");
	reading_release(&reading);
	unlink(path);
}

static void what_cannot_be_opened_is_an_error(void **state)
{
	struct reading reading = {0};

	(void)state;
	assert_int_equal(read_path(&reading, "/no/such/directory"), -ENOENT);
	reading_release(&reading);
}

static void a_directory_gives_its_jsonl_files_and_no_pipes(void **state)
{
	char directory[] = "/tmp/vigil-report-XXXXXX", path[64];
	struct reading reading = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/pipe.jsonl", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, 0);
	assert_int_equal(reading.warning_count, 1);
	unlink(path);
	rmdir(directory);
	reading_release(&reading);
}

#define FILES 40

/* File NUMBER has that many events, a line of garbage, and the stack that all have. */
static void write_events(const char *directory, int number)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "%s/n%02d.jsonl", directory, number);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < number; i++)
		fprintf(file,
			"{\"schema\":\"vigil.event/1\",\"name\":\"a:signal\","
			"\"source\":\"WORKER\",\"node_state\":\"FAILED\",\"time_us\":%d,"
			"\"run_id\":\"r\",\"hostname\":\"n%02d\",\"pid\":%d,"
			"\"error_trace\":\"one\\n\\nlast\",\"frames\":[{\"pc\":\"0x%x\","
			"\"module\":\"/lib/a.so\",\"build_id\":\"ab\",\"offset\":\"0x10\","
			"\"function\":\"f\",\"kind\":\"cfi\"}]}\n",
			number * 100 + i, number, i + 1, number * 100 + i);
	fprintf(file, "garbage\n");
	fclose(file);
}

static void assert_as_written(const struct reading *reading)
{
	size_t at = 0;

	assert_int_equal(reading->warning_count, FILES);
	for (int number = 0; number < FILES; number++) {
		char name[32];

		snprintf(name, sizeof name, "n%02d.jsonl: ", number);
		assert_int_equal(strncmp(reading->warnings[number], name, strlen(name)), 0);
		for (int i = 0; i < number; i++, at++) {
			const struct event_record *record = &reading->events[at];

			assert_int_equal(record->time_us, number * 100 + i);
			assert_int_equal(record->pid, i + 1);
			assert_int_equal(record->end->pcs[0], number * 100 + i);
			assert_int_equal(record->end->error_trace.count, 3);
			assert_string_equal(record->end->error_trace.lines[1], "\n");
			assert_string_equal(record->end->error_trace.lines[2], "last");
		}
	}
	assert_int_equal(reading->count, at);
}

static void files_read_at_once_stand_in_their_order(void **state)
{
	char directory[] = "/tmp/vigil-report-XXXXXX", path[64];
	struct reading reading = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (int number = 0; number < FILES; number++)
		write_events(directory, number);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_as_written(&reading);
	/* Of one file, whoever read it, equal stacks are one. */
	assert_ptr_equal(reading.events[reading.count - 1].end->event.frames,
		reading.events[reading.count - 2].end->event.frames);
	reading_release(&reading);
	for (int number = 0; number < FILES; number++) {
		snprintf(path, sizeof path, "%s/n%02d.jsonl", directory, number);
		unlink(path);
	}
	rmdir(directory);
}

static struct job job_of(struct reading *reading)
{
	struct job job;

	assert_int_equal(job_make(reading, NULL, &job), 0);
	return job;
}

static void release(struct job *job, struct reading *reading)
{
	job_release(job);
	reading_release(reading);
}

static void what_was_reported_twice_counts_once(void **state)
{
	struct reading reading = read_text(EVENT(10, "INIT", "000100", 0, "") "\n" EVENT(
		10, "SUCCEEDED", "000200", 1, "") "\n" EVENT(10, "INIT", "000100", 0, "") "\n");
	struct job job = job_of(&reading);

	(void)state;
	assert_int_equal(job.duplicates, 1);
	assert_int_equal(job.count, 1);
	assert_int_equal(job.processes[0].termination->state, NODE_SUCCEEDED);
	release(&job, &reading);
}

static void the_last_end_counts_and_one_that_was_outlived_does_not(void **state)
{
	struct reading reading = read_text(EVENT(10, "FAILED", "000200", 1,
		",\"cause\":\"exit\",\"exit\":{\"code\":1,\"how\":\"exit\"}") "\n" EVENT(10,
		"FAILED", "000300", 2,
		",\"cause\":\"exit\",\"exit\":{\"code\":2,\"how\":\"exit\"}") "\n" EVENT(10, "INIT",
		"000100", 0, "") "\n" EVENT(11, "SUCCEEDED", "000100", 0, "") "\n" EVENT(11, "INIT",
		"000200", 0, "") "\n");
	struct job job = job_of(&reading);

	(void)state;
	assert_int_equal(job.count, 2);
	assert_int_equal(termination_event(&job.processes[0])->exit_code, 2);
	assert_null(job.processes[1].termination);
	release(&job, &reading);
}

static void a_waiter_speaks_for_who_could_not(void **state)
{
	struct reading reading = read_text(EVENT(10, "INIT", "000100", 0, "") "\n" AGENT_END(10,
		"000300", 4,
		"\"cause\":\"killed\",\"signal\":{\"number\":9,\"name\":\"SIGKILL\"}") "\n");
	struct job job = job_of(&reading);

	(void)state;
	assert_int_equal(job.count, 1);
	assert_int_equal(termination_event(&job.processes[0])->cause, CAUSE_KILLED);
	assert_false(job.processes[0].contradicted);
	release(&job, &reading);
}

static void a_waiter_that_agrees_adds_nothing(void **state)
{
	struct reading reading = read_text(EVENT(10, "FAILED", "000200", 0,
		",\"cause\":\"exit\",\"exit\":{\"code\":3,\"how\":\"_exit\"}") "\n" AGENT_END(10,
		"000300", 4, "\"cause\":\"exit\",\"exit\":{\"code\":3,\"how\":\"wait\"}") "\n");
	struct job job = job_of(&reading);

	(void)state;
	assert_int_equal(job.processes[0].termination->source, SOURCE_WORKER);
	assert_false(job.processes[0].contradicted);
	release(&job, &reading);
}

static void a_waiter_that_saw_a_signal_overrules_an_exit(void **state)
{
	struct reading reading = read_text(EVENT(10, "SUCCEEDED", "000200", 0,
		",\"exit\":{\"code\":0,\"how\":\"exit\"}") "\n" AGENT_END(10, "000300", 4,
		"\"cause\":\"fault\",\"signal\":{\"number\":11,\"name\":\"SIGSEGV\"}") "\n");
	struct job job = job_of(&reading);

	(void)state;
	assert_true(job.processes[0].contradicted);
	assert_int_equal(job.processes[0].termination->state, NODE_FAILED);
	release(&job, &reading);
}

static void a_pid_that_was_used_again_is_another_process(void **state)
{
	char text[4096];
	struct reading reading;
	struct job job;

	(void)state;
	snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n", EVENT(10, "INIT", "000100", 0, ""),
		EVENT(10, "INIT", "000500", 0, ""),
		AGENT_END(10, "000300", 4, "\"exit\":{\"code\":1,\"how\":\"wait\"}"),
		AGENT_END(10, "000700", 5, "\"exit\":{\"code\":2,\"how\":\"wait\"}"));
	strstr(strstr(text, "000500"), "\"start_ticks\":7")[14] = '8';
	reading = read_text(text);
	job = job_of(&reading);
	assert_int_equal(job.count, 2);
	assert_int_equal(termination_event(&job.processes[0])->exit_code, 1);
	assert_int_equal(termination_event(&job.processes[1])->exit_code, 2);
	release(&job, &reading);
}

static void a_job_without_events_is_no_data(void **state)
{
	struct reading reading = read_text("hello\n");
	struct job job;

	(void)state;
	assert_int_equal(job_make(&reading, NULL, &job), -ENODATA);
	reading_release(&reading);
}

/* A time that grows with the square would take minutes. */
static void many_events_are_read_in_linear_time(void **state)
{
	enum { PROCESSES = 30000 };
	size_t size = (size_t)PROCESSES * 3 * 512, length = 0;
	char *text = malloc(size);
	struct reading reading = {0};
	clock_t began = clock();
	struct job job;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < PROCESSES; i++)
		for (int seq = 0; seq < 3; seq++)
			length += (size_t)snprintf(text + length, size - length,
				"{\"schema\":\"vigil.event/"
				"1\",\"name\":\"a:x\",\"source\":\"WORKER\",\"node_state\":\"%s\","
				"\"time_us\":%d,"
				"\"mono_us\":%d,\"hostname\":\"n%d\",\"pid\":%d,\"process\":{"
				"\"program\":\"a\",\"ppid\":%d,\"start_ticks\":%d},"
				"\"seq\":%d}\n",
				seq < 2 ? "INIT" : "SUCCEEDED", 1000000 + i * 3 + seq,
				1000 + i * 3 + seq, i % 7, i + 2, i + 1 - 7, i + 1, seq);
	reading = read_bytes(text, length);
	job = job_of(&reading);
	assert_int_equal(job.count, PROCESSES);
	assert_true((clock() - began) / CLOCKS_PER_SEC < 20);
	release(&job, &reading);
	free(text);
}

UNIT_TESTS(cmocka_unit_test(an_event_is_decoded_to_the_vocabulary),
	cmocka_unit_test(a_command_is_read_back),
	cmocka_unit_test(a_kill_is_decoded_with_its_reporter_and_its_reach),
	cmocka_unit_test(what_is_no_event_is_counted_and_named),
	cmocka_unit_test(a_torn_last_line_costs_nothing_else),
	cmocka_unit_test(an_event_behind_a_torn_one_is_saved),
	cmocka_unit_test(a_last_line_without_its_newline_counts_when_it_is_whole),
	cmocka_unit_test(an_overlong_line_is_passed_over),
	cmocka_unit_test(what_cannot_be_opened_is_an_error),
	cmocka_unit_test(a_directory_gives_its_jsonl_files_and_no_pipes),
	cmocka_unit_test(files_read_at_once_stand_in_their_order),
	cmocka_unit_test(what_was_reported_twice_counts_once),
	cmocka_unit_test(the_last_end_counts_and_one_that_was_outlived_does_not),
	cmocka_unit_test(a_waiter_speaks_for_who_could_not),
	cmocka_unit_test(a_waiter_that_agrees_adds_nothing),
	cmocka_unit_test(a_waiter_that_saw_a_signal_overrules_an_exit),
	cmocka_unit_test(a_pid_that_was_used_again_is_another_process),
	cmocka_unit_test(a_job_without_events_is_no_data),
	cmocka_unit_test(many_events_are_read_in_linear_time), )
