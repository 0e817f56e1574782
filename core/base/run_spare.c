/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/run_spare.h"

#include "core/base/environment.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <sys/stat.h>

bool run_spare_is_for(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EROFS || error == -ESTALE ||
	       error == -EIO || error == -ENOTCONN;
}

/* In /tmp anybody may have made a directory of that name, or a link. */
static int make(const char *path, uid_t user)
{
	long result = sys_try(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
	struct stat stat;
	int error;

	if (result < 0 && result != -EEXIST)
		return (int)result;
	error = sys_lstat(path, &stat);
	if (error < 0)
		return error;
	return S_ISDIR(stat.st_mode) && stat.st_uid == user &&
			       (stat.st_mode & (S_IWGRP | S_IWOTH)) == 0
		       ? 0
		       : -EPERM;
}

int run_spare_make(const struct run_spare *spare, char *path, size_t size)
{
	uid_t user = (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	const char *parent = environment_get(spare->environment, "TMPDIR");
	const char *run_id = spare->run_id;
	struct text text;
	int error;

	text_init(&text, path, size);
	text_printf(
		&text, "%s/vigil-%u", parent == NULL || parent[0] != '/' ? "/tmp" : parent, user);
	error = text.truncated ? -ENAMETOOLONG : make(path, user);
	if (error < 0)
		return error;
	text_char(&text, '/');
	if (run_id == NULL || run_id[0] == '\0')
		run_id = "unnamed";
	if (run_id[0] == '.')
		text_char(&text, '_');
	for (; *run_id != '\0'; run_id++)
		text_char(&text, *run_id == '/' ? '_' : *run_id);
	return text.truncated ? -ENAMETOOLONG : make(path, user);
}
