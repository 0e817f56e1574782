/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_program.h"
#include "core/base/path.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Where execvp looks without PATH, but not in the current directory. */
#define PATH_DEFAULT "/bin:/usr/bin"

/* How many scripts may interpret one another; the kernel's limit (binfmt_script). */
#define SCRIPT_DEPTH 5

/* A script's first line is read this far (BINPRM_BUF_SIZE). */
#define HEAD_SIZE 256

static int runnable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return access(path, X_OK) == 0 ? 0 : -errno;
}

/* NAME in the directory of COUNT characters; an empty one is the current directory. */
static int try_directory(const char *directory, size_t count, const char *name, char path[PATH_MAX])
{
	int length = snprintf(path, PATH_MAX, "%.*s/%s", count > 0 ? (int)count : 1,
		count > 0 ? directory : ".", name);

	return length < PATH_MAX ? runnable(path) : -ENAMETOOLONG;
}

static int search(const char *list, const char *name, char path[PATH_MAX])
{
	int failure = -ENOENT;

	for (const char *at = list;; at++) {
		size_t count = strcspn(at, ":");
		int result = try_directory(at, count, name, path);

		if (result == 0)
			return 0;
		if (result == -EACCES)
			failure = result; /* reported only if no other directory has it */
		at += count;
		if (*at == '\0')
			return failure;
	}
}

int program_find(const char *name, char ret_path[PATH_MAX])
{
	const char *list = getenv("PATH");
	char path[PATH_MAX];
	int result;

	if (name[0] == '\0')
		return -ENOENT;
	if (strchr(name, '/') == NULL)
		result = search(list == NULL ? PATH_DEFAULT : list, name, path);
	else if (snprintf(path, sizeof path, "%s", name) >= PATH_MAX)
		result = -ENAMETOOLONG;
	else
		result = runnable(path);
	if (result == 0)
		memcpy(ret_path, path, sizeof path);
	return result;
}

/* The first bytes of PATH, NUL-terminated; returns how many, 0 if it cannot be read. */
static size_t read_head(const char *path, char head[HEAD_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t count = fd < 0 ? 0 : read(fd, head, HEAD_SIZE - 1);

	if (fd >= 0)
		close(fd);
	if (count < 0)
		count = 0;
	head[count] = '\0';
	return (size_t)count;
}

/* The interpreter in the line "#! /path argument", cut out in place; NULL if there is none. */
static const char *interpreter(char *head)
{
	char *path = head + 2 + strspn(head + 2, " \t");

	path[strcspn(path, " \t\n")] = '\0';
	return path[0] == '\0' ? NULL : path;
}

static int elf_class(const char *path, int depth)
{
	char head[HEAD_SIZE];
	size_t size = read_head(path, head);
	const char *next;

	if (size > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0)
		return head[EI_CLASS] == ELFCLASS32 ? 32 : 64;
	if (size < 3 || head[0] != '#' || head[1] != '!' || depth == 0)
		return 0;
	next = interpreter(head);
	return next == NULL ? 0 : elf_class(next, depth - 1);
}

int program_elf_class(const char *path)
{
	return elf_class(path, SCRIPT_DEPTH);
}

static bool gains_privileges(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

/* The SIZE bytes of HEAD name an interpreter, ld.so. */
static bool has_loader(const char *head, size_t size)
{
	Elf64_Ehdr elf;
	Elf64_Phdr program;

	if (size < sizeof elf)
		return false;
	memcpy(&elf, head, sizeof elf);
	for (size_t i = 0; i < elf.e_phnum; i++) {
		size_t at = elf.e_phoff + i * sizeof program;

		if (at > size || size - at < sizeof program)
			return false;
		memcpy(&program, head + at, sizeof program);
		if (program.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static bool takes_preload(const char *path, int depth)
{
	char head[HEAD_SIZE];
	size_t size = read_head(path, head);
	const char *next;

	if (size > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0)
		return head[EI_CLASS] == ELFCLASS64 && has_loader(head, size) &&
		       !gains_privileges(path);
	if (size < 3 || head[0] != '#' || head[1] != '!' || depth == 0)
		return false;
	next = interpreter(head);
	return next != NULL && takes_preload(next, depth - 1);
}

bool program_takes_preload(const char *path)
{
	return takes_preload(path, SCRIPT_DEPTH);
}

static bool contains(const char *path, const char *word)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat status;
	void *bytes = MAP_FAILED;
	bool found = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && status.st_size > 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes != MAP_FAILED) {
		found = memmem(bytes, (size_t)status.st_size, word, strlen(word)) != NULL;
		munmap(bytes, (size_t)status.st_size);
	}
	return found;
}

bool program_is_open_mpi(const char *path)
{
	static const char *const launchers[] = {"orterun", "prterun"};
	static const char *const shared[] = {"mpirun", "mpiexec"}; /* names that every MPI has */
	char resolved[PATH_MAX];
	const char *base;

	if (realpath(path, resolved) == NULL)
		return false;
	base = path_base(resolved);
	for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++)
		if (strcmp(base, launchers[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (strcmp(base, shared[i]) == 0) /* 4.x links libopen-rte, 5.x starts prterun */
			return contains(resolved, "libopen-rte") || contains(resolved, "prterun");
	return false;
}
