/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - finds the values in a command line whose names declare them to be secret:
 * --token=VALUE, --password VALUE, PASSWORD=VALUE, "Authorization: VALUE", ?api_key=VALUE,
 * scheme://user:VALUE@host, -u user:VALUE.
 *
 * A name declares a secret by its last word: --access-token does, --token-file, --tokenizer and
 * --max-tokens do not. A secret without such a name (mysql -pVALUE, a bare operand) is not found.
 * Signal-safe: yes. Threads: any, each with a scan of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How a command line is recorded: with its secrets masked, as it is, or not at all. */
enum argv_form { ARGV_MASKED, ARGV_FULL, ARGV_NONE };

/* Replaces a secret in output. */
#define SECRET_MASK "***"

/* What an option's name says about the argument that follows the option. */
enum secret_expected {
	SECRET_NONE,
	SECRET_WHOLE, /* the whole argument is a secret */
	SECRET_PAIR,  /* NAME:SECRET */
};

/* The search through the arguments of one command line. All zero at the start. */
struct secret_scan {
	const char *argument;
	size_t at;		      /* where the search continues */
	enum secret_expected of_next; /* what the next argument is */
	enum secret_expected of_this;
};

/* Continue with ARGUMENT, the next one of the command line, which must not change while it is
 * searched. */
void secret_scan_next(struct secret_scan *scan, const char *argument);

/*
 * Find the next secret in the argument: the bytes from *RET_START up to *RET_END, at least one,
 * behind the previous secret. Returns false, and both as they were, when there is no other secret;
 * only then may the scan continue with the next argument.
 */
bool secret_find(struct secret_scan *scan, size_t *ret_start, size_t *ret_end);

/* Overwrite each secret in the lines of TEXT, what a program has printed, with '*'. */
void secret_mask_text(char *text);
