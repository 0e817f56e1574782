/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/program_file.h"

#include "core/base/proc.h"
#include "core/base/sys.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

/* The kernel reads no more of a script's first line (linux/fs/binfmt_script.c). */
#define HEAD_SIZE 256

static alignas(Elf64_Ehdr) char head[HEAD_SIZE];

static bool is_directory(const char *path)
{
	int fd = sys_open(path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

static int access_error(const char *path, int mode)
{
	return -(int)sys_try(SYS_faccessat, AT_FDCWD, (long)path, mode, 0, 0, 0);
}

/* The interpreter that the script in `head` names, or NULL. */
static const char *interpreter(void)
{
	char *name = head + 2 + strspn(head + 2, " \t");

	name[strcspn(name, " \t\n")] = '\0';
	return name[0] == '\0' ? NULL : name;
}

static void read_head(struct event_exec *exec)
{
	if (file_read(exec->path, head, sizeof head) < 0)
		return;
	if (memcmp(head, ELFMAG, SELFMAG) == 0)
		exec->file = FILE_ELF;
	else if (head[0] == '#' && head[1] == '!')
		exec->file = FILE_SCRIPT;
	else
		exec->file = FILE_OTHER;
	if (exec->file == FILE_SCRIPT)
		exec->interpreter = interpreter();
}

/* With ENOENT and ENOEXEC, what is there is a regular file; with EACCES it may be a device. */
void program_file_explain(struct event_exec *exec)
{
	if (exec->number == EACCES && is_directory(exec->path))
		exec->file = FILE_DIRECTORY;
	if (exec->number == ENOENT || exec->number == ENOEXEC)
		read_head(exec);
}

/* Whether the program in `head` is for this machine, as far as the kernel's table of machines that
 * it emulates is not needed. */
static bool is_for_us(void)
{
	const Elf64_Ehdr *elf = (const void *)head;

#if defined(__x86_64__)
	return elf->e_machine == EM_X86_64 || elf->e_machine == EM_386;
#else
	return elf->e_machine == EM_AARCH64 || elf->e_machine == EM_ARM;
#endif
}

bool program_file_fails(struct event_exec *exec)
{
	struct stat about;

	exec->number = access_error(exec->path, X_OK);
	if (exec->number == 0 &&
		(sys_try(SYS_newfstatat, AT_FDCWD, (long)exec->path, (long)&about, 0, 0, 0) < 0 ||
			!S_ISREG(about.st_mode)))
		exec->number = EACCES;
	if (exec->number != 0) {
		program_file_explain(exec);
		return true;
	}
	read_head(exec);
	if (exec->interpreter != NULL)
		exec->number = access_error(exec->interpreter, X_OK);
	else if (exec->file == FILE_OTHER || (exec->file == FILE_ELF && !is_for_us()))
		exec->number = ENOEXEC;
	return exec->number != 0;
}
