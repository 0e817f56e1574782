/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_words.h - whether the text of a failure speaks of others: of a partner that is gone, or that
 * did not come in time.
 *
 * Libraries say this in many words, so it is the kinds of words that count: a partner (a peer, a
 * connection, a barrier, an actor), and that it is gone (closed, died, unavailable) or that time
 * ran out. Signal-safe: no. Threads: any.
 */
#pragma once

enum peer_words {
	PEER_WORDS_NONE, /* it does not speak of others */
	PEER_WORDS_GONE, /* a partner is gone */
	PEER_WORDS_LATE, /* a partner did not come in time */
};

/* What the name of the exception TYPE, as "ConnectionResetError", or the first line of MESSAGE that
 * does so says of others. An exception that says that the program itself is wrong, as ValueError
 * does, does not speak of others, whatever its message. Either may be NULL. */
enum peer_words peer_words(const char *type, const char *message);
