/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log_file.h"

#include "core/base/clock.h"
#include "core/base/output.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of its own for each test, and a file in it that need not be there. */
struct location {
	char directory[64];
	char path[80];
};

static int make_location(void **state)
{
	static struct location location;

	strcpy(location.directory, "/tmp/vigil-sink-XXXXXX");
	if (mkdtemp(location.directory) == NULL)
		return -1;
	snprintf(location.path, sizeof location.path, "%s/file", location.directory);
	*state = &location;
	return 0;
}

static int remove_location(void **state)
{
	const struct location *location = *state;

	unlink(location->path);
	rmdir(location->directory);
	return 0;
}

static void assert_holds(const char *path, const char *expected)
{
	char buffer[256] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, buffer, sizeof buffer - 1) >= 0);
	close(fd);
	assert_string_equal(buffer, expected);
}

static void records_are_appended_out_of_the_programs_way(void **state)
{
	const struct location *location = *state;
	struct log_file log_file;
	struct stat stat_;
	int lowest = open("/dev/null", O_RDONLY);

	close(lowest);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	assert_true(log_file.fd >= LOG_FILE_FD_LEAST);
	assert_true(fcntl(log_file.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(open("/dev/null", O_RDONLY), lowest);
	close(lowest);
	errno = 4711;
	assert_int_equal(log_file_write(&log_file, "one\n", 4), 0);
	assert_int_equal(log_file_write(&log_file, "two\n", 4), 0);
	assert_int_equal(log_file.version, 2); /* opened once, kept since */
	assert_int_equal(errno, 4711);
	assert_holds(location->path, "one\ntwo\n");
	assert_int_equal(stat(location->path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0137, 0);
	log_file_close(&log_file);
}

static void a_foreign_file_under_our_number_is_never_written_to(void **state)
{
	const struct location *location = *state;
	char foreign[] = "/tmp/vigil-foreign-XXXXXX";
	struct log_file log_file;
	int fd = mkstemp(foreign);

	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	assert_int_equal(dup2(fd, log_file.fd), log_file.fd);
	assert_int_equal(log_file_write(&log_file, "ours\n", 5), 0);
	assert_holds(foreign, "");
	assert_holds(location->path, "ours\n");
	log_file_close(&log_file);
	close(fd);
	unlink(foreign);
}

static void a_closed_descriptor_is_opened_again(void **state)
{
	const struct location *location = *state;
	struct log_file log_file;

	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	close(log_file.fd);
	assert_int_equal(log_file_write(&log_file, "a\n", 2), 0);
	assert_int_equal(log_file_write(&log_file, "b\n", 2), 0);
	assert_holds(location->path, "a\nb\n");
	assert_true(log_file.fd >= LOG_FILE_FD_LEAST);
	log_file_close(&log_file);
}

static void a_removed_file_is_made_again_a_removed_directory_is_not(void **state)
{
	const struct location *location = *state;
	struct log_file log_file;

	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	unlink(location->path);
	assert_int_equal(log_file_write(&log_file, "a\n", 2), 0);
	assert_holds(location->path, "a\n");
	unlink(location->path);
	rmdir(location->directory);
	assert_int_equal(log_file_write(&log_file, "b\n", 2), -ENOENT);
	assert_int_equal(access(location->directory, F_OK), -1);
	log_file_close(&log_file);
}

static void without_room_for_a_descriptor_each_record_opens_the_file(void **state)
{
	const struct location *location = *state;
	struct rlimit before, low;
	struct log_file log_file;

	getrlimit(RLIMIT_NOFILE, &before);
	low = before;
	low.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &low);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, LOG_FILE_TRUNCATE), 0);
	assert_int_equal(log_file.fd, -1);
	assert_int_equal(log_file_write(&log_file, "a\n", 2), 0);
	assert_int_equal(log_file_write(&log_file, "b\n", 2), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_holds(location->path, "a\nb\n");
}

static void what_must_not_be_written_to_is_refused(void **state)
{
	const struct location *location = *state;
	struct log_file log_file;

	assert_int_equal(symlink("/tmp/elsewhere", location->path), 0);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), -ELOOP);
	assert_int_equal(log_file_open(&log_file, location->directory, 0640, 0), -EISDIR);
	assert_int_equal(log_file_open(&log_file, "/dev/null", 0640, LOG_FILE_REGULAR), -EINVAL);
	assert_int_equal(log_file_open(&log_file, "/nonexistent/x", 0640, 0), -ENOENT);
	assert_int_equal(log_file_write(&log_file, "x\n", 2), -ENOENT);
}

static void a_second_name_in_a_directory_of_all_is_refused(void **state)
{
	const struct location *location = *state;
	char other[96];
	struct log_file log_file;

	snprintf(other, sizeof other, "%s.other", location->directory);
	assert_int_equal(close(open(other, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(link(other, location->path), 0);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	log_file_close(&log_file);
	assert_int_equal(chmod(location->directory, 01777), 0);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, LOG_FILE_TRUNCATE), -EPERM);
	unlink(other);
}

static void a_fifo_without_a_reader_does_not_hold_us_up(void **state)
{
	const struct location *location = *state;
	struct log_file log_file;
	char buffer[8];
	int reader;

	assert_int_equal(mkfifo(location->path, 0600), 0);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), -ENXIO);
	assert_int_equal(log_file_write(&log_file, "a\n", 2), -ENXIO);
	reader = open(location->path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(log_file_write(&log_file, "b\n", 2), 0);
	assert_int_equal(read(reader, buffer, sizeof buffer), 2);
	close(reader);
	assert_int_equal(log_file_write(&log_file, "c\n", 2), -EPIPE);
	log_file_close(&log_file);
}

/* Runs BODY in a process of its own, which signals may kill; it succeeds by exit status 0. */
static void in_a_child(
	void (*body)(const struct location *location), const struct location *location)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		body(location);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define EXPECT(condition)                          \
	do {                                       \
		if (!(condition))                  \
			_exit(__LINE__ % 200 + 1); \
	} while (0)

static void write_beyond_the_limit(const struct location *location)
{
	struct rlimit limit = {0, RLIM_INFINITY};
	struct log_file log_file;
	sigset_t pending;

	EXPECT(log_file_open(&log_file, location->path, 0640, 0) == 0);
	EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	EXPECT(log_file_write(&log_file, "x\n", 2) == -EFBIG);
	sigpending(&pending);
	EXPECT(sigisemptyset(&pending));
	limit.rlim_cur = 3;
	EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	EXPECT(log_file_write(&log_file, "abcdef\n", 7) == -ENOSPC);
	limit.rlim_cur = RLIM_INFINITY;
	EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	EXPECT(log_file_write(&log_file, "next\n", 5) == 0);
	EXPECT(log_file_write(&log_file, "last\n", 5) == 0);
}

static void a_full_disk_kills_nobody_and_tears_one_line_only(void **state)
{
	const struct location *location = *state;

	in_a_child(write_beyond_the_limit, location);
	assert_holds(location->path, "abc\nnext\nlast\n");
}

static void write_to_nobody(const struct location *location)
{
	sigset_t pending, sigpipe;
	int ends[2];

	(void)location;
	EXPECT(pipe(ends) == 0 && close(ends[0]) == 0);
	EXPECT(output_write(ends[1], "x", 1) == -EPIPE);
	sigpending(&pending);
	EXPECT(sigisemptyset(&pending));
	/* One that was pending before stays. */
	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &sigpipe, NULL);
	raise(SIGPIPE);
	EXPECT(output_write(ends[1], "x", 1) == -EPIPE);
	sigpending(&pending);
	EXPECT(sigismember(&pending, SIGPIPE));
}

static void a_broken_pipe_raises_nothing(void **state)
{
	in_a_child(write_to_nobody, *state);
}

static void assert_given_up_in_time(int fd)
{
	static char block[4096];
	struct instant before;
	int64_t took;

	while (output_write(fd, block, sizeof block) == sizeof block)
		continue;
	before = instant_now();
	assert_int_equal(output_write(fd, block, sizeof block), -EAGAIN);
	took = instant_now().mono_us - before.mono_us;
	assert_true(took >= OUTPUT_DEADLINE_MS * 1000 && took < OUTPUT_DEADLINE_MS * 1000 * 20);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

static void a_full_pipe_or_socket_is_given_up_after_the_deadline(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_given_up_in_time(ends[1]);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_given_up_in_time(ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static void a_record_goes_through_a_pipe_whole(void **state)
{
	static char record[60000], got[60000];
	int ends[2];

	(void)state;
	memset(record, 'r', sizeof record);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(output_write(ends[1], record, sizeof record), sizeof record);
	assert_int_equal(read(ends[0], got, sizeof got), sizeof got);
	assert_memory_equal(record, got, sizeof got);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(output_write(-1, "x", 1), -EBADF);
}

#define THREADS 4
#define RECORDS 300

static void *write_records(void *argument)
{
	struct log_file *log_file = argument;

	for (int i = 0; i < RECORDS; i++)
		if (log_file_write(log_file, "0123456789abcde\n", 16) < 0)
			return argument;
	return NULL;
}

/* How many of THREADS could not write a record. */
static int join_all(const pthread_t threads[THREADS])
{
	int count = 0;
	void *failed;

	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		count += failed != NULL;
	}
	return count;
}

static void threads_write_whole_records_while_their_descriptor_is_taken_away(void **state)
{
	const struct location *location = *state;
	pthread_t threads[THREADS];
	struct log_file log_file;
	struct stat stat_;
	int foreign = open("/dev/null", O_WRONLY);

	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_records, &log_file), 0);
	/* As a program does that closes all it does not know. A write may still hit the new file:
	 * see log file.h. */
	for (int i = 0; i < 20; i++) {
		int fd = atomic_load(&log_file.fd);

		if (fd >= LOG_FILE_FD_LEAST)
			dup2(foreign, fd);
		usleep(200);
	}
	assert_int_equal(join_all(threads), 0);
	assert_int_equal(stat(location->path, &stat_), 0);
	assert_true(stat_.st_size > 0 && stat_.st_size % 16 == 0);
	log_file_close(&log_file);
	close(foreign);
}

#define CLOSES 20
#define ROUNDS 10

static void *write_many_records(void *log_file)
{
	void *failed = NULL;

	for (int i = 0; i < ROUNDS && failed == NULL; i++)
		failed = write_records(log_file);
	return failed;
}

/* A closed number, unlike one that somebody reuses, loses nothing. */
static void no_record_is_lost_while_the_descriptor_is_closed(void **state)
{
	const struct location *location = *state;
	pthread_t threads[THREADS];
	struct log_file log_file;
	struct stat stat_;

	assert_int_equal(log_file_open(&log_file, location->path, 0640, 0), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, write_many_records, &log_file), 0);
	for (int i = 0; i < CLOSES; i++) {
		close(atomic_load(&log_file.fd));
		usleep(1000);
	}
	assert_int_equal(join_all(threads), 0);
	log_file_close(&log_file);
	assert_int_equal(stat(location->path, &stat_), 0);
	assert_int_equal(stat_.st_size, THREADS * ROUNDS * RECORDS * 16);
}

static void a_rotated_file_is_let_go_of_where_the_new_one_has_no_number(void **state)
{
	const struct location *location = *state;
	char old[96];
	struct log_file log_file;
	struct rlimit limit, low;
	int kept;

	snprintf(old, sizeof old, "%s.1", location->path);
	assert_int_equal(log_file_open(&log_file, location->path, 0640, LOG_FILE_WATCH), 0);
	kept = log_file.fd;
	assert_int_equal(rename(location->path, old), 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = LOG_FILE_FD_LEAST;
	setrlimit(RLIMIT_NOFILE, &low);
	assert_int_equal(log_file_write(&log_file, "new\n", 4), 0);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(fcntl(kept, F_GETFD), -1);
	assert_holds(location->path, "new\n");
	unlink(old);
}

#define ROTATIONS 2000

/* Each record is in one of the files, however their writers learn of the rotation. */
static void no_record_is_lost_while_the_file_is_rotated(void **state)
{
	const struct location *location = *state;
	pthread_t threads[THREADS];
	char old[ROTATIONS][96];
	off_t bytes = 0;
	struct log_file log_file;
	struct stat stat_;

	assert_int_equal(log_file_open(&log_file, location->path, 0640, LOG_FILE_WATCH), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, write_many_records, &log_file), 0);
	for (int i = 0; i < ROTATIONS; i++) {
		snprintf(old[i], sizeof old[i], "%s.%d", location->path, i);
		rename(location->path, old[i]); /* or it is not there yet */
		usleep(10);
	}
	assert_int_equal(join_all(threads), 0);
	log_file_close(&log_file);
	if (stat(location->path, &stat_) == 0)
		bytes += stat_.st_size;
	for (int i = 0; i < ROTATIONS; i++)
		if (stat(old[i], &stat_) == 0) {
			bytes += stat_.st_size;
			unlink(old[i]);
		}
	assert_int_equal(bytes, THREADS * ROUNDS * RECORDS * 16);
}

static void relative_names_become_absolute(void **state)
{
	char path[256], expected[256], small[4];

	(void)state;
	assert_int_equal(log_file_absolute("/a/b", path, sizeof path), 0);
	assert_string_equal(path, "/a/b");
	assert_non_null(getcwd(expected, sizeof expected - 8));
	strcat(expected, "/x.log");
	assert_int_equal(log_file_absolute("x.log", path, sizeof path), 0);
	assert_string_equal(path, expected);
	assert_int_equal(log_file_absolute("x.log", small, sizeof small), -ENAMETOOLONG);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_location, remove_location)

UNIT_TESTS(IN_PLACE(records_are_appended_out_of_the_programs_way),
	IN_PLACE(a_foreign_file_under_our_number_is_never_written_to),
	IN_PLACE(a_closed_descriptor_is_opened_again),
	IN_PLACE(a_removed_file_is_made_again_a_removed_directory_is_not),
	IN_PLACE(without_room_for_a_descriptor_each_record_opens_the_file),
	IN_PLACE(what_must_not_be_written_to_is_refused),
	IN_PLACE(a_second_name_in_a_directory_of_all_is_refused),
	IN_PLACE(a_fifo_without_a_reader_does_not_hold_us_up),
	IN_PLACE(a_full_disk_kills_nobody_and_tears_one_line_only),
	IN_PLACE(a_broken_pipe_raises_nothing),
	IN_PLACE(threads_write_whole_records_while_their_descriptor_is_taken_away),
	IN_PLACE(no_record_is_lost_while_the_descriptor_is_closed),
	IN_PLACE(a_rotated_file_is_let_go_of_where_the_new_one_has_no_number),
	IN_PLACE(no_record_is_lost_while_the_file_is_rotated),
	cmocka_unit_test(a_full_pipe_or_socket_is_given_up_after_the_deadline),
	cmocka_unit_test(a_record_goes_through_a_pipe_whole),
	cmocka_unit_test(relative_names_become_absolute))
