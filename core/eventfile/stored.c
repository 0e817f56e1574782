/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LEADS_OUT "is a link that leads out of its directory"

/* Some that are not in every linux/magic.h. */
#define CONFIGFS 0x62656570
#define MQUEUE 0x19800202
#define FUSECTL 0x65735543
#define RESCTRL 0x7655821

/* As in linux/openat2.h, which older systems lack. */
struct how_to_open {
	uint64_t flags, mode, resolve;
};
#define OPENAT2 437
#define NO_MAGIC_LINKS 0x02
#define BENEATH 0x08

/* File systems whose files are made up as they are read. */
static const uint32_t made_up[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
	SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
	BPF_FS_MAGIC, DEVPTS_SUPER_MAGIC, BINFMTFS_MAGIC, NSFS_MAGIC, EFIVARFS_MAGIC,
	PSTOREFS_MAGIC, CONFIGFS, MQUEUE, FUSECTL, RESCTRL};

static bool is_made_up(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) != 0)
		return false;
	for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++)
		if ((uint32_t)system.f_type == made_up[i])
			return true;
	return false;
}

/* Why the file FD, which has STATUS, is not stored ("is a FIFO"); NULL: it is stored. */
static const char *why_not_stored(int fd, const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return "is a directory";
	if (S_ISFIFO(status->st_mode))
		return "is a FIFO";
	if (S_ISSOCK(status->st_mode))
		return "is a socket";
	if (!S_ISREG(status->st_mode))
		return "is a device";
	return is_made_up(fd) ? "is not stored anywhere: the kernel makes it up" : NULL;
}

/* For kernels without openat2(): NAME may be a link to a file in the same directory. */
static int find_beside(int directory, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(directory, name, target, sizeof target);

	if (length > 0 && memchr(target, '/', (size_t)length) != NULL)
		return -EXDEV;
	if (length > 0 && (size_t)length < sizeof target) {
		target[length] = '\0';
		name = target;
	}
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Returns an O_PATH descriptor, which does not open the file, or -errno. */
static int find(int directory, const char *name, bool within)
{
	struct how_to_open how = {.flags = O_PATH | O_CLOEXEC, .resolve = BENEATH | NO_MAGIC_LINKS};
	int fd = within ? (int)syscall(OPENAT2, directory, name, &how, sizeof how)
			: openat(directory, name, O_PATH | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (within && (errno == ENOSYS || errno == EPERM || errno == E2BIG || errno == EINVAL))
		return find_beside(directory, name);
	return -errno;
}

static int open_same(int directory, const char *name, const struct stat *found)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat opened;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &opened) == 0 && opened.st_dev == found->st_dev &&
		opened.st_ino == found->st_ino)
		return fd;
	close(fd);
	return -ESTALE;
}

int stored_open(
	int directory, const char *name, bool within, struct stat *ret_stat, const char **ret_why)
{
	int found = find(directory, name, within), fd = found;

	if (found >= 0) {
		fd = fstat(found, ret_stat) != 0 ? -errno : 0;
		*ret_why = fd < 0 ? NULL : why_not_stored(found, ret_stat);
		close(found);
		if (fd == 0 && *ret_why != NULL)
			return -EINVAL;
		if (fd == 0)
			fd = open_same(directory, name, ret_stat);
	}
	if (fd < 0)
		*ret_why = within && fd == -EXDEV ? LEADS_OUT : strerror(-fd);
	return fd;
}

bool stored_or_absent(const char *path, off_t most)
{
	struct stat status;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool good = fd < 0 || (fstat(fd, &status) == 0 && why_not_stored(fd, &status) == NULL &&
				      status.st_size <= most);

	if (fd >= 0)
		close(fd);
	return good;
}
