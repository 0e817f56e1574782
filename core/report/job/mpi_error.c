/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/mpi_error.h"

#include <string.h>

enum library { MPICH, OPEN_MPI, LIBRARY_COUNT };

/* The functions that are in the stack of a process which the library's handler ends, and the bits
 * of its exit status that are the error's class. */
static const struct {
	const char *function;
	enum library library;
	int mask;
} handlers[] = {
	{"MPIR_Err_return_", MPICH, 0x7f},
	{"MPIR_Handle_fatal_error", MPICH, 0x7f},
	{"ompi_mpi_errors_are_fatal_", OPEN_MPI, 0xff},
};

/* Open MPI's handler also exits with 1 where it was given no error, so 1 is no class. */
#define NO_CLASS (-1)

/* Where a function of MPI itself ends the process with 1, that is an error of the call: before
 * MPI_Init or after MPI_Finalize Open MPI calls its handler without an error, and MPICH exits at
 * once. Open MPI's handler is also called so from elsewhere, as where the launcher is gone. From
 * Open MPI 5 on it is called with an unknown error there, as where MPI fails inside. */
#define CALLERS_STATUS 1
#define UNKNOWN_STATUS 14
static const struct mpi_error unready = {"MPI is used before MPI_Init or after MPI_Finalize", true},
			      perhaps_unready = {"MPI_ERR_UNKNOWN, as where MPI is used before "
						 "MPI_Init or after MPI_Finalize",
				      false},
			      no_init = {"MPI_Init failed, or is called twice", true},
			      bad_buffer = {"MPI_ERR_BUFFER", true};

static const struct {
	const char *name;
	int class[LIBRARY_COUNT];
	bool own;
} errors[] = {
	{"MPI_ERR_BUFFER", {1, NO_CLASS}, true},
	{"MPI_ERR_COUNT", {2, 2}, true},
	{"MPI_ERR_TYPE", {3, 3}, true},
	{"MPI_ERR_TAG", {4, 4}, true},
	{"MPI_ERR_COMM", {5, 5}, true},
	{"MPI_ERR_RANK", {6, 6}, true},
	{"MPI_ERR_ROOT", {7, 8}, true},
	{"MPI_ERR_GROUP", {8, 9}, true},
	{"MPI_ERR_OP", {9, 10}, true},
	{"MPI_ERR_TOPOLOGY", {10, 11}, true},
	{"MPI_ERR_DIMS", {11, 12}, true},
	{"MPI_ERR_ARG", {12, 13}, true},
	{"MPI_ERR_UNKNOWN", {13, 14}, false},
	{"MPI_ERR_TRUNCATE", {14, 15}, true},
	{"MPI_ERR_OTHER", {15, 16}, false},
	{"MPI_ERR_INTERN", {16, 17}, false},
	{"MPI_ERR_IN_STATUS", {17, 18}, false},
	{"MPI_ERR_PENDING", {18, 19}, false},
	{"MPI_ERR_REQUEST", {19, 7}, true},
	{"MPI_ERR_ACCESS", {20, 20}, true},
	{"MPI_ERR_AMODE", {21, 21}, true},
	{"MPI_ERR_BAD_FILE", {22, 23}, true},
	{"MPI_ERR_CONVERSION", {23, 25}, true},
	{"MPI_ERR_FILE_EXISTS", {25, 28}, true},
	{"MPI_ERR_FILE_IN_USE", {26, 29}, true},
	{"MPI_ERR_FILE", {27, 30}, true},
	{"MPI_ERR_INFO", {28, 34}, true},
	{"MPI_ERR_IO", {32, 35}, true},
	{"MPI_ERR_NO_MEM", {34, 39}, true},
	{"MPI_ERR_NO_SPACE", {36, 41}, true},
	{"MPI_ERR_NO_SUCH_FILE", {37, 42}, true},
	{"MPI_ERR_QUOTA", {39, 44}, true},
	{"MPI_ERR_READ_ONLY", {40, 45}, true},
	{"MPI_ERR_SPAWN", {42, 50}, false},
	{"MPI_ERR_UNSUPPORTED_OPERATION", {44, 52}, true},
	{"MPI_ERR_WIN", {45, 53}, true},
	{"MPI_ERR_BASE", {46, 24}, true},
	{"MPI_ERR_LOCKTYPE", {47, 37}, true},
	{"MPI_ERR_KEYVAL", {48, 36}, true},
	{"MPI_ERR_RMA_CONFLICT", {49, 46}, true},
	{"MPI_ERR_RMA_SYNC", {50, 47}, true},
	{"MPI_ERR_SIZE", {51, 49}, true},
	{"MPI_ERR_DISP", {52, 26}, true},
	{"MPI_ERR_ASSERT", {53, 22}, true},
};

/* The index of the innermost frame of a function whose name begins with NAME; frame_count: none. */
static size_t find_frame(const struct event *event, const char *name)
{
	size_t at = 0;

	while (at < event->frame_count &&
		(event->frames[at].function == NULL ||
			strncmp(event->frames[at].function, name, strlen(name)) != 0))
		at++;
	return at;
}

/* FRAME is of MPI's library, which Open MPI 6 divides. */
static bool is_of_mpi(const struct frame *frame)
{
	return frame->module != NULL && (strstr(frame->module->path, "libmpi") != NULL ||
						strstr(frame->module->path, "libopen_mpi") != NULL);
}

/* The function of MPI's that the program called, with at most SKIPPED frames between it and the
 * frame INNER, all of MPI's library. NULL: there is none, or it is MPI_Abort. */
static const char *called_within(const struct event *event, size_t inner, size_t skipped)
{
	for (size_t at = inner + 1; at < event->frame_count && at <= inner + 1 + skipped; at++) {
		const struct frame *frame = &event->frames[at];

		if (!is_of_mpi(frame))
			return NULL;
		if (frame->function != NULL && strncmp(frame->function, "PMPI_", 5) == 0)
			return strcmp(frame->function, "PMPI_Abort") == 0 ? NULL : frame->function;
	}
	return NULL;
}

/* The error of the call for which MPI ended the process with 1 or an unknown error; NULL: it did
 * not, or for another reason. */
static const struct mpi_error *error_of_call(const struct event *event)
{
	size_t handler = find_frame(event, "ompi_mpi_errors_are_fatal_");
	const char *function;

	if (event->exit_code == UNKNOWN_STATUS && called_within(event, handler, 1) != NULL)
		return &perhaps_unready;
	if (event->exit_code != CALLERS_STATUS)
		return NULL;
	if (called_within(event, handler, 0) != NULL ||
		called_within(event, find_frame(event, "exit"), event->frame_count) != NULL)
		return &unready;
	function = called_within(event, handler, 1);
	if (function == NULL)
		return NULL;
	return strncmp(function, "PMPI_Init", strlen("PMPI_Init")) == 0 ? &no_init : &bad_buffer;
}

static struct mpi_error find(enum library library, int class)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].class[library] == class)
			return (struct mpi_error){errors[i].name, errors[i].own};
	return (struct mpi_error){0};
}

bool mpi_error_of(const struct termination *end, struct mpi_error *ret_error)
{
	if (end->event.how == HOW_NONE)
		return false;
	if (error_of_call(&end->event) != NULL) {
		*ret_error = *error_of_call(&end->event);
		return true;
	}
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (text_lines_have(&end->error_trace, handlers[i].function)) {
			*ret_error =
				find(handlers[i].library, end->event.exit_code & handlers[i].mask);
			return true;
		}
	return false;
}

bool mpi_error_named(const char *text, struct mpi_error *ret_error)
{
	const char *at = strstr(text, "MPI_ERR_");
	size_t length;

	if (at == NULL)
		return false;
	length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strlen(errors[i].name) == length && memcmp(errors[i].name, at, length) == 0) {
			*ret_error = (struct mpi_error){errors[i].name, errors[i].own};
			return true;
		}
	return false;
}
