/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - small files of /proc and elsewhere, read without stdio (proc(5)).
 *
 * Each function opens, reads and closes its file. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read the first SIZE - 1 bytes of PATH to BUFFER and NUL-terminate them. Returns how many, or
 * -errno. */
ssize_t file_read(const char *path, char *buffer, size_t size);

/* The hexadecimal number behind KEY ("\nSigCgt:\t") in LINES, those of proc_pid_status(5); 0: KEY
 * is not there. Signal-safe: yes. */
uint64_t proc_mask(const char *lines, const char *key);

struct process_stat {
	pid_t ppid;
	char state;	      /* 'R' 'S' 'Z' … */
	char comm[64];	      /* the kernel's name of the process, cut to 15 bytes */
	uint64_t start_ticks; /* since boot, 1/100 s */
	bool is_ending; /* the process is exiting, or SIGKILL is pending; false for a zombie */
	int status; /* the wait status of a process that is exiting or a zombie; 0 where the kernel
		       does not show it to the caller */
};

/* Read the status of PID, 0 being the caller. Returns 0, or -errno (-ESRCH: no such process;
 * -EBADMSG: not the expected form). */
int process_stat(pid_t pid, struct process_stat *ret_stat);

/* Whether a stop signal stopped PID, which nobody has continued since. */
bool process_is_stopped(pid_t pid);

/* The kernel's id of this boot, 36 characters and a NUL; "" when it cannot be read. */
#define BOOT_ID_SIZE 37
void boot_id_read(char ret_id[BOOT_ID_SIZE]);
