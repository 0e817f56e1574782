/* SPDX-License-Identifier: Apache-2.0 */
/* Whose output srun reads from a socket: messages of many tasks, cut as a socket may cut them. */
#include "shim/emit/srun_output.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define HEADER 10
#define TASKS 5
#define MESSAGES 2000

/* What was said to be of each task, on each stream: how many bytes, and their sum. */
struct heard {
	size_t count, sum, ends;
};

static struct heard expected[2][TASKS], heard[2][TASKS];

static void put(char *to, unsigned value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (char)(value >> (8 * (size - 1 - i)));
}

static void make_header(char header[HEADER], unsigned type, unsigned task, unsigned length)
{
	put(header, type, 2);
	put(header + 2, task, 2);
	put(header + 4, task % 2, 2);
	put(header + 6, length, 4);
}

static void add(struct heard *to, const char *bytes, size_t count)
{
	to->count += count;
	for (size_t i = 0; i < count; i++)
		to->sum += (unsigned char)bytes[i];
}

static void hear(uint64_t inode, const char *bytes, size_t count, size_t wanted)
{
	struct srun_output output;
	struct heard *of;

	if (!srun_output_of(inode, bytes, count, wanted, &output))
		return;
	assert_true(output.stream == STREAM_TASK_OUT || output.stream == STREAM_TASK_ERR);
	assert_in_range(output.task, 0, TASKS - 1);
	of = &heard[output.stream == STREAM_TASK_ERR][output.task];
	if (output.has_ended)
		of->ends++;
	else
		add(of, bytes, count);
}

/* As srun reads it: the header by itself, then what is left, of which it gets a part. */
static void send_message(uint64_t inode, unsigned type, unsigned task)
{
	char header[HEADER], body[1024];
	size_t length = (size_t)rand() % (sizeof body + 1), at = 0;
	struct heard *of = &expected[type - 1][task];

	make_header(header, type, task, (unsigned)length);
	hear(inode, header, HEADER, HEADER);
	if (length == 0)
		of->ends++;
	for (size_t i = 0; i < length; i++)
		body[i] = (char)rand();
	add(of, body, length);
	while (at < length) {
		size_t part = 1 + (size_t)rand() % (length - at);

		hear(inode, body + at, part, length - at);
		at += part;
	}
}

static void each_byte_is_its_tasks(void **state)
{
	(void)state;
	for (int i = 0; i < MESSAGES; i++)
		send_message(1000 + (uint64_t)rand() % 3, 1 + (unsigned)rand() % 2,
			(unsigned)rand() % TASKS);
	assert_memory_equal(heard, expected, sizeof heard);
}

static void a_message_between_two_reads_of_another_socket(void **state)
{
	char header[HEADER];
	struct srun_output output;

	(void)state;
	make_header(header, 2, 3, 8);
	assert_false(srun_output_of(7, header, HEADER, HEADER, &output));
	make_header(header, 1, 4, 2);
	assert_false(srun_output_of(8, header, HEADER, HEADER, &output));
	assert_true(srun_output_of(7, "lost", 4, 8, &output));
	assert_int_equal(output.task, 3);
	assert_true(srun_output_of(8, "ok", 2, 2, &output));
	assert_int_equal(output.task, 4);
	assert_true(srun_output_of(7, "atom", 4, 4, &output));
	assert_int_equal(output.stream, STREAM_TASK_ERR);
	assert_false(srun_output_of(7, "more", 4, 4, &output));
}

static void assert_none(const char *bytes, size_t count, size_t wanted)
{
	struct srun_output output;

	assert_false(srun_output_of(9, bytes, count, wanted, &output));
	assert_false(srun_output_of(9, "abcd", 4, 4, &output));
}

static void what_is_no_header(void **state)
{
	char header[HEADER];

	(void)state;
	assert_none("GET / HTTP", HEADER, HEADER);
	assert_none("", 0, HEADER);
	make_header(header, 1, 0, 1025); /* more than Slurm sends at once */
	assert_none(header, HEADER, HEADER);
	make_header(header, 0, 0, 4); /* standard input */
	assert_none(header, HEADER, HEADER);
	make_header(header, 4, 0, 0); /* a test of the connection */
	assert_none(header, HEADER, HEADER);
	make_header(header, 1, 0, 4);
	assert_none(header, 9, HEADER);	 /* in two reads */
	assert_none(header, HEADER, 64); /* asked for by no header's size */
}

/* More came than the message has: what follows is not known any more. */
static void a_message_that_is_too_long(void **state)
{
	char header[HEADER];
	struct srun_output output;

	(void)state;
	make_header(header, 1, 2, 4);
	assert_false(srun_output_of(10, header, HEADER, HEADER, &output));
	assert_false(srun_output_of(10, "12345", 5, 16, &output));
	assert_false(srun_output_of(10, "1234", 4, 4, &output));
}

static void more_sockets_than_are_remembered(void **state)
{
	char header[HEADER];
	struct srun_output output;

	(void)state;
	make_header(header, 1, 2, 4);
	for (uint64_t inode = 20000; inode < 24000; inode++) {
		assert_false(srun_output_of(inode, header, HEADER, HEADER, &output));
		assert_true(srun_output_of(inode, "1234", 4, 4, &output));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_is_its_tasks),
		cmocka_unit_test(a_message_between_two_reads_of_another_socket),
		cmocka_unit_test(what_is_no_header),
		cmocka_unit_test(a_message_that_is_too_long),
		cmocka_unit_test(more_sockets_than_are_remembered),
	};

	return cmocka_run_group_tests_name("what srun reads", tests, NULL, NULL);
}
