/* SPDX-License-Identifier: Apache-2.0 */
/* The file that a Java VM has written is found where the VM's options say; no other file is taken
 * for it. */
#include "core/events/jvm_report.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char directory[64];

static const struct frame_module vm = {.path = "/opt/jdk/lib/server/libjvm.so"};
static const struct frame vm_frames[] = {
	{FRAME_CFI, 0x10, false, &sample_libc, 0x10, "abort", 2, NULL, 0, 0},
	{FRAME_CFI, 0x20, false, &vm, 0x20, "os::abort", 2, NULL, 0, 0},
};

/* A process of pid 31820 that began just now. */
static struct event crashed(void)
{
	static const char *const argv[] = {"java", "Victim"};
	struct event event = sample_fault();

	event.at = instant_now();
	event.frames = vm_frames;
	event.frame_count = 2;
	event.process.argv = argv;
	event.process.argc = 2;
	event.process.start_ticks = 0;
	return event;
}

static const char *in_directory(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

#define assert_found(event, environment, name)                                 \
	do {                                                                   \
		static struct jvm_report report;                               \
                                                                               \
		assert_true(jvm_report_find((event), (environment), &report)); \
		assert_string_equal(report.path, in_directory(name));          \
	} while (0)

static void assert_none(const struct event *event)
{
	static struct jvm_report report;

	assert_false(jvm_report_find(event, (char *[]){NULL}, &report));
}

static int enter(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/vigil-jvm-XXXXXX");
	return mkdtemp(directory) == NULL || chdir(directory) != 0;
}

static int leave(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", directory);
	return chdir("/") != 0 || system(command) != 0;
}

static void it_lies_in_the_working_directory(void **state)
{
	struct event event = crashed();

	(void)state;
	assert_none(&event);
	make_file("hs_err_pid31820.log");
	assert_found(&event, NULL, "hs_err_pid31820.log");
}

static void the_arguments_name_it(void **state)
{
	const char *const argv[] = {"java", "-XX:ErrorFile=one%p%%.txt", "Victim"};
	struct event event = crashed();

	(void)state;
	event.process.argv = argv;
	event.process.argc = 3;
	make_file("hs_err_pid31820.log");
	assert_found(&event, NULL, "hs_err_pid31820.log"); /* that file could not be written */
	make_file("one31820%.txt");
	assert_found(&event, NULL, "one31820%.txt");
}

static void variables_name_it(void **state)
{
	char tool[128];
	char weak[] = "JAVA_TOOL_OPTIONS=-Xmx1g\t-XX:ErrorFile=weak  -Xint";
	char strong[] = "_JAVA_OPTIONS=\"-XX:ErrorFile=with 'a blank\"";
	struct event event = crashed();

	(void)state;
	make_file("weak");
	make_file("with 'a blank");
	make_file("third");
	assert_found(&event, ((char *[]){weak, NULL}), "weak");
	assert_found(&event, ((char *[]){weak, strong, NULL}), "with 'a blank");
	snprintf(tool, sizeof tool, "JDK_JAVA_OPTIONS=-XX:ErrorFile='%s/third'", directory);
	assert_found(&event, ((char *[]){weak, tool, NULL}), "third");
}

static void what_is_older_is_another_process(void **state)
{
	struct timespec old[2] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};
	struct event event = crashed();

	(void)state;
	make_file("hs_err_pid31820.log");
	assert_int_equal(utimensat(AT_FDCWD, "hs_err_pid31820.log", old, 0), 0);
	assert_none(&event);
	event.process.start_ticks = 1; /* since the machine began */
	assert_int_equal(utimensat(AT_FDCWD, "hs_err_pid31820.log", NULL, 0), 0);
	assert_found(&event, NULL, "hs_err_pid31820.log");
}

static void what_is_no_file_of_ours_is_not_named(void **state)
{
	struct event event = crashed();

	(void)state;
	assert_int_equal(mkdir("hs_err_pid31820.log", 0700), 0);
	assert_none(&event);
	assert_int_equal(rmdir("hs_err_pid31820.log"), 0);
	if (geteuid() != 0) /* only root may give a file away */
		return;
	make_file("hs_err_pid31820.log");
	assert_int_equal(chown("hs_err_pid31820.log", 61234, 61234), 0);
	assert_none(&event);
}

static void another_program_has_none(void **state)
{
	struct event event = crashed();

	(void)state;
	make_file("hs_err_pid31820.log");
	event.frame_count = 1;
	assert_none(&event);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)

UNIT_TESTS(IN_DIRECTORY(it_lies_in_the_working_directory), IN_DIRECTORY(the_arguments_name_it),
	IN_DIRECTORY(variables_name_it), IN_DIRECTORY(what_is_older_is_another_process),
	IN_DIRECTORY(what_is_no_file_of_ours_is_not_named),
	IN_DIRECTORY(another_program_has_none), )
