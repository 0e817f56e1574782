/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_program.h"

#include "core/base/path.h"
#include "core/base/proc.h"
#include "core/cli/cli.h"
#include "core/cli/run/run_directory.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Where execvp(3) searches without PATH. */
#define PATH_DEFAULT "/bin:/usr/bin"

/* How many scripts may interpret one another; the kernel's limit (binfmt_script). */
#define SCRIPT_DEPTH 5

/* How many bytes of a script's first line are read (BINPRM_BUF_SIZE). */
#define HEAD_SIZE 256

/* The preload, seen from the directory of the `vigil` executable. */
#define PRELOAD "/../lib/vigil/libvigil.so"

/* What separates the entries of LD_PRELOAD; ld.so(8) has no way to quote it. */
#define LIST_SEPARATORS " :"

static int runnable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return access(path, X_OK) == 0 ? 0 : -errno;
}

/* Writes the path of NAME in DIRECTORY, of COUNT characters (0: the current directory), to PATH.
 * Returns 0 if that is runnable. */
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
			failure = result; /* kept unless another directory has NAME */
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

/* The interpreter in HEAD, "#! /path argument", terminated in place; NULL if there is none. */
static const char *interpreter(char *head)
{
	char *path = head + 2 + strspn(head + 2, " \t");

	path[strcspn(path, " \t\n")] = '\0';
	return path[0] == '\0' ? NULL : path;
}

/* Read the head of the ELF file that the kernel would load for PATH, which may be a script's
 * interpreter. Returns its size, and the file in *RET_FILE; 0 if no ELF file can be read. */
static size_t read_elf(const char *path, char ret_file[PATH_MAX], char head[HEAD_SIZE])
{
	snprintf(ret_file, PATH_MAX, "%s", path);
	for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
		ssize_t size = file_read(ret_file, head, HEAD_SIZE);
		const char *next;

		if (size > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0)
			return (size_t)size;
		if (size < 3 || head[0] != '#' || head[1] != '!' ||
			(next = interpreter(head)) == NULL)
			return 0;
		strcpy(ret_file, next);
	}
	return 0;
}

/* 32 or 64, the ELF class of the file that the kernel would load for PATH; 0: unknown. */
static int elf_class_of(const char *path)
{
	char file[PATH_MAX], head[HEAD_SIZE];

	if (read_elf(path, file, head) == 0)
		return 0;
	return head[EI_CLASS] == ELFCLASS32 ? 32 : 64;
}

static bool gains_privileges(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

/* HEAD, the first SIZE bytes of an ELF file, names an interpreter: ld.so. */
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

bool program_takes_preload(const char *path)
{
	char file[PATH_MAX], head[HEAD_SIZE];
	size_t size = read_elf(path, file, head);

	return size > 0 && head[EI_CLASS] == ELFCLASS64 && has_loader(head, size) &&
	       !gains_privileges(file);
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

/* NAME, or NAME and a kind: "mpirun.openmpi". */
static bool is_kind_of(const char *base, const char *name)
{
	size_t length = strlen(name);

	return strncmp(base, name, length) == 0 && (base[length] == '\0' || base[length] == '.');
}

bool program_is_open_mpi(const char *path)
{
	/* prterun is a link to prte, which does its work if it is called by that name. */
	static const char *const links[] = {"prterun", "prun"}, *const files[] = {
									"orterun", "prun"};
	char resolved[PATH_MAX];
	const char *base;

	if (realpath(path, resolved) == NULL)
		return false;
	base = path_base(resolved);
	for (size_t i = 0; i < 2; i++)
		if (is_kind_of(path_base(path), links[i]) || is_kind_of(base, files[i]))
			return true;
	if (!is_kind_of(base, "mpirun") && !is_kind_of(base, "mpiexec"))
		return false;
	/* Every MPI has these names: Open MPI 4's link libopen-rte, 5's start prterun. */
	return contains(resolved, "libopen-rte") || contains(resolved, "prterun");
}

static int refuse(const char *path, const char *reason, int error)
{
	complain("%s: %s; nothing was started", path, reason);
	return -error;
}

/* The directory of our executable; where /proc is not mounted, from the path that execve(2) got. */
static int own_directory(char directory[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	const char *given = (const char *)getauxval(AT_EXECFN);

	if (length >= 0)
		directory[length] = '\0';
	else if (given == NULL || realpath(given, directory) == NULL)
		return refuse("/proc/self/exe", strerror(errno), errno);
	*strrchr(directory, '/') = '\0';
	return 0;
}

int preload_find(char ret_path[PATH_MAX])
{
	char directory[PATH_MAX], path[PATH_MAX + sizeof PRELOAD];
	int result = own_directory(directory);

	if (result < 0)
		return result;
	snprintf(path, sizeof path, "%s" PRELOAD, directory);
	if (realpath(path, directory) == NULL || access(directory, R_OK) < 0)
		return refuse(path, strerror(errno), errno);
	if (elf_class_of(directory) == 0)
		return refuse(path, "is not a shared library", ENOEXEC);
	memcpy(ret_path, directory, PATH_MAX);
	return 0;
}

/* Whether the link PATH to TARGET is there, made by this user or root. */
static bool is_own_link(const char *path, const char *target)
{
	char found[PATH_MAX];
	ssize_t length = readlink(path, found, sizeof found);
	struct stat status;

	return length == (ssize_t)strlen(target) && memcmp(found, target, (size_t)length) == 0 &&
	       lstat(path, &status) == 0 && (status.st_uid == geteuid() || status.st_uid == 0);
}

int preload_name(const char *directory, char path[PATH_MAX])
{
	char link[PATH_MAX + sizeof RUN_DIRECTORY_PRELOAD];
	struct stat status;

	if (strpbrk(path, LIST_SEPARATORS) == NULL)
		return 0;
	snprintf(link, sizeof link, "%s" RUN_DIRECTORY_PRELOAD, directory);
	if (strpbrk(link, LIST_SEPARATORS) != NULL || strlen(link) >= PATH_MAX)
		return refuse(path,
			"LD_PRELOAD cannot name a path with a blank or a colon in it, and that of "
			"the run directory has one, too",
			EINVAL);
	/* What others can put there, the job would execute. */
	if (stat(directory, &status) < 0 || (status.st_mode & S_IWOTH) != 0)
		return refuse(path,
			"LD_PRELOAD cannot name a path with a blank or a colon in it, and a link "
			"in the run directory would not be safe from other users",
			EPERM);
	if (symlink(path, link) < 0 && !(errno == EEXIST && is_own_link(link, path)))
		return refuse(link, strerror(errno), errno);
	memcpy(path, link, PATH_MAX);
	return 0;
}

int preload_fits(const char *preload, const char *program)
{
	int own = elf_class_of(preload), other = elf_class_of(program);

	if (other == 0 || other == own)
		return 0;
	complain("%s: is a %d-bit program and %s a %d-bit library; nothing was started", program,
		other, preload, own);
	return -ENOEXEC;
}
