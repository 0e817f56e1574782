/* SPDX-License-Identifier: Apache-2.0 */
/* logging.handlers.WatchedFileHandler and RotatingFileHandler. */
#include "core/base/log_file.h"
#include "core/logging/handler.h"
#include "tests/unit/handler_world.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct handler *rotating(struct world *world, int64_t max_bytes, int64_t backup_count)
{
	struct handler *handler = NULL;

	assert_int_equal(rotating_file_handler_new(&world->arena, in(world, "r.log"), 0, max_bytes,
				 backup_count, &handler),
		0);
	return handler;
}

static void eight_messages_rotate_as_in_python(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 20, 2);

	for (int i = 0; i < 8; i++) {
		char message[16];

		snprintf(message, sizeof message, "msg%05d", i);
		log_to(handler, message);
	}
	assert_holds(world, "r.log", "msg00006\nmsg00007\n");
	assert_holds(world, "r.log.1", "msg00004\nmsg00005\n");
	assert_holds(world, "r.log.2", "msg00002\nmsg00003\n");
	assert_no_file(world, "r.log.3");
}

static void an_empty_file_is_never_rotated(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 5, 3);

	log_to(handler, "longer than five");
	assert_no_file(world, "r.log.1");
	log_to(handler, "second");
	assert_holds(world, "r.log", "second\n");
	assert_holds(world, "r.log.1", "longer than five\n");
	assert_no_file(world, "r.log.2");
}

static void the_limit_itself_is_too_much(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 10, 1);

	log_to(handler, "1234");
	log_to(handler, "678");
	assert_no_file(world, "r.log.1");
	assert_holds(world, "r.log", "1234\n678\n");
	log_to(handler, "");
	assert_holds(world, "r.log.1", "1234\n678\n");
}

static void without_a_limit_or_backups_the_file_grows(void **state)
{
	struct world *world = *state;
	struct handler *endless = rotating(world, 0, 5), *alone = rotating(world, 1, 0);

	log_to(endless, "one");
	log_to(alone, "two");
	log_to(endless, "three");
	assert_holds(world, "r.log", "one\ntwo\nthree\n");
	assert_no_file(world, "r.log.1");
}

static void a_limit_keeps_what_earlier_runs_wrote(void **state)
{
	struct world *world = *state;
	struct handler *handler;

	put(world, "r.log", "earlier\n");
	assert_int_equal(rotating_file_handler_new(&world->arena, in(world, "r.log"),
				 LOG_FILE_TRUNCATE, 100, 1, &handler),
		0);
	log_to(handler, "now");
	assert_holds(world, "r.log", "earlier\nnow\n");
	assert_int_equal(rotating_file_handler_new(&world->arena, in(world, "r.log"),
				 LOG_FILE_TRUNCATE, 0, 1, &handler),
		0);
	log_to(handler, "anew");
	assert_holds(world, "r.log", "anew\n");
}

static void what_is_no_regular_file_is_never_rotated(void **state)
{
	struct world *world = *state;
	struct handler *handler;
	int reader;

	assert_int_equal(mkfifo(in(world, "r.log"), 0600), 0);
	reader = open(in(world, "r.log"), O_RDWR | O_NONBLOCK);
	handler = rotating(world, 5, 2);
	log_to(handler, "to a reader");
	log_to(handler, "another");
	assert_no_file(world, "r.log.1");
	close(reader);
}

static int locked(const char *path)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int lock = open(path, O_RDWR);

	assert_int_equal(fcntl(lock, F_OFD_SETLK, &whole), 0);
	return lock;
}

static void a_lock_that_others_hold_is_not_waited_for_in_a_crash(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 5, 2);
	struct log_record record = a_record("third");
	int64_t before;
	int lock;

	log_to(handler, "first");
	log_to(handler, "second");
	lock = locked(in(world, "r.log"));
	before = instant_now().mono_us;
	record.crashing = true;
	assert_int_equal(log_record_to(handler, &record), 0);
	assert_uint_in_range(instant_now().mono_us - before, 0, 150000);
	assert_holds(world, "r.log", "second\nthird\n");
	log_to(handler, "fourth"); /* waits for a while, then the record is worth more */
	assert_uint_in_range(instant_now().mono_us - before, 190000, 2000000);
	assert_holds(world, "r.log", "second\nthird\nfourth\n");
	close(lock);
	log_to(handler, "fifth");
	assert_holds(world, "r.log", "fifth\n");
	assert_holds(world, "r.log.1", "second\nthird\nfourth\n");
}

/* The program's own locks on what its log holds are no reason to wait. */
static void a_lock_on_what_is_written_holds_up_nobody(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 5, 2);
	struct flock begin = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1000};
	int lock;

	log_to(handler, "first");
	lock = open(in(world, "r.log"), O_RDWR);
	assert_int_equal(fcntl(lock, F_OFD_SETLK, &begin), 0);
	log_to(handler, "second");
	close(lock);
	assert_holds(world, "r.log", "second\n");
	assert_holds(world, "r.log.1", "first\n");
}

static size_t count_files(const struct world *world)
{
	DIR *directory = opendir(world->directory);
	size_t count = 0;

	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

/* Whoever waited for a file that has lost its name meanwhile holds a lock that excludes nobody. */
static void the_lock_is_one_on_the_file_that_has_the_name(void **state)
{
	struct world *world = *state;
	struct handler *handler = rotating(world, 5, 2);
	struct stat before, after;
	int first, second, status;
	pid_t child;

	log_to(handler, "first");
	put(world, "new", "long enough\n");
	assert_int_equal(stat(in(world, "new"), &before), 0);
	first = locked(in(world, "r.log"));
	second = locked(in(world, "new"));
	child = fork();
	if (child == 0) {
		close(first);
		log_to(handler, "second");
		_exit(0);
	}
	usleep(50000); /* the child waits for the first */
	assert_int_equal(rename(in(world, "r.log"), in(world, "r.log.1")), 0);
	assert_int_equal(rename(in(world, "new"), in(world, "r.log")), 0);
	close(first);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(stat(in(world, "r.log"), &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	close(second);
}

/* What a child exits with where there are no filters of system calls: under an emulator. */
#define NO_FILTERS 77

/* As on a network file system whose server knows no locks: this thread's F_OFD_SETLK is refused. */
static void refuse_locks(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(NO_FILTERS);
}

static void where_locks_are_refused_files_rotate_without(void **state)
{
	static const int errors[] = {ENOLCK, EINVAL, ENOSYS, EOPNOTSUPP};
	struct world *world = *state;
	int status;

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		put(world, "r.log", "");
		pid_t child = fork();

		if (child == 0) {
			struct handler *handler = rotating(world, 5, 1);

			refuse_locks(errors[i]);
			log_to(handler, "first");
			log_to(handler, "second");
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status == NO_FILTERS << 8) {
			print_message("# the kernel here takes no filter of system calls\n");
			skip();
		}
		assert_int_equal(status, 0);
		assert_holds(world, "r.log", "second\n");
		assert_holds(world, "r.log.1", "first\n");
		assert_int_equal(count_files(world), 2);
		unlink(in(world, "r.log.1"));
	}
}

static void descriptors_stay_out_of_the_programs_way(void **state)
{
	struct world *world = *state;
	int lowest = open("/dev/null", O_RDONLY), now;
	struct handler *handler = rotating(world, 5, 2);

	log_to(handler, "first");
	log_to(handler, "second");
	now = open("/dev/null", O_RDONLY);
	assert_int_equal(now, lowest + 1);
	close(now);
	close(lowest);
}

static void a_watched_file_is_followed_when_others_rotate_it(void **state)
{
	struct world *world = *state;
	struct handler *handler;

	assert_int_equal(
		file_handler_new(&world->arena, in(world, "w.log"), LOG_FILE_WATCH, &handler), 0);
	log_to(handler, "one");
	assert_int_equal(rename(in(world, "w.log"), in(world, "w.old")), 0);
	log_to(handler, "two");
	put(world, "w.new", "begun by others\n");
	assert_int_equal(rename(in(world, "w.new"), in(world, "w.log")), 0);
	log_to(handler, "three");
	assert_holds(world, "w.old", "one\n");
	assert_holds(world, "w.log", "begun by others\nthree\n");
	unlink(in(world, "w.log"));
	log_to(handler, "four");
	assert_holds(world, "w.log", "four\n");
}

#define WRITERS 16
#define LINES 12
#define LINE_LENGTH 70000

/* A line is one letter, its number and the letter again up to LINE_LENGTH bytes. */
static void write_lines(struct world *world, int writer)
{
	static char line[LINE_LENGTH + 1], scratch[LINE_LENGTH + 64];
	struct handler *handler = rotating(world, 300000, 900);
	struct log_record record = a_record(line);

	memset(line, 'A' + writer, LINE_LENGTH);
	for (int i = 0; i < LINES; i++) {
		struct text text;

		line[1] = (char)('a' + i);
		text_init(&text, scratch, sizeof scratch);
		if (handler_handle(handler, &record, &text) < 0)
			_exit(1);
	}
	_exit(0);
}

/* Counts the whole lines of one file in SEEN and returns how many; a torn one fails. */
static int count_lines(const char *path, int seen[WRITERS][LINES])
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	while (getline(&line, &size, file) > 0) {
		assert_int_equal(strlen(line), LINE_LENGTH + 1);
		assert_uint_in_range(line[0], 'A', 'A' + WRITERS - 1);
		assert_uint_in_range(line[1], 'a', 'a' + LINES - 1);
		assert_int_equal(strspn(line + 2, (char[]){line[0], '\0'}), LINE_LENGTH - 2);
		seen[line[0] - 'A'][line[1] - 'a']++;
		count++;
	}
	free(line);
	fclose(file);
	return count;
}

static void sixteen_processes_rotate_and_no_line_is_torn_or_lost(void **state)
{
	struct world *world = *state;
	int seen[WRITERS][LINES] = {{0}}, files = 0;

	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_lines(world, i);
	for (int i = 0; i < WRITERS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	count_lines(in(world, "r.log"), seen);
	for (char name[32]; snprintf(name, sizeof name, "r.log.%d", files + 1),
		access(in(world, name), F_OK) == 0;
		files++) /* 4 lines are the limit, and others may slip in while it rotates */
		assert_uint_in_range(count_lines(in(world, name), seen), 4, 4 + WRITERS);
	assert_uint_in_range(files, 10, WRITERS * LINES / 4);
	assert_int_equal(count_files(world), files + 1); /* and nothing else is left behind */
	for (int i = 0; i < WRITERS; i++)
		for (int j = 0; j < LINES; j++)
			assert_int_equal(seen[i][j], 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(T(eight_messages_rotate_as_in_python), T(an_empty_file_is_never_rotated),
	T(the_limit_itself_is_too_much), T(without_a_limit_or_backups_the_file_grows),
	T(a_limit_keeps_what_earlier_runs_wrote), T(what_is_no_regular_file_is_never_rotated),
	T(a_lock_that_others_hold_is_not_waited_for_in_a_crash),
	T(a_lock_on_what_is_written_holds_up_nobody),
	T(the_lock_is_one_on_the_file_that_has_the_name),
	T(where_locks_are_refused_files_rotate_without),
	T(descriptors_stay_out_of_the_programs_way),
	T(a_watched_file_is_followed_when_others_rotate_it),
	T(sixteen_processes_rotate_and_no_line_is_torn_or_lost))
