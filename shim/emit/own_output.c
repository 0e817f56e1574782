/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/own_output.h"

#include "core/base/memory.h"
#include "core/base/proc.h"
#include "core/base/said.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"
#include "shim/emit/preload_settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PATH_SIZE 1024

/* What is read at the end, in pages that no other process touches. */
static struct {
	char paths[2][PATH_SIZE];
	char unwritten[EVENT_SAID_MAX + 1], last_error[EVENT_SAID_MAX + 1];
} kept LARGE_STATIC;

/* R's R_curErrorBuf(), which returns the address of a static buffer and does nothing else; NULL in
 * any other program. */
static const char *(*r_error)(void);

/* The files that standard output and error led to when the program began, and their ends then. */
static struct {
	uint64_t inode;
	int64_t end;
} begun[2];

/* Where they led to when the program closed them. */
static struct {
	pid_t owner; /* 0: the program did not */
	dev_t device;
	struct event_output output;
} closed[2];

/* libc's own two, whatever the program's variables point to. */
static const void *streams[2];

static int flags_of(int fd)
{
	long flags = -EPERM;

	if (sandbox_allows_more())
		flags = sys_try(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);
	return flags < 0 ? 0 : (int)flags;
}

/* Where a program begins to write is most often the end of the file: it is asked for alone, as
 * every program pays for it. */
static void note_start(int fd)
{
	struct stat status;

	if (sys_fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	begun[fd - STDOUT_FILENO].inode = status.st_ino;
	begun[fd - STDOUT_FILENO].end = status.st_size;
}

void own_output_begin(const char *program)
{
	if (!settings()->output)
		return;
	note_start(STDOUT_FILENO);
	note_start(STDERR_FILENO);
	if (strcmp(program, "R") == 0)
		*(void **)&r_error = real_lookup_of_program("R_curErrorBuf");
}

static enum event_stream stream_of(const struct stat *status)
{
	if (S_ISREG(status->st_mode))
		return STREAM_FILE;
	if (S_ISFIFO(status->st_mode))
		return STREAM_PIPE;
	/* /dev/pts; /dev/null is another character device */
	if (S_ISCHR(status->st_mode) && major(status->st_rdev) >= 136 &&
		major(status->st_rdev) <= 143)
		return STREAM_TERMINAL;
	return STREAM_UNKNOWN;
}

/* Whether the parent PPID has the file of STATUS as the same output FD. `vigil run`, which says
 * nothing before its command has ended, does not count. */
static bool parent_has(pid_t ppid, int fd, const struct stat *status)
{
	struct process_stat parent;
	struct stat other;
	char path[48];

	if (ppid <= 0 || process_stat(ppid, &parent) != 0 || strcmp(parent.comm, "vigil") == 0)
		return false;
	text_format(path, sizeof path, "/proc/%d/fd/%d", ppid, fd);
	return sys_stat(path, &other) == 0 && other.st_dev == status->st_dev &&
	       other.st_ino == status->st_ino;
}

static void fill_path(struct event_output *output, int fd, char path[PATH_SIZE])
{
	char link[32];
	ssize_t length;

	text_format(link, sizeof link, "/proc/self/fd/%d", fd);
	length = sys_readlink(link, path, PATH_SIZE - 1);
	if (length <= 0 || length >= PATH_SIZE - 1)
		return;
	path[length] = '\0';
	output->path = path;
}

/* Sets OUTPUT to where FD leads to, but for whether the parent has it, and the offset. */
static bool look(int fd, struct stat *status, struct event_output *output)
{
	*output = (struct event_output){.kind = STREAM_UNKNOWN};
	if (sys_fstat(fd, status) != 0)
		return false;
	output->kind = stream_of(status);
	output->inode = output->kind == STREAM_TERMINAL
				? (major(status->st_rdev) - 136) * 256 + minor(status->st_rdev)
				: (uint64_t)status->st_ino;
	if (output->kind != STREAM_FILE)
		return true;
	fill_path(output, fd, kept.paths[fd - STDOUT_FILENO]);
	if (begun[fd - STDOUT_FILENO].inode == status->st_ino)
		output->start = begun[fd - STDOUT_FILENO].end;
	return true;
}

/* Returns whether it is a file, and open. */
static bool fill_output(const struct event *event, int fd, struct event_output *output)
{
	struct stat status = {0};
	bool is_open = look(fd, &status, output);

	if (!is_open && closed[fd - STDOUT_FILENO].owner == sys_getpid()) {
		*output = closed[fd - STDOUT_FILENO].output;
		status.st_dev = closed[fd - STDOUT_FILENO].device;
		status.st_ino = output->inode;
	}
	if (output->kind == STREAM_FILE)
		output->shared = parent_has(event->process.ppid, fd, &status);
	return is_open && output->kind == STREAM_FILE;
}

void own_output_note(struct event *event)
{
	if (!settings()->output || !event->leader || event->identity.rank == RANK_UNKNOWN)
		return;
	fill_output(event, STDOUT_FILENO, &event->outputs[0]);
	fill_output(event, STDERR_FILENO, &event->outputs[1]);
}

/* HELD characters are still to be written, to the END of the file where it appends. */
static void fill_offset(int fd, int64_t held, int64_t end, struct event_output *output)
{
	long at = sys_try(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0);

	output->append = (flags_of(fd) & O_APPEND) != 0;
	output->offset = at > 0 ? at : 0;
	if (held > 0)
		output->offset = (output->append ? end : output->offset) + held;
	if (output->start > output->offset) /* it did not begin at the end */
		output->start = 0;
}

/* Whether STREAM, a copy of glibc's stdout, can be what it should be: its members are the same in
 * every glibc (bits/types/struct_FILE.h). */
static bool is_plausible(const FILE *stream)
{
	return (stream->_flags & (int)0xffff0000) == (int)0xfbad0000 &&
	       stream->_fileno == STDOUT_FILENO && stream->_IO_buf_base != NULL &&
	       stream->_IO_buf_base <= stream->_IO_write_base &&
	       stream->_IO_write_base < stream->_IO_write_ptr &&
	       stream->_IO_write_ptr <= stream->_IO_buf_end;
}

/* STREAM, of libc's, holds so many characters that are not yet written. */
static int64_t held_by(const void *stream)
{
	const FILE *file = stream;

	return is_plausible(file) ? file->_IO_write_ptr - file->_IO_write_base : 0;
}

static void note_closed(void *stream_of_stdio)
{
	const void *stream = stream_of_stdio;
	int fd = stream == streams[0] ? STDOUT_FILENO : STDERR_FILENO;
	struct event_output *output = &closed[fd - STDOUT_FILENO].output;
	struct stat status;

	if (!look(fd, &status, output))
		return;
	if (output->kind == STREAM_FILE)
		fill_offset(fd, held_by(stream), status.st_size, output);
	closed[fd - STDOUT_FILENO].device = status.st_dev;
	closed[fd - STDOUT_FILENO].owner = sys_getpid();
}

void own_output_before_close(void *stream)
{
	if (streams[0] == NULL) {
		streams[1] = real_lookup_libc("_IO_2_1_stderr_");
		streams[0] = real_lookup_libc("_IO_2_1_stdout_");
	}
	if (stream != NULL && (stream == streams[0] || stream == streams[1]) && process_is_ours() &&
		settings()->output)
		stack_call(note_closed, stream);
}

static const char *unwritten(void)
{
	struct memory_reader reader = {.next = 0};
	uintptr_t end, start;
	_Alignas(FILE) char copy[sizeof(FILE)];
	const FILE *stream = (const FILE *)copy;
	/* The stream itself, whatever the program's variable `stdout` points to. */
	void *at = real_lookup_libc("_IO_2_1_stdout_");

	if (at == NULL || !memory_read_exact(&reader, (uintptr_t)at, copy, sizeof copy) ||
		!is_plausible(stream))
		return NULL;
	end = (uintptr_t)stream->_IO_write_ptr;
	start = (uintptr_t)stream->_IO_write_base;
	if (end - start > EVENT_SAID_MAX)
		start = end - EVENT_SAID_MAX;
	if (memory_read(&reader, start, kept.unwritten, end - start) != end - start ||
		!said_make_text(kept.unwritten, end - start))
		return NULL;
	return kept.unwritten;
}

static const char *last_error(void)
{
	struct memory_reader reader = {.next = 0};

	if (r_error == NULL || !memory_read_string(&reader, (uintptr_t)r_error(), kept.last_error,
				       sizeof kept.last_error))
		return NULL;
	return said_make_text(kept.last_error, strlen(kept.last_error)) ? kept.last_error : NULL;
}

void own_output_fill(struct event *event)
{
	if (!settings()->output)
		return;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct event_output *output = &event->outputs[fd - STDOUT_FILENO];

		if (fill_output(event, fd, output))
			fill_offset(fd, 0, 0, output);
	}
	event->unwritten = unwritten();
	if (event->cause == CAUSE_EXIT)
		event->last_error = last_error();
}
