/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h - the event files of a run directory as something to be sent: what has come, what was
 * sent, what the server has acknowledged.
 *
 * How far each file was acknowledged is kept beside it, or where the caller says, in
 * .forwarded-<stream>-<host>, so that who sends later goes on from there. Of several senders of one
 * host one holds that file's lock, and the others wait until it has sent what they have.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/transport/message.h"

#include <sys/types.h>

#define SPOOL_STATE_PREFIX ".forwarded-"

struct spool_file {
	char name[NAME_MAX + 1]; /* at present */
	dev_t device;
	ino_t inode;
	char host[HOSTNAME_SIZE];
	char wire[MESSAGE_FILE_SIZE]; /* its name in messages */
	uint64_t size, sent, acknowledged;
	uint64_t target; /* how much is to be acknowledged at the end */
	size_t slot;	 /* its line in the state file; SIZE_MAX: none yet */
};

struct spool {
	int directory, state_directory;
	const char *hostname; /* only this host's files; NULL: all */
	char state_stem[64];  /* SPOOL_STATE_PREFIX and the stream's hash */
	char state_name[NAME_MAX + 1];
	int state; /* the state file, locked; -1: another sender has the lock, or none can be had */
	uint64_t state_size;
	struct spool_file *files; /* malloc'ed */
	size_t count, room;
};

/* Open the event files of DIRECTORY for the stream STREAM on the server URL. STATE_DIRECTORY is
 * where the state file is; NULL: in DIRECTORY. HOSTNAME, which must outlive SPOOL: only this
 * host's; NULL: all. Returns 0, or -errno where DIRECTORY cannot be opened. */
int spool_open(struct spool *spool, const char *directory, const char *state_directory,
	const char *hostname, const char *url, const char *stream);

/* Whether this process is the one that sends: it is, once it has got the lock. Where no state file
 * can be had (a read-only directory), everybody sends, and the server drops what it has. */
bool spool_lock(struct spool *spool);

/* Look which files there are, and how long each is. LAST: files without a whole line count, too. */
void spool_scan(struct spool *spool, bool last);

/* Read what another sender has noted meanwhile. */
void spool_read_state(struct spool *spool);

/* From now on what is there counts: spool_left() is how much of that was not acknowledged. WHOLE:
 * only lines with their newline. */
void spool_set_targets(struct spool *spool, bool whole);

/* How many bytes up to the targets were not acknowledged, of how many files, and the first one. */
uint64_t spool_left(const struct spool *spool, size_t *ret_files, const char **ret_first);

/* Read up to ROOM bytes of FILE from what was sent on: whole lines, but for a line that is longer
 * and, if LAST, for the last one. Returns how many. */
size_t spool_read(const struct spool *spool, const struct spool_file *file, char *bytes,
	size_t room, bool last);

/* FILE was acknowledged up to OFFSET: note it, here and in the state file. */
void spool_acknowledge(struct spool *spool, struct spool_file *file, uint64_t offset);

/* Whatever was sent and not acknowledged is to be sent again; ALL: also what was acknowledged. */
void spool_rewind(struct spool *spool, bool all);

/* Release everything that SPOOL holds, and its lock. */
void spool_close(struct spool *spool);

/* Whether an event file in DIRECTORY, a descriptor, has the name WIRE in messages, and another one
 * there. */
bool spool_has(int directory, const char *wire);
