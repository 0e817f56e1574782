/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_file.h - a file that records are appended to, from inside somebody else's program.
 *
 * The program may close our descriptor, use its number for a file of its own, fork, chdir, or run
 * out of disk, and must never notice us. So the descriptor is kept out of the way, at
 * LOG_FILE_FD_LEAST or above, and before every write fstat(2) is asked whether it still is our file
 * (by device and inode); if not, the file is opened again by its path, and never is a byte written
 * to a foreign one. Between the question and the write another thread could still replace the
 * descriptor: there is no system call that does both. Where it closed it, the file is opened again.
 * Our own threads replace it in one step, so that the number is our file all the time. Signal-safe:
 * log_file_write(), yes; the others, at configuration. Threads: any for log_file_write(); errno
 * stays as it was.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LOG_FILE_FD_LEAST 700

enum log_file_flags {
	LOG_FILE_TRUNCATE = 1, /* the first opening empties the file: Python's mode 'w' */
	LOG_FILE_DELAY = 2,    /* not opened before the first write: Python's `delay` */
	LOG_FILE_REGULAR = 4,  /* anything but a regular file is refused */
	LOG_FILE_WATCH = 8, /* every write asks whether the path still names our file, and opens the
		       one that it names now: somebody rotates it */
	LOG_FILE_BURST = 16, /* the checks before a write to a regular file are repeated only after
				some milliseconds: for a program that calls the API */
	LOG_FILE_PLAIN = 32, /* as Python opens files: 0666 & ~umask whatever the mode, symbolic
			    links are followed, and nobody asks whose the file is */
};

struct log_file {
	const char *path;
	mode_t mode;
	atomic_uint flags;
	atomic_uint version; /* odd while the three below change; who finds it odd opens the file
				for its own record */
	atomic_int fd;	     /* -1: none; the next write opens one */
	_Atomic dev_t device;
	_Atomic ino_t inode;
	_Atomic int64_t checked_at; /* LOG_FILE_BURST: when the checks were last made, by the coarse
				       clock; 0: never */
	atomic_bool torn; /* the last record is incomplete: the next begins with a newline */
};

/*
 * Make LOG_FILE append to PATH, an absolute one that lives as long as LOG_FILE, created with MODE
 * (0640 is usual) & ~umask. Symbolic links are not followed unless LOG_FILE_PLAIN says so. A FIFO,
 * a terminal or another device is opened so that it never blocks. If RLIMIT_NOFILE leaves no room
 * at LOG_FILE_FD_LEAST, no descriptor is kept and every record opens the file.
 *
 * Returns 0, or -errno (-ELOOP: PATH is a symbolic link; -ENXIO: a FIFO that nobody reads; -EPERM:
 * in a directory that all may write to, a file that is not ours; -EINVAL: not regular); LOG_FILE is
 * valid in any case, and the next write tries again.
 */
int log_file_open(struct log_file *log_file, const char *path, mode_t mode, unsigned flags);

/*
 * Append COUNT bytes, one record with its newline, by one write. Returns 0, or -errno, when not all
 * of it was written (-ENOSPC for a disk that filled up in the middle; -ENOENT when the file's
 * directory is gone: it is not made again).
 */
int log_file_write(struct log_file *log_file, const char *bytes, size_t count);

/*
 * The same for the path of LOG_FILE by a descriptor that is not kept, so that nothing but `path`,
 * `mode`, `flags` and `torn` is used: for a file that is rarely written to.
 */
int log_file_write_once(struct log_file *log_file, const char *bytes, size_t count);

/*
 * PATH as an absolute one, in ABSOLUTE of SIZE bytes, by the working directory as it is now.
 * Returns 0, or -errno
 * (-ENAMETOOLONG; -ENOENT: the working directory is gone).
 */
int log_file_absolute(const char *path, char *absolute, size_t size);

/* Closes the descriptor, if it still is ours. The next write would open it again. */
void log_file_close(struct log_file *log_file);

/* From now on LOG_FILE appends to PATH, which lives as long. No other thread may use LOG_FILE
 * meanwhile. */
void log_file_move(struct log_file *log_file, const char *path);
