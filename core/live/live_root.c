/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_root.h"

#include "core/base/text.h"

#include <string.h>
#include <unistd.h>

static bool same_link(const char *one, const char *other)
{
	char a[256], b[256];
	ssize_t length = readlink(one, a, sizeof a);

	return length == readlink(other, b, sizeof b) && length > 0 &&
	       memcmp(a, b, (size_t)length) == 0;
}

/* The files are found below the root, which the kernel shows us as a part of their paths if it is a
 * directory of ours, or one within its mount namespace. */
void live_root_find(struct live_root *root, pid_t tid, struct modules *modules)
{
	char mounts[32];
	ssize_t length;

	text_format(mounts, sizeof mounts, "/proc/%d/ns/mnt", (int)tid);
	text_format(root->path, sizeof root->path, "/proc/%d/root", (int)tid);
	modules->root = modules->root_seen = NULL;
	if (same_link(mounts, "/proc/self/ns/mnt") && same_link(root->path, "/proc/self/root"))
		return;
	modules->root = root->path;
	length = readlink(root->path, root->seen, sizeof root->seen - 1);
	if (length <= 1) /* "/" */
		return;
	root->seen[length] = '\0';
	modules->root_seen = root->seen;
}
