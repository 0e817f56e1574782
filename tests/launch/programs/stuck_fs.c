/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system whose server answers no more, as that of NFS may: "stuck_fs -f -s DIRECTORY" mounts
 * it, by libfuse. It has one file, "data", which can be opened; who reads it waits.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int stuck_getattr(const char *path, struct stat *stat, struct fuse_file_info *file)
{
	(void)file;
	if (strcmp(path, "/") == 0) {
		stat->st_mode = S_IFDIR | 0755;
		return 0;
	}
	stat->st_mode = S_IFREG | 0666;
	stat->st_size = 4096;
	return strcmp(path, "/data") == 0 ? 0 : -ENOENT;
}

static int stuck_open(const char *path, struct fuse_file_info *file)
{
	(void)path;
	file->direct_io = 1;
	return 0;
}

static int stuck_read(
	const char *path, char *to, size_t size, off_t at, struct fuse_file_info *file)
{
	(void)path;
	(void)to;
	(void)size;
	(void)at;
	(void)file;
	for (;;)
		pause();
}

int main(int count, char **arguments)
{
	static const struct fuse_operations operations = {
		.getattr = stuck_getattr, .open = stuck_open, .read = stuck_read};

	return fuse_main(count, arguments, &operations, NULL);
}
