/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_line.h - lines of the kernel's log that say why a process ended, or that a GPU is faulty.
 *
 * The forms are those of Linux's mm/oom_kill.c, of NVIDIA's driver ("NVRM: Xid (PCI:0000:3b:00):
 * 79, pid=1234, name=python, …") and of amdgpu. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum kernel_line_kind {
	KERNEL_LINE_OTHER,	  /* none of those below */
	KERNEL_LINE_OOM_HOST,	  /* it killed a process, as the host had no memory left */
	KERNEL_LINE_OOM_CGROUP,	  /* likewise, as a control group had none left */
	KERNEL_LINE_XID,	  /* an error of an NVIDIA GPU, with its number */
	KERNEL_LINE_GPU_FAULT,	  /* an AMD GPU: a process used memory that is not its own */
	KERNEL_LINE_GPU_HARDWARE, /* an AMD GPU: its memory or another part is faulty */
};

struct kernel_line {
	enum kernel_line_kind kind;
	int number; /* of an Xid */
	pid_t pid;  /* in the initial pid namespace; 0: the line names none */
};

/* What TEXT, a line of the kernel's log without its prefix, says. */
struct kernel_line kernel_line_parse(const char *text);

/* LINE is of the kernel killing a process for lack of memory. */
static inline bool kernel_line_is_oom(const struct kernel_line *line)
{
	return line->kind == KERNEL_LINE_OOM_HOST || line->kind == KERNEL_LINE_OOM_CGROUP;
}
