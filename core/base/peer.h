/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - a remote or local socket that records are sent to, from inside a program that must not
 * notice.
 *
 * As with a log file, the descriptor lies at LOG_FILE_FD_LEAST or above, and before every record
 * fstat(2) is asked whether it still is ours. It belongs to the process that made it: a forked
 * child makes its own, so that two processes never write into one stream. A thread that finds the
 * descriptor in use by another thread opens one for its own record. The program sees no SIGPIPE,
 * and errno stays as it was. Signal-safe: yes. Threads: any for peer_send() and peer_send_file().
 */
#pragma once

#include "core/base/address.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How long a connection may take, in milliseconds, as far as wait_budget.h allows. */
#define PEER_CONNECT_MS 1000

struct peer {
	struct address address;
	atomic_int type;  /* SOCK_DGRAM or SOCK_STREAM */
	bool either;	  /* where SOCK_DGRAM is refused as the wrong type, SOCK_STREAM is tried */
	atomic_int user;  /* the process of which a thread has the descriptor in use; 0: none */
	atomic_int fd;	  /* -1: none */
	atomic_int owner; /* whose it is */
	_Atomic dev_t device;
	_Atomic ino_t inode;
	/* Of SOCK_STREAM, after a connection that failed: when the next may be tried, by the
	 * monotonic clock in microseconds, and the interval before it. Python's retryTime and
	 * retryPeriod: 1 s, doubled up to 30 s. */
	_Atomic int64_t retry_at, retry_period;
};

/* Who sends, and how long a connection may take. */
struct peer_sender {
	pid_t process;
	int connect_ms;
	bool at_once; /* connect before retry_at, too: the process is dying */
};

/* PEER sends to ADDRESS by sockets of TYPE. Nothing is opened yet. */
void peer_init(struct peer *peer, const struct address *address, int type);

/*
 * Send COUNT bytes: one datagram, or a piece of a stream; what cannot be sent at once is waited for
 * as output_write() does. Where the other side has closed a stream, it is connected once more.
 * Returns 0, or -errno when it was not sent as a whole (-EMSGSIZE: too long for a datagram;
 * -EHOSTDOWN: the last connection failed just before, and none was tried).
 */
int peer_send(struct peer *peer, const struct peer_sender *sender, const char *bytes, size_t count);

/* Send the descriptor FILE in an empty datagram to a unix socket. Returns 0 or -errno. */
int peer_send_file(const struct peer *peer, int file);
