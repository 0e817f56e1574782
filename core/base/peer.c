/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/peer.h"

#include "core/base/clock.h"
#include "core/base/output.h"
#include "core/base/wait_budget.h"
#include "core/base/log_file.h"
#include "core/base/sys.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define RETRY_START_US 1000000
#define RETRY_MOST_US 30000000

void peer_init(struct peer *peer, const struct address *address, int type)
{
	memset(peer, 0, sizeof *peer);
	peer->address = *address;
	peer->type = type;
	peer->fd = -1;
}

static uint64_t subject_of(const struct peer *peer)
{
	return wait_budget_subject("address", &peer->address.any, peer->address.length);
}

/* Waits at most US microseconds until FD has connected. Returns 0 or -errno. */
static int await(int fd, int64_t us)
{
	struct pollfd question = {.fd = fd, .events = POLLOUT};
	struct timespec wait = {us / 1000000, us % 1000000 * 1000};
	int error = 0;
	socklen_t size = sizeof error;
	long ready = sys_call(SYS_ppoll, (long)&question, 1, (long)&wait, 0, SYS_SIGSET_SIZE, 0);

	if (ready <= 0)
		return ready == 0 ? -ETIMEDOUT : (int)ready;
	sys_try(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, (long)&error, (long)&size, 0);
	return -error;
}

/* A new socket whose descriptor is out of the program's way. */
static int make(int family, int type)
{
	return sys_move_above(
		sys_new_fd(SYS_socket, family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, 0),
		LOG_FILE_FD_LEAST);
}

static void put_off(struct peer *peer)
{
	int64_t period = peer->retry_period * 2;

	period = period == 0 ? RETRY_START_US : period > RETRY_MOST_US ? RETRY_MOST_US : period;
	peer->retry_period = period;
	peer->retry_at = instant_now().mono_us + period;
}

/* Waits until FD has connected, at most as long as wait_budget.h allows. If the process's budget
 * ended the wait early, PEER did not get its time, and its next connection is not put off. */
static int await_within_budget(struct peer *peer, const struct peer_sender *sender, int fd)
{
	struct budgeted_wait wait = {.subject = subject_of(peer), .most_ms = sender->connect_ms};
	int error = await(fd, 0);
	int64_t left;

	while ((error == -ETIMEDOUT || error == -EINTR) && (left = wait_budget_left(&wait)) > 0)
		error = await(fd, left);
	if (wait_budget_end(&wait, error != -ETIMEDOUT && error != -EINTR))
		put_off(peer);
	return error;
}

static int connect_stream(struct peer *peer, const struct peer_sender *sender, int fd)
{
	int error = (int)sys_try(
		SYS_connect, fd, (long)&peer->address.any, (long)peer->address.length, 0, 0, 0);

	if (error == -EINPROGRESS)
		error = await_within_budget(peer, sender, fd);
	else if (error < 0)
		put_off(peer);
	if (error == 0)
		peer->retry_period = peer->retry_at = 0;
	return error;
}

static int open_socket(struct peer *peer, const struct peer_sender *sender)
{
	int fd, error;

	if (!sender->at_once && instant_now().mono_us < peer->retry_at)
		return -EHOSTDOWN;
	fd = make(peer->address.any.sa_family, peer->type);
	if (fd < 0 || peer->type == SOCK_DGRAM)
		return fd;
	error = connect_stream(peer, sender, fd);
	if (error == 0)
		return fd;
	sys_close(fd);
	return error;
}

/* Claims PEER's descriptor for a thread of PROCESS. A forked child may take it over from a thread
 * of its parent. */
static bool acquire(struct peer *peer, pid_t process)
{
	int user = 0;

	return atomic_compare_exchange_strong(&peer->user, &user, process) ||
	       (user != process && atomic_compare_exchange_strong(&peer->user, &user, process));
}

static bool is_ours(const struct peer *peer)
{
	return sys_fd_is(peer->fd, peer->device, peer->inode);
}

static void drop(struct peer *peer)
{
	if (is_ours(peer))
		sys_close(peer->fd);
	peer->fd = -1;
}

static void keep(struct peer *peer, const struct peer_sender *sender, int fd)
{
	struct stat stat;

	drop(peer);
	if (fd < LOG_FILE_FD_LEAST || sys_fstat(fd, &stat) < 0)
		return;
	peer->device = stat.st_dev;
	peer->inode = stat.st_ino;
	peer->owner = sender->process;
	peer->fd = fd;
}

static ssize_t send_datagram(const struct peer *peer, int fd, const char *bytes, size_t count)
{
	struct budgeted_wait wait = {.subject = subject_of(peer), .most_ms = OUTPUT_DEADLINE_MS};
	ssize_t sent;

	for (;;) {
		sent = sys_try(SYS_sendto, fd, (long)bytes, (long)count,
			MSG_DONTWAIT | MSG_NOSIGNAL, (long)&peer->address.any,
			(long)peer->address.length);
		/* No poll(2): it cannot wait for room in a unix socket that FD is not connected to.
		 */
		if (sent > 0)
			output_wrote();
		if ((sent != -EAGAIN && sent != -EINTR) || wait_budget_left(&wait) == 0)
			break;
		sys_pause(1000);
	}
	wait_budget_end(&wait, sent != -EAGAIN && sent != -EINTR);
	return sent;
}

static ssize_t transmit(const struct peer *peer, int fd, const char *bytes, size_t count)
{
	struct output to = {.fd = fd, .type = S_IFSOCK, .subject = subject_of(peer)};

	if (peer->type == SOCK_DGRAM)
		return send_datagram(peer, fd, bytes, count);
	return output_write_to(&to, bytes, count);
}

/* Sends by a new descriptor, and then keeps it in PEER or closes it. */
static ssize_t send_anew(struct peer *peer, const struct peer_sender *sender, bool may_keep,
	const char *bytes, size_t count)
{
	int fd = open_socket(peer, sender);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = transmit(peer, fd, bytes, count);
	if (may_keep && sent == (ssize_t)count)
		keep(peer, sender, fd);
	if (!may_keep || peer->fd != fd)
		sys_close(fd);
	return sent;
}

/* Whether the other side has closed the stream. The kernel would accept a write to it and lose the
 * bytes: TCP returns the error only for the next write. */
static bool has_ended(const struct peer *peer)
{
	char byte;

	return peer->type == SOCK_STREAM &&
	       sys_try(SYS_recvfrom, peer->fd, (long)&byte, 1, MSG_DONTWAIT | MSG_PEEK, 0, 0) == 0;
}

static ssize_t send_kept(
	struct peer *peer, const struct peer_sender *sender, const char *bytes, size_t count)
{
	ssize_t sent = -ENOTCONN;

	if (is_ours(peer) && peer->owner == sender->process && !has_ended(peer))
		sent = transmit(peer, peer->fd, bytes, count);
	if (sent != (ssize_t)count)
		drop(peer);
	/* Once a piece of the record was sent, the whole record must not follow it. */
	if (sent >= 0 || sent == -EMSGSIZE || sent == -EAGAIN)
		return sent;
	return send_anew(peer, sender, true, bytes, count);
}

int peer_send(struct peer *peer, const struct peer_sender *sender, const char *bytes, size_t count)
{
	bool acquired = acquire(peer, sender->process);
	ssize_t sent = acquired ? send_kept(peer, sender, bytes, count)
				: send_anew(peer, sender, false, bytes, count);

	if (sent == -EPROTOTYPE && peer->either && peer->type == SOCK_DGRAM) {
		peer->type = SOCK_STREAM;
		sent = send_anew(peer, sender, acquired, bytes, count);
	}
	if (acquired)
		peer->user = 0;
	if (sent < 0)
		return (int)sent;
	return (size_t)sent == count ? 0 : -EPIPE;
}

int peer_send_file(const struct peer *peer, int file)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {
		.msg_name = (void *)&peer->address.any,
		.msg_namelen = peer->address.length,
		.msg_control = &control,
		.msg_controllen = sizeof control.bytes,
	};
	int fd = make(AF_UNIX, SOCK_DGRAM);
	long sent;

	if (fd < 0)
		return fd;
	memcpy(CMSG_DATA(&control.header), &file, sizeof file);
	sent = sys_try(SYS_sendmsg, fd, (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0, 0);
	if (sent >= 0)
		output_wrote();
	sys_close(fd);
	return sent < 0 ? (int)sent : 0;
}
