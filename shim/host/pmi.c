/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write() is among the most frequent of all calls. In a process that is no rank of such a launcher
 * it costs a comparison more (no difference in `make bench`); in a rank only the bytes for the
 * launcher's descriptor are read, by a system call, so that a bad address does not fault.
 */
#include "shim/host/pmi.h"

#include "core/base/environment.h"
#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/host/lifecycle.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* How many bytes of a command are read: a PMI-2 command has its exit code behind its message. */
#define COMMAND_MAX 1024

/* ANY_SOCKET: MPI's library connects to PMI_PORT itself, by a descriptor that we do not know. */
#define NO_DESCRIPTOR (-1)
#define ANY_SOCKET (-2)

static int descriptor = NO_DESCRIPTOR;

/* The status if the command has none; PMI-2's may lack it. */
#define STATUS_UNKNOWN 1

void pmi_begin(char *const *environment)
{
	const char *text = environment_get(environment, "PMI_FD");
	int64_t number;

	if (text == NULL && environment_get(environment, "PMI_PORT") != NULL)
		descriptor = ANY_SOCKET;
	else if (text != NULL && number_parse(text, &number) && number > STDERR_FILENO &&
		 number <= INT32_MAX)
		descriptor = (int)number;
}

/* PMI-2 puts the length of the command before it. */
static const char *skip_length(const char *text)
{
	size_t at = 0;

	while (at < 6 && (text[at] == ' ' || (text[at] >= '0' && text[at] <= '9')))
		at++;
	return at == 6 ? text + at : text;
}

static int status_in(const char *fields)
{
	static const char key[] = "exitcode=";
	const char *at = strstr(fields, key);

	return at == NULL ? STATUS_UNKNOWN : (int)number_prefix(at + sizeof key - 1);
}

static void look_at(const void *bytes, size_t count)
{
	struct memory_reader reader = {.next = 0};
	char command[COMMAND_MAX];
	const char *fields;
	size_t length = count < sizeof command ? count : sizeof command - 1;

	length = memory_read(&reader, (uintptr_t)bytes, command, length);
	command[length] = '\0';
	fields = text_after(skip_length(command), "cmd=abort");
	if (fields != NULL && strchr(" ;\n", fields[0]) != NULL)
		lifecycle_mpi_abort(status_in(fields));
}

static bool leads_to_launcher(int fd)
{
	struct stat status;

	return fd == descriptor || (descriptor == ANY_SOCKET && sys_fstat(fd, &status) == 0 &&
					   S_ISSOCK(status.st_mode));
}

static __attribute__((noinline)) void look_at_own(int fd, const void *bytes, size_t count)
{
	if (process_is_ours() && leads_to_launcher(fd))
		look_at(bytes, count);
}

VIGIL_EXPORT ssize_t write(int fd, const void *bytes, size_t count)
{
	if (descriptor != NO_DESCRIPTOR && (fd == descriptor || descriptor == ANY_SOCKET))
		look_at_own(fd, bytes, count);
	return real(write)(fd, bytes, count);
}
