/* SPDX-License-Identifier: Apache-2.0 */
/* MPI's own error handler: known by its stack, and by the class that it makes the status. */
#include "core/report/job/mpi_error.h"
#include "core/report/job/rules.h"

#include "tests/unit/unit.h"

#include <string.h>

#define OPEN_MPI "#4  ompi_mpi_errors_are_fatal_comm_handler+0xd9 (libmpi.so.40+0x41cd9)"
#define MPICH "#4  MPIR_Err_return_comm+0x135 (libmpich.so.12+0x2d4c15)"

static struct termination end_of(int status, const char *const *lines, size_t count)
{
	return (struct termination){
		.event = {.state = NODE_FAILED,
			.cause = CAUSE_EXIT,
			.how = HOW_EXIT,
			.exit_code = status},
		.error_trace = {.lines = lines, .count = count},
	};
}

static const struct {
	const char *line;
	int status;
	const char *name; /* NULL: the class is unknown */
	enum failure_class failure_class;
} known[] = {
	{OPEN_MPI, 15, "MPI_ERR_TRUNCATE", FAILURE_OWN},
	{MPICH, 14, "MPI_ERR_TRUNCATE", FAILURE_OWN},
	{MPICH, 14 | 0x80, "MPI_ERR_TRUNCATE", FAILURE_OWN}, /* a code of its own in the class */
	{OPEN_MPI, 6, "MPI_ERR_RANK", FAILURE_OWN},
	{OPEN_MPI, 16, "MPI_ERR_OTHER", FAILURE_PEER_LOST},
	{MPICH, 15, "MPI_ERR_OTHER", FAILURE_PEER_LOST},
	{MPICH, 16, "MPI_ERR_INTERN", FAILURE_PEER_LOST},
	{OPEN_MPI, 1, NULL, FAILURE_PEER_LOST},
	{MPICH, 1, "MPI_ERR_BUFFER", FAILURE_OWN},
	{MPICH, 111, NULL, FAILURE_PEER_LOST},
	{"#4  MPIR_Handle_fatal_error+0x20 (libmpi.so.12)", 12, "MPI_ERR_ARG", FAILURE_OWN},
};

static void classes_are_known_by_library_and_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *lines[] = {"#3  PMPI_Abort+0x1 (x)", known[i].line};
		struct termination end = end_of(known[i].status, lines, 2);
		struct mpi_error error = {.name = "unset"};

		assert_true(mpi_error_of(&end, &error));
		if (known[i].name == NULL)
			assert_null(error.name);
		else
			assert_string_equal(error.name, known[i].name);
		assert_int_equal(error.own, known[i].failure_class == FAILURE_OWN);
	}
}

static void the_class_says_whose_fault_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct termination end = end_of(known[i].status, &known[i].line, 1);
		struct event_record record = {
			.source = SOURCE_WORKER, .state = NODE_FAILED, .end = &end};
		struct process process = {.hostname = "n1",
			.program = "solver",
			.termination = &record,
			.own_termination = &record};
		struct job job = {.count = 0};

		assert_int_equal(rules_failure_class(&job, &process), known[i].failure_class);
	}
}

static void nothing_else_is_taken_for_it(void **state)
{
	static const char *const own[] = {"#0  leave+0x1 (solver)", "#1  main+0x1 (solver)"};
	const char *handler = MPICH;
	struct termination end = end_of(14, own, 2);
	struct mpi_error error;

	(void)state;
	assert_false(mpi_error_of(&end, &error));
	end = end_of(14, NULL, 0);
	assert_false(mpi_error_of(&end, &error));
	end = end_of(0, &handler, 1);
	end.event.how = HOW_NONE; /* a signal ended it there */
	assert_false(mpi_error_of(&end, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_known_by_library_and_status),
		cmocka_unit_test(the_class_says_whose_fault_it_was),
		cmocka_unit_test(nothing_else_is_taken_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
