/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_file.h - a file that records are appended to, from inside somebody else's program.
 *
 * The program may close our descriptor, reuse its number for a file of its own, fork, chdir, or run
 * out of disk, and must never notice us. So the descriptor is kept out of the way, at
 * LOG_FILE_FD_LEAST or above, and fstat(2) verifies before every write, by device and inode, that
 * the descriptor still is our file; if it is not, the file is opened again by its path, and nothing
 * is written to the foreign file. The check and the write are two system calls: another thread of
 * the program could still replace the descriptor in between. If such a thread closed it, the file
 * is opened again. Our own threads replace the descriptor in one step, so that its number always is
 * our file. Signal-safe: log_file_write(), yes; the others, at configuration. Threads: any for
 * log_file_write(). errno is preserved.
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
	LOG_FILE_REGULAR = 4,  /* only regular files are accepted */
	LOG_FILE_WATCH = 8,  /* somebody rotates the file: every write checks whether the path still
				names our file, and otherwise opens the file that it names now */
	LOG_FILE_BURST = 16, /* for a program that calls the API: the checks before a write to a
				regular file are repeated only after some milliseconds */
	LOG_FILE_PLAIN = 32, /* as Python opens files: 0666 & ~umask whatever the mode, symbolic
				links are followed, the file's owner does not matter */
};

struct log_file {
	const char *path;
	mode_t mode;
	atomic_uint flags;
	atomic_uint version; /* odd while the three members below change; a thread that finds it odd
				opens the file for its own record */
	atomic_int fd;	     /* -1: none; the next write opens one */
	_Atomic dev_t device;
	_Atomic ino_t inode;
	_Atomic int64_t
		checked_at; /* LOG_FILE_BURST: the coarse clock at the last checks; 0: never */
	atomic_bool torn;   /* the last record is incomplete: the next begins with a newline */
};

/*
 * Make LOG_FILE append to PATH, an absolute path that outlives LOG_FILE; the file is created with
 * MODE (usually 0640) & ~umask. Symbolic links are not followed unless LOG_FILE_PLAIN says so. A
 * FIFO, a terminal or another device is opened so that it never blocks. If RLIMIT_NOFILE leaves no
 * room at LOG_FILE_FD_LEAST, no descriptor is kept and every record opens the file.
 *
 * Returns 0, or -errno (-ELOOP: PATH is a symbolic link; -ENXIO: a FIFO that nobody reads; -EPERM:
 * a file that is not ours in a world-writable directory; -EINVAL: not regular); LOG_FILE is valid
 * in any case, and the next write tries again.
 */
int log_file_open(struct log_file *log_file, const char *path, mode_t mode, unsigned flags);

/*
 * Append COUNT bytes, one record with its newline, in one write. Returns 0, or -errno when not the
 * whole record was written (-ENOSPC: the disk filled up in the middle; -ENOENT: the file's
 * directory is gone, and is not created again).
 */
int log_file_write(struct log_file *log_file, const char *bytes, size_t count);

/* log_file_write() by a descriptor that is closed afterwards: for a file that is rarely written to.
 * Uses only `path`, `mode`, `flags` and `torn` of LOG_FILE. */
int log_file_write_once(struct log_file *log_file, const char *bytes, size_t count);

/* Write PATH, made absolute by the present working directory, to ABSOLUTE of SIZE bytes. Returns 0,
 * or -errno (-ENAMETOOLONG; -ENOENT: the working directory is gone). */
int log_file_absolute(const char *path, char *absolute, size_t size);

/* Close the descriptor if it still is our file. A later write opens the file again. */
void log_file_close(struct log_file *log_file);

/* Make LOG_FILE append to PATH, which outlives LOG_FILE. No other thread may use LOG_FILE
 * meanwhile. */
void log_file_move(struct log_file *log_file, const char *path);
