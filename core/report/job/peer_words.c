/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/peer_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What a word of a text is; words that are none of these do not count. */
enum word {
	WORD_PARTNER = 1, /* with whom, or by what, a process talks to others */
	WORD_GONE = 2,	  /* what has become of the partner */
	WORD_LATE = 4,	  /* that time ran out */
	WORD_LOST = 8,	  /* partner and gone in one word */
	WORD_WAIT = 16,	  /* waiting is for a partner, if nothing else is named */
	WORD_REACH = 32,  /* to get to a partner, and */
	WORD_UNABLE = 64, /* that this is not possible */
	WORD_OWN = 128,	  /* a child of the process, a command, an assertion: no partner */
};

static const struct {
	const char *text;
	int kinds;
} words[] = {
	{"peer", WORD_PARTNER},
	{"peers", WORD_PARTNER},
	{"rank", WORD_PARTNER},
	{"ranks", WORD_PARTNER},
	{"actor", WORD_PARTNER},
	{"actors", WORD_PARTNER},
	{"worker", WORD_PARTNER},
	{"workers", WORD_PARTNER},
	{"node", WORD_PARTNER},
	{"nodes", WORD_PARTNER},
	{"task", WORD_PARTNER},
	{"tasks", WORD_PARTNER},
	{"client", WORD_PARTNER},
	{"server", WORD_PARTNER},
	{"master", WORD_PARTNER},
	{"leader", WORD_PARTNER},
	{"coordinator", WORD_PARTNER},
	{"coordination", WORD_PARTNER},
	{"remote", WORD_PARTNER},
	{"endpoint", WORD_PARTNER},
	{"connection", WORD_PARTNER},
	{"connections", WORD_PARTNER},
	{"connect", WORD_PARTNER | WORD_REACH},
	{"connecting", WORD_PARTNER | WORD_REACH},
	{"reach", WORD_REACH},
	{"contact", WORD_REACH},
	{"failed", WORD_UNABLE},
	{"unable", WORD_UNABLE},
	{"cannot", WORD_UNABLE},
	{"could", WORD_UNABLE}, /* not */
	{"proc", WORD_PARTNER},
	{"revoked", WORD_GONE},
	{"socket", WORD_PARTNER},
	{"channel", WORD_PARTNER},
	{"communicator", WORD_PARTNER},
	{"comm", WORD_PARTNER},
	{"store", WORD_PARTNER},
	{"rendezvous", WORD_PARTNER},
	{"barrier", WORD_PARTNER},
	{"collective", WORD_PARTNER},
	{"collectives", WORD_PARTNER},
	{"allreduce", WORD_PARTNER},
	{"allgather", WORD_PARTNER},
	{"broadcast", WORD_PARTNER},
	{"reduce", WORD_PARTNER},
	{"group", WORD_PARTNER},
	{"horovod", WORD_PARTNER},
	{"nccl", WORD_PARTNER},
	{"gloo", WORD_PARTNER},
	{"rpc", WORD_PARTNER},
	{"closed", WORD_GONE},
	{"refused", WORD_GONE},
	{"aborted", WORD_GONE},
	{"broken", WORD_GONE},
	{"lost", WORD_GONE},
	{"dead", WORD_GONE},
	{"died", WORD_GONE},
	{"crashed", WORD_GONE},
	{"gone", WORD_GONE},
	{"stopped", WORD_GONE},
	{"unreachable", WORD_GONE},
	{"unavailable", WORD_GONE},
	{"unhealthy", WORD_GONE},
	{"disconnected", WORD_LOST},
	{"disconnect", WORD_LOST},
	{"hangup", WORD_LOST},
	{"shutdown", WORD_GONE},
	{"shut", WORD_GONE},
	{"disappeared", WORD_GONE},
	{"timeout", WORD_LATE},
	{"timeouts", WORD_LATE},
	{"timedout", WORD_LATE},
	{"timed", WORD_LATE}, /* out */
	{"deadline", WORD_LATE},
	{"expired", WORD_LATE},
	{"heartbeat", WORD_PARTNER | WORD_LATE},
	{"heartbeats", WORD_PARTNER | WORD_LATE},
	{"responding", WORD_PARTNER | WORD_LATE},
	{"unresponsive", WORD_PARTNER | WORD_LATE},
	{"response", WORD_PARTNER},
	{"reply", WORD_PARTNER},
	{"wait", WORD_WAIT},
	{"waited", WORD_WAIT},
	{"waiting", WORD_WAIT},
	{"epipe", WORD_LOST},
	{"econnreset", WORD_LOST},
	{"econnrefused", WORD_LOST},
	{"econnaborted", WORD_LOST},
	{"enotconn", WORD_LOST},
	{"enetunreach", WORD_LOST},
	{"enetreset", WORD_LOST},
	{"ehostunreach", WORD_LOST},
	{"ehostdown", WORD_LOST},
	{"eshutdown", WORD_LOST},
	{"etimedout", WORD_PARTNER | WORD_LATE},
	{"pid", WORD_OWN},
	{"command", WORD_OWN},
	{"subprocess", WORD_OWN},
	{"dataloader", WORD_OWN},
	{"assertion", WORD_OWN},
};

/* Types whose name alone speaks of others. */
static const struct {
	const char *end;
	enum peer_words words;
} types[] = {
	{"ConnectionError", PEER_WORDS_GONE},
	{"ConnectionResetError", PEER_WORDS_GONE},
	{"ConnectionRefusedError", PEER_WORDS_GONE},
	{"ConnectionAbortedError", PEER_WORDS_GONE},
	{"BrokenPipeError", PEER_WORDS_GONE},
	{"DistNetworkError", PEER_WORDS_GONE},
	{"DistStoreError", PEER_WORDS_LATE},
	{"HorovodInternalError", PEER_WORDS_GONE},
	{"HostsUpdatedInterrupt", PEER_WORDS_GONE},
	{"ActorError", PEER_WORDS_GONE},
	{"ActorDiedError", PEER_WORDS_GONE},
	{"ActorUnavailableError", PEER_WORDS_GONE},
	{"NodeDiedError", PEER_WORDS_GONE},
	{"OwnerDiedError", PEER_WORDS_GONE},
	{"TimeoutError", PEER_WORDS_LATE},
};

/* Types that say that the program, its input or its machine is wrong. */
static const char *const own_types[] = {"ValueError", "TypeError", "KeyError", "IndexError",
	"LookupError", "AttributeError", "NameError", "UnboundLocalError", "AssertionError",
	"ZeroDivisionError", "ArithmeticError", "OverflowError", "FloatingPointError",
	"ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "UnicodeError",
	"UnicodeDecodeError", "UnicodeEncodeError", "NotImplementedError", "MemoryError",
	"RecursionError", "FileNotFoundError", "FileExistsError", "IsADirectoryError",
	"NotADirectoryError", "PermissionError", "CalledProcessError", "TimeoutExpired",
	"JSONDecodeError", "OutOfMemoryError", "std::bad_alloc", "std::out_of_range",
	"std::length_error", "std::invalid_argument", "std::logic_error", "std::domain_error"};

/* The name behind the last dot: "ActorDiedError" of "ray.exceptions.ActorDiedError". */
static const char *name_of(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot == NULL ? type : dot + 1;
}

static bool is_own_type(const char *name)
{
	for (size_t i = 0; i < sizeof own_types / sizeof *own_types; i++)
		if (strcmp(name, own_types[i]) == 0)
			return true;
	return false;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), ending = strlen(end);

	return length >= ending && strcmp(text + length - ending, end) == 0;
}

static enum peer_words class_of_type(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (ends_in(name, types[i].end))
			return types[i].words;
	return PEER_WORDS_NONE;
}

static int kinds_of(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].text) == length &&
			strncasecmp(words[i].text, word, length) == 0)
			return words[i].kinds;
	return 0;
}

/* Both a partner and what became of it are named. A child of the process is no partner. */
static enum peer_words class_of(int kinds)
{
	bool partner = (kinds & (WORD_PARTNER | WORD_WAIT)) != 0;

	if ((kinds & WORD_OWN) != 0)
		return PEER_WORDS_NONE;
	if (partner && (kinds & WORD_LATE) != 0)
		return PEER_WORDS_LATE;
	return (kinds & WORD_LOST) != 0 ||
			       ((kinds & WORD_PARTNER) != 0 && (kinds & WORD_GONE) != 0) ||
			       ((kinds & WORD_REACH) != 0 && (kinds & WORD_UNABLE) != 0)
		       ? PEER_WORDS_GONE
		       : PEER_WORDS_NONE;
}

/* A word is letters only: "DEADLINE_EXCEEDED:" is two. */
static enum peer_words class_of_line(const char *line, const char *end)
{
	int kinds = 0;

	while (line < end) {
		const char *word = line;

		while (line < end && isalpha((unsigned char)*line))
			line++;
		kinds |= kinds_of(word, (size_t)(line - word));
		while (line < end && !isalpha((unsigned char)*line))
			line++;
	}
	return class_of(kinds);
}

enum peer_words peer_words(const char *type, const char *message)
{
	const char *name = type == NULL ? "" : name_of(type);
	enum peer_words found = class_of_type(name);

	if (found != PEER_WORDS_NONE || message == NULL || is_own_type(name))
		return found;
	while (*message != '\0' && found == PEER_WORDS_NONE) {
		const char *end = message + strcspn(message, "\n");

		found = class_of_line(message, end);
		message = end + (*end == '\n');
	}
	return found;
}
