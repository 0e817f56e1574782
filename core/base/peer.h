/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - a remote or local socket that records are sent to, unnoticed by the program around us.
 *
 * As with a log file, the descriptor is LOG_FILE_FD_LEAST or above, and fstat(2) verifies before
 * every record that it still is ours. The descriptor belongs to the process that made it: a forked
 * child makes its own, so that two processes never write into one stream. A thread that finds the
 * descriptor in use by another thread opens one for its own record. The program sees no SIGPIPE,
 * and errno is preserved. Signal-safe: yes. Threads: any for peer_send() and peer_send_file().
 */
#pragma once

#include "core/base/address.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How many milliseconds a connection may take; wait_budget.h may allow less. */
#define PEER_CONNECT_MS 1000

struct peer {
	struct address address;
	atomic_int type;  /* SOCK_DGRAM or SOCK_STREAM */
	bool either;	  /* SOCK_STREAM is tried if SOCK_DGRAM is refused as the wrong type */
	atomic_int user;  /* the process whose thread is using the descriptor; 0: none */
	atomic_int fd;	  /* -1: none */
	atomic_int owner; /* the process that made the descriptor */
	_Atomic dev_t device;
	_Atomic ino_t inode;
	/* After a failed connection of a SOCK_STREAM: when the next may be tried, in microseconds
	 * of CLOCK_MONOTONIC, and the interval before that. Python's retryTime and retryPeriod: 1
	 * s, doubled up to 30 s. */
	_Atomic int64_t retry_at, retry_period;
};

/* Who sends, and how long a connection may take. */
struct peer_sender {
	pid_t process;
	int connect_ms;
	bool at_once; /* connect even before retry_at, as the process is dying */
};

/* Make PEER send to ADDRESS by sockets of TYPE. Nothing is opened yet. */
void peer_init(struct peer *peer, const struct address *address, int type);

/*
 * Send COUNT bytes: one datagram, or a piece of a stream. Waits for room as output_write() does. If
 * the other side has closed a stream, connects once more. Returns 0, or -errno when not all bytes
 * were sent (-EMSGSIZE: too long for a datagram; -EHOSTDOWN: the last connection failed just
 * before, and none was tried).
 */
int peer_send(struct peer *peer, const struct peer_sender *sender, const char *bytes, size_t count);

/* Send the descriptor FILE in an empty datagram to a unix socket. Returns 0 or -errno. */
int peer_send_file(const struct peer *peer, int file);
