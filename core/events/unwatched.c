/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/unwatched.h"

#include "core/base/hash.h"
#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* The name of a note: PREFIX RUN.SLOT.REASON.DETAIL.PROGRAM, RUN and SLOT in hexadecimal digits. A
 * note takes its slot by an empty file, PREFIX RUN.SLOT, before the note itself is made. Both are
 * made by openat() and close(), which the loader has called before, so no filter of system calls
 * kills for these. Unlike a mark of run_mark.h, a note stays when the run is over. */
#define PREFIX ".unwatched."
#define NAME_SIZE 128
#define RUN_DIGITS 8
#define SLOT_DIGITS 2

/* How many slots are tried before a note is left out. */
#define TRIES 16

static const char reasons[][9] = {
	[UNWATCHED_LIBC] = "libc",
	[UNWATCHED_FUNCTION] = "function",
	[UNWATCHED_FILTER] = "filter",
	[UNWATCHED_KERNEL] = "kernel",
};
_Static_assert(NAMES_COUNT(reasons) == UNWATCHED_REASON_COUNT_, "a reason has no name");

static uint64_t hash_on(uint64_t hash, const char *text)
{
	return text == NULL ? hash : hash_bytes(hash, text, strlen(text));
}

static bool is_plain(char c)
{
	return is_digit(c) || is_alpha(c) || c == '_' || c == '-';
}

static void copy_plain(char *to, size_t size, const char *from, bool dots)
{
	size_t length = 0;

	for (; length + 1 < size && from[length] != '\0'; length++)
		to[length] = is_plain(from[length]) || (dots && from[length] == '.') ? from[length]
										     : '_';
	to[length] = '\0';
}

struct unwatched unwatched_make(
	enum unwatched_reason reason, const char *detail, const char *program)
{
	struct unwatched note = {.reason = reason};

	copy_plain(note.detail, sizeof note.detail, detail, false);
	copy_plain(note.program, sizeof note.program, program, true);
	return note;
}

/* Returns 0 or -errno. */
static int touch(int directory, const char *name, int flags)
{
	int fd = (int)sys_call(
		SYS_openat, directory, (long)name, flags | O_NOFOLLOW | O_CLOEXEC, 0644, 0, 0);

	if (fd < 0)
		return fd;
	sys_close(fd);
	return 0;
}

/* Try to take SLOT for NOTE. False: another note has SLOT; true: NOTE has it, or can have no
 * slot. */
static bool take_slot(int directory, uint32_t run, uint32_t slot, const struct unwatched *note)
{
	char name[NAME_SIZE];
	int error;

	text_format(name, sizeof name, PREFIX "%08x.%02x", run, slot);
	error = touch(directory, name, O_WRONLY | O_CREAT | O_EXCL);
	text_format(name, sizeof name, PREFIX "%08x.%02x.%s.%s.%s", run, slot,
		names_at(NAMES(reasons), note->reason, ""), note->detail, note->program);
	if (error == -EEXIST)
		return touch(directory, name, O_PATH) == 0;
	if (error == 0)
		touch(directory, name, O_WRONLY | O_CREAT | O_EXCL);
	return true;
}

void unwatched_leave(const char *directory, const char *run_id, const struct unwatched *note)
{
	uint32_t run = (uint32_t)hash_on(HASH_BEGIN, run_id);
	uint64_t hash = hash_on(hash_on(run ^ note->reason, note->detail), note->program);
	uint64_t step = hash >> 16 | 1;
	int descriptor;

	if (directory[0] != '/')
		return;
	descriptor = sys_open(directory, O_PATH | O_DIRECTORY, 0);
	if (descriptor < 0)
		return;
	for (uint32_t i = 0; i < TRIES; i++)
		if (take_slot(
			    descriptor, run, (uint32_t)((hash + i * step) % UNWATCHED_MOST), note))
			break;
	sys_close(descriptor);
}

/* Copy *AT up to the next dot to PART, and move *AT behind the dot. False: no dot, or too long. */
static bool take_part(const char **at, char *part, size_t size)
{
	size_t length = strcspn(*at, ".");

	if ((*at)[length] != '.' || length >= size)
		return false;
	memcpy(part, *at, length);
	part[length] = '\0';
	*at += length + 1;
	return true;
}

static bool skip(const char **at, const char *beginning)
{
	size_t length = strlen(beginning);

	if (strncmp(*at, beginning, length) != 0)
		return false;
	*at += length;
	return true;
}

bool unwatched_parse(const char *name, const char *run_id, struct unwatched *ret_note)
{
	char run[RUN_DIGITS + 1], own[RUN_DIGITS + 1], slot[SLOT_DIGITS + 1], reason[16];
	char detail[sizeof ret_note->detail];
	int found;

	text_format(own, sizeof own, "%08x", (uint32_t)hash_on(HASH_BEGIN, run_id));
	if (!skip(&name, PREFIX) || !take_part(&name, run, sizeof run) ||
		(run_id != NULL && strcmp(run, own) != 0) || !take_part(&name, slot, sizeof slot) ||
		!take_part(&name, reason, sizeof reason) ||
		!take_part(&name, detail, sizeof detail) || name[0] == '\0')
		return false;
	found = names_find(NAMES(reasons), reason);
	if (found < 0)
		return false;
	*ret_note = unwatched_make((enum unwatched_reason)found, detail, name);
	return true;
}
