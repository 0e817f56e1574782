/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stacks of every Python that is here, read by process_vm_readv() from a program that says
 * where it stands; and that no wrong frame comes of a table of offsets in which a word is wrong.
 */
#include "core/trace/python_frames.h"

#include "tests/support/pythons.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* _PyRuntime and the thread's state, then the frames from the innermost one. The program stands in
 * the read that follows. */
static const char program[] =
	"import ctypes, os, sys, threading\n"
	"api = ctypes.pythonapi\n"
	"api.PyGILState_GetThisThreadState.restype = ctypes.c_void_p\n"
	"for _ in range(3):\n"
	"    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
	"\n"
	"class Thing:\n"
	"    def method(self, depth):\n"
	"        if depth > 0:\n"
	"            return [self.method(depth - 1) for _ in (1,)]\n"
	"        frame, said = sys._getframe(), ''\n"
	"        while frame is not None:\n"
	"            code = frame.f_code\n"
	"            line = frame.f_lineno if said else frame.f_lineno + 5\n"
	"            said += f'{line} {code.co_name} {code.co_filename}\\n'\n"
	"            frame = frame.f_back\n"
	"        print(ctypes.addressof(ctypes.c_char.in_dll(api, '_PyRuntime')),\n"
	"              api.PyGILState_GetThisThreadState(), said, sep='\\n', end='\\n', "
	"flush=True)\n"
	"        os.read(0, 1)\n"
	"\n"
	"\n"
	"def größe(depth): yield Thing().method(depth)\n"
	"list(größe(5))\n";

#define LINES_MAX 64

struct standing {
	pid_t pid;
	int to;
	uint64_t runtime, state;
	unsigned minor;
	struct {
		int line;
		char function[64], file[64];
	} frames[LINES_MAX];
	size_t count;
};

static void begin(struct standing *standing, const struct python *python)
{
	int in[2], out[2];
	FILE *said;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	standing->minor = (unsigned)python->minor;
	standing->pid = fork();
	if (standing->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		setenv("PYTHONUTF8", "1", 1);
		execl(python->path, python->path, "-c", program, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	standing->to = in[1];
	said = fdopen(out[0], "r");
	assert_int_equal(fscanf(said, "%lu %lu ", &standing->runtime, &standing->state), 2);
	for (standing->count = 0;; standing->count++) {
		char line[256];

		if (fgets(line, sizeof line, said) == NULL || line[0] == '\n')
			break;
		assert_int_equal(
			sscanf(line, "%d %63s %63s", &standing->frames[standing->count].line,
				standing->frames[standing->count].function,
				standing->frames[standing->count].file),
			3);
	}
	fclose(said);
	usleep(20000); /* it is in the read, or just before */
}

static void end(struct standing *standing)
{
	close(standing->to);
	kill(standing->pid, SIGKILL);
	waitpid(standing->pid, NULL, 0);
}

/* The process's memory, but for one word. */
static struct {
	pid_t pid;
	uint64_t at, word;
	unsigned times; /* it is read otherwise, and one more; 0: every time */
} patch;

/* Whether what is read now is otherwise. */
static bool is_patched(void)
{
	if (patch.times == 1)
		return false;
	patch.times -= patch.times > 0;
	return true;
}

static bool read_other(void *nothing, uint64_t address, void *to, size_t size)
{
	struct iovec mine = {to, size}, its = {(void *)(uintptr_t)address, size};

	(void)nothing;
	if (process_vm_readv(patch.pid, &mine, 1, &its, 1, 0) != (ssize_t)size)
		return false;
	if (patch.at >= address && patch.at + sizeof patch.word <= address + size && is_patched())
		memcpy((char *)to + (patch.at - address), &patch.word, sizeof patch.word);
	return true;
}

static struct python_stacks stacks;

static void read_stacks(const struct standing *standing)
{
	memset(&stacks, 0x55, sizeof stacks);
	stacks.reader.memory = (struct python_memory){.read = read_other, .reads_left = 100000};
	patch.pid = standing->pid;
	python_frames_read(&stacks, standing->runtime, standing->minor, standing->state);
}

/* Whether what was read are the innermost frames of STANDING; a line may be unknown. */
static bool is_no_wrong_frame(const struct standing *standing)
{
	if (stacks.own.count > standing->count)
		return false;
	for (size_t i = 0; i < stacks.own.count; i++) {
		const struct frame *frame = &stacks.own.frames[i];

		if (frame->line != 0 && frame->line != standing->frames[i].line)
			return false;
		if (strcmp(frame->function, "???") != 0 &&
			strcmp(frame->function, standing->frames[i].function) != 0)
			return false;
		if (strcmp(frame->file, "???") != 0 &&
			strcmp(frame->file, standing->frames[i].file) != 0)
			return false;
	}
	return true;
}

static bool is_right(const struct standing *standing)
{
	if (stacks.own.count != standing->count || !is_no_wrong_frame(standing))
		return false;
	for (size_t i = 0; i < stacks.own.count; i++)
		if (stacks.own.frames[i].line == 0)
			return false;
	return stacks.reason == NULL;
}

static void assert_right(const struct standing *standing, const struct python *python)
{
	if (is_right(standing))
		return;
	for (size_t i = 0; i < stacks.own.count; i++)
		print_error("read %d %s %s\n", stacks.own.frames[i].line,
			stacks.own.frames[i].function, stacks.own.frames[i].file);
	for (size_t i = 0; i < standing->count; i++)
		print_error("said %d %s %s\n", standing->frames[i].line,
			standing->frames[i].function, standing->frames[i].file);
	fail_msg("%s: %s", python->path, stacks.reason ? stacks.reason : "no reason");
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what)) != NULL) {
		count++;
		text++;
	}
	return count;
}

static struct python pythons[PYTHONS_MAX];
static size_t python_count;

static void another_process_is_read_in_every_version(void **state)
{
	struct standing standing;

	(void)state;
	for (size_t i = 0; i < python_count; i++) {
		begin(&standing, &pythons[i]);
		patch.at = 0;
		read_stacks(&standing);
		assert_right(&standing, &pythons[i]);
		assert_int_equal(count_of(stacks.others_text, "Python stack of thread"), 3);
		assert_int_equal(stacks.others_length, strlen(stacks.others_text));
		end(&standing);
	}
}

static void a_process_without_such_a_thread_has_no_frames(void **state)
{
	struct standing standing;

	(void)state;
	begin(&standing, &pythons[0]);
	patch.at = 0;
	standing.state += 8;
	read_stacks(&standing);
	assert_int_equal(stacks.own.count, 0);
	assert_string_equal(stacks.reason, "CPython's list of threads is broken");
	standing.state = 0;
	read_stacks(&standing);
	assert_int_equal(stacks.own.count, 0);
	assert_null(stacks.reason);
	assert_int_equal(count_of(stacks.others_text, "Python stack of thread"), 4);
	standing.runtime = 8;
	read_stacks(&standing);
	assert_string_equal(stacks.reason, "_PyRuntime cannot be read");
	end(&standing);
}

static void a_list_of_threads_that_is_whole_later_is_read(void **state)
{
	struct standing standing;

	(void)state;
	begin(&standing, &pythons[0]);
	patch.at = 0;
	read_stacks(&standing);
	patch.at = standing.state + stacks.reader.offsets.at[AT_thread_state_prev];
	patch.word = 8;
	patch.times = 5;
	read_stacks(&standing);
	assert_int_equal(patch.times, 1);
	assert_right(&standing, &pythons[0]);
	patch.times = 0;
	read_stacks(&standing);
	assert_string_equal(stacks.reason, "CPython's list of threads is broken");
	end(&standing);
}

static void a_version_that_is_not_known_has_a_reason(void **state)
{
	struct standing standing;

	(void)state;
	for (size_t i = 0; i < python_count; i++) {
		begin(&standing, &pythons[i]);
		patch.at = standing.runtime + sizeof(uint64_t);
		patch.word = 0x031000f0; /* 3.16 */
		standing.minor = standing.minor < 13 ? 7 : 16;
		read_stacks(&standing);
		assert_string_equal(stacks.reason, "this version of CPython is not known");
		assert_int_equal(stacks.own.count, 0);
		end(&standing);
	}
}

/* A thread may have no frame at all: where its frame is said to be elsewhere, in a word that is 0,
 * nothing is wrong. */
static bool may_have_no_frame(void)
{
	return stacks.own.count == 0 &&
	       python_word_at(&stacks.reader, stacks.own_state, AT_thread_state_current_frame) == 0;
}

/* Returns how often that goes wrong. */
static int try_word(const struct standing *standing, size_t number, uint64_t word)
{
	const struct frame *first = stacks.own.frames;

	patch.at = standing->runtime + number * sizeof word;
	patch.word = word;
	read_stacks(standing);
	if (!is_no_wrong_frame(standing))
		print_error("3.%u: word %zu as %lu: %zu frames, %d %s %s first\n", standing->minor,
			number, word, stacks.own.count, first->line, first->function, first->file);
	else if (stacks.own.count < standing->count && stacks.reason == NULL &&
		 !may_have_no_frame())
		print_error("3.%u: word %zu as %lu: no reason\n", standing->minor, number, word);
	else
		return 0;
	return 1;
}

/* Every word of the table by itself: some numbers, and each that could be another field. */
static void try_words(const struct standing *standing)
{
	int wrong = 0;

	for (size_t number = 1; number < 3 + PYTHON_WORD_COUNT_; number++) {
		uint64_t right;
		struct iovec mine = {&right, sizeof right},
			     its = {(char *)standing->runtime + number * sizeof right,
				     sizeof right};

		assert_int_equal(process_vm_readv(standing->pid, &mine, 1, &its, 1, 0), 8);
		for (int bit = 0; bit < 64; bit++)
			wrong += try_word(standing, number, right ^ (uint64_t)1 << bit);
		for (uint64_t word = 0; word < 256; word += 4)
			wrong += try_word(standing, number, word);
		wrong += try_word(standing, number, ~(uint64_t)0);
	}
	assert_int_equal(wrong, 0);
}

static void no_word_of_the_table_makes_a_wrong_frame(void **state)
{
	struct standing standing;

	(void)state;
	for (size_t i = 0; i < python_count; i++) {
		if (pythons[i].minor < 13)
			continue;
		begin(&standing, &pythons[i]);
		try_words(&standing);
		end(&standing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_process_is_read_in_every_version),
		cmocka_unit_test(a_process_without_such_a_thread_has_no_frames),
		cmocka_unit_test(a_list_of_threads_that_is_whole_later_is_read),
		cmocka_unit_test(a_version_that_is_not_known_has_a_reason),
		cmocka_unit_test(no_word_of_the_table_makes_a_wrong_frame),
	};

	signal(SIGPIPE, SIG_IGN);
	python_count = pythons_find(pythons);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
