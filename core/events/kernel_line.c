/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/kernel_line.h"

#include "core/base/number.h"

#include <string.h>

/* The number behind WORDS in TEXT; 0 where there is none. */
static pid_t number_behind(const char *text, const char *words)
{
	const char *at = strstr(text, words);

	at = at == NULL ? "" : at + strlen(words);
	return number_take(&at, SIZE_MAX);
}

/* "Memory cgroup out of memory: Killed process 4711 (python) total-vm:…"; kernels before 4.19 say
 * "Kill process". A process chooses its name, but the kernel's own words come before it. */
static struct kernel_line parse_oom(const char *text)
{
	static const char host[] = "Out of memory", group[] = "Memory cgroup out of memory";
	bool is_host = strncmp(text, host, sizeof host - 1) == 0;
	pid_t pid = 0;

	if (is_host || strncmp(text, group, sizeof group - 1) == 0) {
		pid = number_behind(text, ": Killed process ");
		if (pid == 0)
			pid = number_behind(text, ": Kill process ");
	}
	if (pid == 0)
		return (struct kernel_line){KERNEL_LINE_OTHER, 0, 0};
	return (struct kernel_line){
		is_host ? KERNEL_LINE_OOM_HOST : KERNEL_LINE_OOM_CGROUP, 0, pid};
}

/* Of older drivers the line names no process; of newer ones pid may be '<unknown>'. */
static struct kernel_line parse_xid(const char *text)
{
	const char *at = strstr(text, "): ");
	int number = 0;

	at = at == NULL ? "" : at + 3;
	number = number_take(&at, SIZE_MAX);
	if (number == 0)
		return (struct kernel_line){KERNEL_LINE_OTHER, 0, 0};
	return (struct kernel_line){KERNEL_LINE_XID, number, number_behind(at, ", pid=")};
}

static struct kernel_line parse_amdgpu(const char *text)
{
	if (strstr(text, "uncorrectable hardware errors detected") != NULL)
		return (struct kernel_line){KERNEL_LINE_GPU_HARDWARE, 0, 0};
	if (strstr(text, " page fault ") != NULL && strstr(text, "for process ") != NULL)
		return (struct kernel_line){KERNEL_LINE_GPU_FAULT, 0, number_behind(text, " pid ")};
	return (struct kernel_line){KERNEL_LINE_OTHER, 0, 0};
}

struct kernel_line kernel_line_parse(const char *text)
{
	if (strncmp(text, "NVRM: Xid ", 10) == 0)
		return parse_xid(text);
	if (strncmp(text, "amdgpu ", 7) == 0)
		return parse_amdgpu(text);
	return parse_oom(text);
}
