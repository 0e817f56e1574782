/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"

#include "core/base/number.h"

#include <string.h>

#define WORD_MAX 24
#define WORDS_KEPT 2

/* In an https:// address without a password, a user name of at least this length is a token. */
#define TOKEN_LEAST 20

/* The last words of a name, in lower case, the last one first; "" if there are fewer. */
struct name {
	char words[WORDS_KEPT][WORD_MAX];
	bool single; /* the name has no other words */
};

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter_or_digit(char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_of_name(char c)
{
	return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Whether a word of a name such as camelCase or APIKey begins at AT, which is not the first byte.
 */
static bool begins_word(const char *name, size_t at, size_t end)
{
	if (!is_upper(name[at]))
		return false;
	return is_lower(name[at - 1]) ||
	       (is_upper(name[at - 1]) && at + 1 < end && is_lower(name[at + 1]));
}

/* The index, at least START, at which the word before END begins. */
static size_t word_start(const char *name, size_t start, size_t end)
{
	size_t at = end - 1;

	while (at > start && is_letter_or_digit(name[at - 1]) && !begins_word(name, at, end))
		at--;
	return at;
}

/* Copies a word in lower case without the digits at its end; of a word that is too long, the last
 * bytes. */
static void copy_word(char word[WORD_MAX], const char *bytes, size_t count)
{
	size_t from, i;

	while (count > 1 && is_digit(bytes[count - 1]))
		count--;
	from = count < WORD_MAX ? 0 : count - (WORD_MAX - 1);
	for (i = 0; from + i < count; i++)
		word[i] = is_upper(bytes[from + i]) ? (char)(bytes[from + i] - 'A' + 'a')
						    : bytes[from + i];
	word[i] = '\0';
}

/* Lists of words, ended by "": in place, nothing for the loader to relocate. */
#define LISTED_SIZE sizeof "authorization"

static bool is_one_of(const char *word, const char (*list)[LISTED_SIZE])
{
	for (; (*list)[0] != '\0'; list++)
		if (word[0] == (*list)[0] && strcmp(word, *list) == 0)
			return true;
	return false;
}

/* Whether WORD, at the end of a name, does not say what the value is for. */
static bool is_filler(const char *word)
{
	static const char fillers[][LISTED_SIZE] = {
		"value", "string", "plain", "text", "hex", "base64", "b64", ""};

	return is_one_of(word, fillers) || (is_digit(word[0]) && word[1] == '\0');
}

static struct name read_name(const char *bytes, size_t start, size_t end)
{
	struct name name = {.single = true};
	size_t count = 0;

	while (end > start) {
		size_t at;

		if (!is_letter_or_digit(bytes[end - 1])) {
			end--;
			continue;
		}
		at = word_start(bytes, start, end);
		if (count == WORDS_KEPT) {
			name.single = false;
			break;
		}
		copy_word(name.words[count], bytes + at, end - at);
		if (count > 0 || !is_filler(name.words[0]))
			count++;
		end = at;
	}
	name.single = name.single && count < 2;
	return name;
}

/* WORD has LENGTH bytes, ENDING has OF_ENDING. */
static bool ends_with(const char *word, size_t length, const char *ending, size_t of_ending)
{
	return length >= of_ending && memcmp(word + length - of_ending, ending, of_ending) == 0;
}

/* Whether BEFORE, the word before "token", shows that the token is one of a language model's
 * vocabulary, or a limit: --eos-token, --max_token. */
static bool is_of_language(const char *before)
{
	static const char words[][LISTED_SIZE] = {"max", "min", "num", "n", "pad", "eos", "bos",
		"unk", "mask", "sep", "cls", "per", "special", "stop", "end", "start", "image",
		"next", "first", "last", "new", ""};

	return is_one_of(before, words);
}

/* Whether BEFORE, the word before "key", makes the key a secret: a key may also be one of a table,
 * a keyboard or a sort order. */
static bool is_secret_key(const char *before)
{
	static const char words[][LISTED_SIZE] = {"api", "access", "secret", "private", "auth",
		"account", "encryption", "signing", "session", "master", "shared", "client",
		"storage", "license", "deploy", "service", ""};

	return is_one_of(before, words);
}

static bool is_secret(const struct name *name)
{
	static const char words[][LISTED_SIZE] = {"pass", "passin", "passout", "dbpass", "sshpass",
		"userpass", "passcode", "secrets", "credential", "credentials", "authorization",
		"bearer", "cookie", "signature", "sig", ""};
#define ENDING(word)                  \
	{                             \
		sizeof word - 1, word \
	}
	static const struct {
		unsigned char length;
		char word[LISTED_SIZE];
	} endings[] = {ENDING("password"), ENDING("passwd"), ENDING("passphrase"), ENDING("secret"),
		ENDING("apikey"), ENDING("accesskey"), ENDING("secretkey"), ENDING("privatekey"),
		ENDING("authkey")};
#undef ENDING
	const char *word = name->words[0], *before = name->words[1];
	size_t length = strlen(word);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends_with(word, length, endings[i].word, endings[i].length))
			return true;
	if (ends_with(word, length, "token", strlen("token")))
		return !is_of_language(before);
	if (strcmp(word, "key") == 0)
		return is_secret_key(before);
	if (strcmp(word, "pwd") == 0 || strcmp(word, "auth") == 0)
		return !name->single; /* PWD is a directory, --auth may be a method */
	return is_one_of(word, words);
}

/* Whether the value of an option with this name is NAME:SECRET. */
static bool is_pair(const struct name *name)
{
	static const char words[][LISTED_SIZE] = {"user", "u", "auth", "userpwd", ""};

	return is_one_of(name->words[0], words) &&
	       (name->single || strcmp(name->words[1], "proxy") == 0);
}

static enum secret_expected expected_of(const char *bytes, size_t start, size_t end)
{
	struct name name = read_name(bytes, start, end);

	if (is_secret(&name))
		return SECRET_WHOLE;
	return is_pair(&name) ? SECRET_PAIR : SECRET_NONE;
}

void secret_scan_next(struct secret_scan *scan, const char *argument)
{
	scan->argument = argument;
	scan->at = 0;
	scan->of_this = argument[0] == '-' ? SECRET_NONE : scan->of_next;
	scan->of_next = SECRET_NONE;
}

static bool found(
	struct secret_scan *scan, size_t start, size_t end, size_t *ret_start, size_t *ret_end)
{
	scan->at = end;
	if (end <= start)
		return false;
	*ret_start = start;
	*ret_end = end;
	return true;
}

/* Finds the secret in the value between START and END, whose name declares EXPECTED. */
static bool found_value(struct secret_scan *scan, enum secret_expected expected, size_t start,
	size_t end, size_t *ret_start, size_t *ret_end)
{
	const char *colon;

	if (expected == SECRET_PAIR) {
		colon = memchr(scan->argument + start, ':', end - start);
		if (colon == NULL || (size_t)(colon - scan->argument) + 1 == end) {
			scan->at = start;
			return false;
		}
		start = (size_t)(colon - scan->argument) + 1;
	}
	return found(scan, start, end, ret_start, ret_end);
}

/* Returns the index behind the quote at AT, which may have a backslash before it; AT if there is no
 * quote. */
static size_t skip_quote(const char *bytes, size_t at)
{
	size_t quote = bytes[at] == '\\' ? at + 1 : at;

	return bytes[quote] == '"' || bytes[quote] == '\'' ? quote + 1 : at;
}

/*
 * The index behind the value that begins at START. A value that a QUOTE opened ends before the next
 * one; any other value ends with the argument if the option is the WHOLE of it, with the line if it
 * is a HEADER's, else with the word.
 */
static size_t value_end(const char *bytes, size_t start, char quote, bool whole, bool header)
{
	size_t at = start;

	for (; bytes[at] != '\0'; at++) {
		if (quote != '\0' ? bytes[at] == quote
				  : !whole && (bytes[at] == '"' || bytes[at] == '\'' ||
						      bytes[at] == '\n'))
			break;
		if (quote == '\0' && !whole && !header &&
			(is_blank(bytes[at]) || strchr("&;,)}|#", bytes[at]) != NULL))
			break;
	}
	return at > start && quote != '\0' && bytes[at - 1] == '\\' ? at - 1 : at;
}

/* Finds the secret in scheme://USER:SECRET@HOST, with the two slashes at SLASHES. */
static bool find_in_address(
	struct secret_scan *scan, size_t scheme, size_t slashes, size_t *ret_start, size_t *ret_end)
{
	const char *bytes = scan->argument;
	size_t user = slashes + 2, end = user, last = 0, colon = 0;

	for (; bytes[end] != '\0' && !is_blank(bytes[end]) && strchr("/?#\"'", bytes[end]) == NULL;
		end++) {
		if (bytes[end] == '@')
			last = end;
		if (bytes[end] == ':' && colon == 0)
			colon = end;
	}
	scan->at = user;
	if (last == 0)
		return false;
	if (colon != 0 && colon < last)
		return found(scan, colon + 1, last, ret_start, ret_end);
	if (strncmp(bytes + scheme, "http", 4) == 0 && last - user >= TOKEN_LEAST)
		return found(scan, user, last, ret_start, ret_end);
	return false;
}

/* Finds the secret that the name from START to END declares in this argument, or notes that the
 * next argument is the secret. */
static bool find_value(
	struct secret_scan *scan, size_t start, size_t end, size_t *ret_start, size_t *ret_end)
{
	const char *bytes = scan->argument;
	enum secret_expected expected = expected_of(bytes, start, end);
	size_t at = skip_quote(bytes, end);
	bool is_option = bytes[start] == '-', assigned = bytes[at] == '=', header;

	scan->at = end;
	if (expected == SECRET_NONE)
		return false;
	if (bytes[at] == '\0' && is_option && start == 0) {
		scan->of_next = expected;
		return false;
	}
	if (expected == SECRET_PAIR && !is_option)
		return false;
	header = bytes[at] == ':' && bytes[at + 1] == ' ';
	if (assigned || bytes[at] == ':')
		at++;
	else if (!is_option || !is_blank(bytes[at]))
		return false;
	while (is_blank(bytes[at]))
		at++;
	if (!assigned && is_option && bytes[at] == '-')
		return false;
	end = skip_quote(bytes, at);
	return found_value(scan, expected, end,
		value_end(bytes, end, end > at ? bytes[end - 1] : '\0', is_option && start == 0,
			header),
		ret_start, ret_end);
}

/* Whether ARGUMENT may have a secret in it, or declare the next one: most have neither a value nor
 * an option. */
static bool may_declare(const char *argument)
{
	const char *at = argument;

	while (*at != '\0' && *at != '=' && *at != ':' && !is_blank(*at))
		at++;
	return *at != '\0' || argument[0] == '-';
}

bool secret_find(struct secret_scan *scan, size_t *ret_start, size_t *ret_end)
{
	const char *bytes = scan->argument;

	if (scan->of_this != SECRET_NONE) {
		enum secret_expected expected = scan->of_this;

		scan->of_this = SECRET_NONE;
		if (found_value(scan, expected, 0, strlen(bytes), ret_start, ret_end))
			return true;
	}
	if (scan->at == 0 && !may_declare(bytes))
		return false;
	while (bytes[scan->at] != '\0') {
		size_t start = scan->at, end = start;

		while (is_of_name(bytes[end]))
			end++;
		if (end == start)
			scan->at++;
		else if (strncmp(bytes + end, "://", 3) == 0
				 ? find_in_address(scan, start, end + 1, ret_start, ret_end)
				 : find_value(scan, start, end, ret_start, ret_end))
			return true;
	}
	return false;
}

void secret_mask_text(char *text)
{
	size_t start, end;

	/* A line at a time, as an option's value may be the whole of an argument. */
	for (char *line = text; *line != '\0';) {
		struct secret_scan scan = {0};
		char *newline = strchr(line, '\n');

		if (newline != NULL)
			*newline = '\0';
		secret_scan_next(&scan, line);
		while (secret_find(&scan, &start, &end))
			memset(line + start, '*', end - start);
		if (newline == NULL)
			return;
		*newline = '\n';
		line = newline + 1;
	}
}
