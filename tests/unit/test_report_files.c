/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a run directory: rotated, growing, and longer than any line of an event. */
#include "core/eventfile/follow.h"
#include "core/eventfile/rotation.h"
#include "core/report/job/job.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[64];

static const char *path_of(const char *name)
{
	static char path[sizeof directory + 256];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/vigil-files-XXXXXX");
	return mkdtemp(directory) == NULL;
}

static int end(void **state)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, NULL);

	(void)state;
	for (int i = 0; i < count; i++) {
		remove(path_of(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return rmdir(directory);
}

__attribute__((format(printf, 2, 3))) static void append(const char *name, const char *format, ...)
{
	FILE *file = fopen(path_of(name), "a");
	va_list arguments;

	assert_non_null(file);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	assert_int_equal(fclose(file), 0);
}

#define EVENT                                                                                   \
	"{\"schema\":\"vigil.event/"                                                            \
	"1\",\"name\":\"a:init\",\"source\":\"WORKER\",\"node_state\":\"INIT\",\"time_us\":%d," \
	"\"hostname\":\"n1\",\"pid\":%d,\"seq\":%d}"

static void rotated_files_are_read_the_oldest_first(void **state)
{
	static const char *const order[] = {"n1.jsonl.2026-11-23", "n1.jsonl.2026-11-24_13-05-00",
		"n1.jsonl.10", "n1.jsonl.2", "n1.jsonl.1", "n1.jsonl", "n10.jsonl.1", "n10.jsonl"};
	static const char *const others[] = {"n1.jsonl.gz", "n1.jsonl.bak", "n1.jsonl~", ".jsonl",
		"n1.json", "n1.jsonl.1x", "n1.jsonlx.1"};
	struct reading reading = {0};

	(void)state;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		append(order[i], EVENT "\n", 100, (int)i + 1, 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		append(others[i], EVENT "\n", 100, 99, 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, sizeof order / sizeof *order);
	for (size_t i = 0; i < reading.count; i++)
		assert_int_equal(reading.events[i].pid, i + 1);
	reading_release(&reading);
}

static long resident_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void a_line_of_many_megabytes_costs_no_memory(void **state)
{
	enum { MEGABYTES = 64 };

	static char part[1 << 20];
	struct reading reading = {0};
	long before;
	FILE *file;

	(void)state;
	memset(part, 'a', sizeof part);
	before = resident_kb();
	append("n1.jsonl", EVENT "\n{", 100, 1, 0);
	file = fopen(path_of("n1.jsonl"), "a");
	assert_non_null(file);
	for (int i = 0; i < MEGABYTES; i++)
		assert_int_equal(fwrite(part, sizeof part, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	append("n1.jsonl", "\n" EVENT "\n", 200, 2, 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.events[1].pid, 2);
	assert_int_equal(reading.warning_count, 1);
	assert_non_null(strstr(reading.warnings[0],
		"1 line skipped, longer than an event can be (the first is line 2)"));
	assert_true(resident_kb() - before < 16 * 1024);
	reading_release(&reading);
}

static void assert_warning(const struct reading *reading, size_t which, const char *words)
{
	assert_true(which < reading->warning_count);
	assert_string_equal(reading->warnings[which], words);
}

/* Reading a terabyte of zeros would take minutes. */
static void holes_are_passed_over_and_data_behind_them_is_read(void **state)
{
	const off_t first = (off_t)1 << 30, second = (off_t)1 << 40;
	struct reading reading = {0};
	struct stat stat;
	char words[128];

	(void)state;
	append("n1.jsonl", EVENT "\n{", 100, 1, 0);
	assert_int_equal(lstat(path_of("n1.jsonl"), &stat), 0);
	assert_int_equal(truncate(path_of("n1.jsonl"), first), 0);
	append("n1.jsonl", EVENT "\n" EVENT "\n", 200, 2, 0, 300, 3, 0);
	snprintf(words, sizeof words,
		"n1.jsonl: holes of %lld bytes in all, where nobody wrote, passed over",
		(long long)(first - stat.st_size));
	append("n2.jsonl", "\n");
	assert_int_equal(truncate(path_of("n2.jsonl"), 0), 0);
	assert_int_equal(truncate(path_of("n2.jsonl"), second), 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reading.events[i].pid, i + 1);
	assert_int_equal(reading.warning_count, 3);
	assert_warning(&reading, 0,
		"n1.jsonl: 1 line skipped, torn: their writer was cut off (the first is line 2)");
	assert_warning(&reading, 1, words);
	assert_warning(&reading, 2,
		"n2.jsonl: holes of 1099511627776 bytes in all, where nobody wrote, passed over");
	reading_release(&reading);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof address.sun_path);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
}

/* Of a FIFO and a device not even the opening has come to an end, or was without effect. */
static void what_is_not_stored_here_is_named_and_passed_over(void **state)
{
	struct reading reading = {0};

	(void)state;
	append("a.jsonl", EVENT "\n", 100, 1, 0);
	assert_int_equal(mkfifo(path_of("b.jsonl"), 0600), 0);
	make_socket(path_of("c.jsonl"));
	assert_int_equal(symlink("/proc/self/pagemap", path_of("d.jsonl")), 0);
	assert_int_equal(symlink("/dev/zero", path_of("e.jsonl")), 0);
	assert_int_equal(symlink("../x/../../etc/passwd", path_of("f.jsonl")), 0);
	assert_int_equal(symlink("g.jsonl", path_of("g.jsonl")), 0);
	assert_int_equal(symlink("nowhere", path_of("h.jsonl")), 0);
	assert_int_equal(symlink("b.jsonl", path_of("i.jsonl")), 0);
	assert_int_equal(mkdir(path_of("j.jsonl"), 0700), 0);
	assert_int_equal(symlink("other", path_of("k.jsonl")), 0);
	append("other", EVENT "\n", 200, 2, 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, 2); /* a link within the directory is one to a file of it */
	assert_int_equal(reading.warning_count, 9);
	assert_warning(&reading, 0, "b.jsonl: is a FIFO; passed over");
	assert_warning(&reading, 1, "c.jsonl: is a socket; passed over");
	for (int i = 2; i < 5; i++)
		assert_string_equal(reading.warnings[i] + 1,
			".jsonl: is a link that leads out of its directory; passed over");
	assert_warning(&reading, 5, "g.jsonl: Too many levels of symbolic links; passed over");
	assert_warning(&reading, 6, "h.jsonl: No such file or directory; passed over");
	assert_warning(&reading, 7, "i.jsonl: is a FIFO; passed over");
	assert_warning(&reading, 8, "j.jsonl: is a directory; passed over");
	reading_release(&reading);
}

static void a_path_that_is_not_stored_is_refused(void **state)
{
	struct reading reading = {0};

	(void)state;
	assert_int_equal(mkfifo(path_of("b.jsonl"), 0600), 0);
	assert_int_equal(read_path(&reading, path_of("b.jsonl")), -EINVAL);
	assert_string_equal(reading.refused, "is a FIFO");
	assert_int_equal(read_path(&reading, "/dev/zero"), -EINVAL);
	assert_string_equal(reading.refused, "is a device");
	assert_int_equal(read_path(&reading, "/proc/self/pagemap"), -EINVAL);
	assert_non_null(strstr(reading.refused, "not stored"));
	assert_int_equal(read_path(&reading, "/sys/kernel/vmcoreinfo"), -EINVAL);
	assert_int_equal(read_path(&reading, path_of("a.jsonl")), -ENOENT);
	reading_release(&reading);
}

static void of_very_many_warnings_the_rest_is_counted(void **state)
{
	struct reading reading = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < READ_WARNINGS_MOST + 23; i++) {
		snprintf(name, sizeof name, "%04d.jsonl", i);
		assert_int_equal(symlink("/etc/passwd", path_of(name)), 0);
	}
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.warning_count, READ_WARNINGS_MOST + 1);
	assert_warning(&reading, READ_WARNINGS_MOST, "and 23 more warnings of its files");
	reading_release(&reading);
}

static void blank_lines_are_counted_and_not_read(void **state)
{
	struct reading reading = {0};

	(void)state;
	append("a.jsonl", "\n\n\n\n\n\n\n\n\n\n\n" EVENT "\n\n\nx\n\n", 100, 1, 0);
	append("b.jsonl", " \n\r\n\t \r\n\n" EVENT, 200, 2, 0);
	assert_int_equal(read_path(&reading, directory), 0);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.warning_count, 1);
	assert_warning(&reading, 0, "a.jsonl: 1 line skipped, not JSON (the first is line 15)");
	reading_release(&reading);
}

static void who_follows_passes_over_the_same_once(void **state)
{
	static struct following following;
	const char *paths[] = {directory};
	struct reading into = {0};

	(void)state;
	append("a.jsonl", EVENT "\n", 100, 1, 0);
	assert_int_equal(truncate(path_of("a.jsonl"), (off_t)1 << 40), 0);
	assert_int_equal(mkfifo(path_of("b.jsonl"), 0600), 0);
	assert_int_equal(symlink("/proc/self/pagemap", path_of("d.jsonl")), 0);
	assert_int_equal(follow_begin(&following, paths, 1), 0);
	for (int i = 0; i < 3; i++)
		assert_true(follow_more(&following) >= 0);
	append("a.jsonl", EVENT "\n", 200, 2, 0);
	assert_int_equal(follow_more(&following), 1);
	assert_int_equal(following.reading.count, 2);
	assert_int_equal(follow_warn(&following, &into), 0);
	assert_int_equal(into.warning_count, 3);
	assert_non_null(strstr(into.warnings[0], "a.jsonl: holes of 10995116"));
	assert_warning(&into, 1, "b.jsonl: is a FIFO; passed over");
	assert_warning(&into, 2, "d.jsonl: is a link that leads out of its directory; passed over");
	reading_release(&into);
	follow_end(&following);
	paths[0] = path_of("b.jsonl");
	assert_int_equal(follow_begin(&following, paths, 1), 0);
	assert_int_equal(follow_more(&following), -EINVAL);
	assert_string_equal(following.refused_path, "is a FIFO");
	follow_end(&following);
}

static void what_grows_is_read_once(void **state)
{
	static struct following following;
	static const char *paths[1] = {directory};

	(void)state;
	assert_int_equal(follow_begin(&following, paths, 1), 0);
	assert_int_equal(follow_more(&following), 0);
	append("n1.jsonl", EVENT "\n{\"schema\":\"vigil.ev", 100, 1, 0);
	assert_int_equal(follow_more(&following), 1);
	assert_int_equal(follow_more(&following), 0);
	append("n1.jsonl", "ent/1\",\"name\":\"a:init\",\"source\":\"WORKER\",\"node_state\":"
			   "\"INIT\",\"time_us\":3,\"hostname\":\"n1\",\"pid\":2}\n");
	append("n2.jsonl", EVENT "\n" EVENT "\n", 100, 3, 0, 200, 4, 0);
	assert_int_equal(follow_more(&following), 3);
	assert_int_equal(following.reading.events[1].pid, 2);
	assert_int_equal(following.files.count, 2);
	follow_end(&following);
}

static void a_file_that_is_rotated_away_is_the_same(void **state)
{
	static struct following following;
	static const char *paths[1] = {directory};
	char old[512];

	(void)state;
	assert_int_equal(follow_begin(&following, paths, 1), 0);
	append("n1.jsonl", EVENT "\n", 100, 1, 0);
	assert_int_equal(follow_more(&following), 1);
	append("n1.jsonl", EVENT "\n", 200, 2, 0);
	snprintf(old, sizeof old, "%s", path_of("n1.jsonl"));
	assert_int_equal(rename(old, path_of("n1.jsonl.1")), 0);
	append("n1.jsonl", EVENT "\n", 300, 3, 0);
	assert_int_equal(follow_more(&following), 2);
	assert_int_equal(follow_more(&following), 0);
	follow_end(&following);
}

static void garbage_in_what_grows_is_said_once_with_its_count(void **state)
{
	static struct following following;
	static const char *paths[1] = {directory};
	struct reading warnings = {0};

	(void)state;
	assert_int_equal(follow_begin(&following, paths, 1), 0);
	append("n1.jsonl", "hello\n");
	assert_int_equal(follow_more(&following), 0);
	append("n1.jsonl", EVENT "\nworld\n", 100, 1, 0);
	assert_int_equal(follow_more(&following), 1);
	assert_int_equal(follow_warn(&following, &warnings), 0);
	assert_int_equal(warnings.warning_count, 1);
	assert_string_equal(
		warnings.warnings[0], "n1.jsonl: 2 lines skipped, not JSON (the first is line 1)");
	reading_release(&warnings);
	follow_end(&following);
}

static size_t lost_in(const char *name)
{
	struct reading reading = {0};
	struct job job;
	size_t lost;

	assert_int_equal(read_path(&reading, path_of(name)), 0);
	assert_int_equal(job_make(&reading, NULL, &job), 0);
	lost = job.lost;
	job_release(&job);
	reading_release(&reading);
	return lost;
}

static void gaps_in_the_numbers_are_losses(void **state)
{
	(void)state;
	append("whole", EVENT "\n" EVENT "\n" EVENT "\n", 100, 1, 0, 300, 1, 2, 200, 1, 1);
	assert_int_equal(lost_in("whole"), 0);
	append("exec", EVENT "\n" EVENT "\n" EVENT "\n", 100, 1, 0, 200, 1, 1, 300, 1, 0);
	assert_int_equal(lost_in("exec"), 0);
	append("gap", EVENT "\n" EVENT "\n" EVENT "\n", 100, 1, 0, 200, 1, 3, 300, 2, 1);
	assert_int_equal(lost_in("gap"), 3);
}

#define WAIT                                                                       \
	"{\"schema\":\"vigil.event/1\",\"name\":\"a:wait\",\"source\":\"AGENT\","  \
	"\"node_state\":\"FAILED\",\"time_us\":150,\"hostname\":\"n1\",\"pid\":7," \
	"\"cause\":\"killed\",\"teller\":{\"pid\":1,\"comm\":\"x\"},\"seq\":%d}\n"

/* What a process reports others has numbers of its own row. */
static void what_is_told_of_others_counts_for_its_reporter(void **state)
{
	(void)state;
	append("told", EVENT "\n" EVENT "\n", 100, 1, 0, 200, 1, 2);
	append("told", WAIT, 1);
	assert_int_equal(lost_in("told"), 0);
	append("unnumbered", EVENT "\n" EVENT "\n", 100, 1, 0, 200, 1, 1);
	append("unnumbered", WAIT, 0);
	assert_int_equal(lost_in("unnumbered"), 0);
}

#define COUNTED                                                                  \
	"{\"schema\":\"vigil.event/1\",\"name\":\"a:%s\",\"source\":\"%s\","     \
	"\"node_state\":\"%s\",\"time_us\":%d,\"hostname\":\"n1\",\"pid\":%d,%s" \
	"\"process\":{\"program\":\"a\"},\"seq\":%d,\"dropped\":%d,\"unsent\":%d}\n"
#define TOLD_BY_VIGIL \
	"\"teller\":{\"pid\":9,\"comm\":\"vigil\"},\"exit\":{\"code\":0,\"how\":\"wait\"},"

/* Each reporter counts on, and says so once more behind its last event. */
static void what_was_not_sent_is_the_sum_of_the_tellers_counts(void **state)
{
	struct reading reading = {0};
	struct job job;

	(void)state;
	append("n1.jsonl", COUNTED COUNTED COUNTED, "init", "WORKER", "INIT", 100, 1, "", 0, 0, 0,
		"exit", "WORKER", "SUCCEEDED", 200, 1, "", 1, 1, 1, "dropped", "WORKER", "RUNNING",
		201, 1, "", 2, 2, 2);
	append("n1.jsonl", COUNTED COUNTED, "init", "WORKER", "INIT", 110, 2, "", 0, 0, 0, "exit",
		"WORKER", "SUCCEEDED", 210, 2, "", 1, 3, 1);
	append("n1.jsonl", COUNTED COUNTED COUNTED, "wait", "AGENT", "SUCCEEDED", 300, 1,
		TOLD_BY_VIGIL, 0, 4, 4, "wait", "AGENT", "SUCCEEDED", 310, 2, TOLD_BY_VIGIL, 0, 5,
		5, "dropped", "AGENT", "RUNNING", 320, 9, "", 0, 6, 6);
	assert_int_equal(read_path(&reading, path_of("n1.jsonl")), 0);
	assert_int_equal(job_make(&reading, NULL, &job), 0);
	assert_int_equal(job.count, 2); /* vigil itself is no process of the job */
	assert_int_equal(job.dropped, 2 + 3 + 6);
	assert_int_equal(job.unsent, 2 + 1 + 6);
	assert_int_equal(job.lost, 0);
	assert_null(job.processes[0].running);
	job_release(&job);
	reading_release(&reading);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_TESTS(IN_DIRECTORY(rotated_files_are_read_the_oldest_first),
	IN_DIRECTORY(a_line_of_many_megabytes_costs_no_memory),
	IN_DIRECTORY(holes_are_passed_over_and_data_behind_them_is_read),
	IN_DIRECTORY(what_is_not_stored_here_is_named_and_passed_over),
	IN_DIRECTORY(a_path_that_is_not_stored_is_refused),
	IN_DIRECTORY(of_very_many_warnings_the_rest_is_counted),
	IN_DIRECTORY(blank_lines_are_counted_and_not_read),
	IN_DIRECTORY(who_follows_passes_over_the_same_once), IN_DIRECTORY(what_grows_is_read_once),
	IN_DIRECTORY(a_file_that_is_rotated_away_is_the_same),
	IN_DIRECTORY(garbage_in_what_grows_is_said_once_with_its_count),
	IN_DIRECTORY(gaps_in_the_numbers_are_losses),
	IN_DIRECTORY(what_is_told_of_others_counts_for_its_reporter),
	IN_DIRECTORY(what_was_not_sent_is_the_sum_of_the_tellers_counts), )
