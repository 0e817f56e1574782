/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"

#include "core/base/text.h"
#include "tests/unit/unit.h"

#include <string.h>

/* LINE, arguments with a bar between two, with its secrets masked. */
static void mask(const char *line, char *masked, size_t size)
{
	struct secret_scan scan = {0};
	char copy[512], *save, *argument;
	struct text text;

	assert_true(strlen(line) < sizeof copy);
	strcpy(copy, line);
	text_init(&text, masked, size);
	for (argument = strtok_r(copy, "|", &save); argument != NULL;
		argument = strtok_r(NULL, "|", &save)) {
		size_t done = 0, start, end;

		if (text.length > 0)
			text_char(&text, '|');
		secret_scan_next(&scan, argument);
		while (secret_find(&scan, &start, &end)) {
			assert_true(start >= done && end > start && end <= strlen(argument));
			text_add_n(&text, argument + done, start - done);
			text_add(&text, SECRET_MASK);
			done = end;
		}
		text_add(&text, argument + done);
	}
}

static void assert_masked(const char *line, const char *expected)
{
	char masked[512];

	mask(line, masked, sizeof masked);
	assert_string_equal(masked, expected);
}

static void options_by_their_last_word(void **state)
{
	(void)state;
	assert_masked("c|--token=abc", "c|--token=***");
	assert_masked("c|--token|abc|x", "c|--token|***|x");
	assert_masked("c|--token|--verbose", "c|--token|--verbose");
	assert_masked("c|-password|a b&c", "c|-password|***");
	assert_masked("c|--password=a b&c,d", "c|--password=***");
	assert_masked("c|--hf_token=x|--db-password2=y", "c|--hf_token=***|--db-password2=***");
	assert_masked("c|--accessToken=x|--APIKey=y", "c|--accessToken=***|--APIKey=***");
	assert_masked(
		"c|--api-key|x|--secret-access-key=y", "c|--api-key|***|--secret-access-key=***");
	assert_masked("java|-Djavax.net.ssl.keyStorePassword=x|-jar|a.jar",
		"java|-Djavax.net.ssl.keyStorePassword=***|-jar|a.jar");
	assert_masked("openssl|-passin|pass:x", "openssl|-passin|***");
	assert_masked("c|--token-value=x", "c|--token-value=***");
	assert_masked("c|--token:x", "c|--token:***");
	assert_masked("c|--token=|x", "c|--token=|x");
}

static void other_names_stay(void **state)
{
	static const char *const lines[] = {"c|--tokenizer=gpt2", "c|--max-tokens=4096",
		"c|--max_token=4096", "c|--eos-token=</s>", "c|--token-file=/run/t",
		"c|--password-file|/run/p", "c|--key=value", "c|--sort-key=name", "c|--keyboard=de",
		"c|PWD=/home/me", "c|--author=me", "c|--secretary=me", "c|--passes=3",
		"c|--compass=n", "c|--bypass|x", "make|secret|all", "c|--user=1000",
		"docker|-u|1000", "c|git@host:repo", "c|ssh://me@host/x", "c|http://host:8080/x",
		"c|a:b", "c|user:x", "c|--", "c|-", "c|--auth=basic", NULL};

	(void)state;
	for (size_t i = 0; lines[i] != NULL; i++)
		assert_masked(lines[i], lines[i]);
}

static void variables_and_pairs(void **state)
{
	(void)state;
	assert_masked("env|PASSWORD=x|A=b|c", "env|PASSWORD=***|A=b|c");
	assert_masked("PGPASSWORD=x", "PGPASSWORD=***");
	assert_masked("MYSQL_PWD=x", "MYSQL_PWD=***");
	assert_masked("sh|-c|PASSWORD=x cmd --verbose", "sh|-c|PASSWORD=*** cmd --verbose");
	assert_masked("sh|-c|cmd --token x; API_KEY='a b' cmd",
		"sh|-c|cmd --token ***; API_KEY='***' cmd");
	assert_masked("sh|-c|cmd --password \"a b\" -x", "sh|-c|cmd --password \"***\" -x");
	assert_masked("curl|-u|me:x|-v", "curl|-u|me:***|-v");
	assert_masked("curl|--user=me:x:y", "curl|--user=me:***");
	assert_masked("curl|--proxy-user|me:x", "curl|--proxy-user|me:***");
	assert_masked("REDISCLI_AUTH=x", "REDISCLI_AUTH=***");
	assert_masked("http|--auth|me:x", "http|--auth|me:***");
}

static void headers_and_json(void **state)
{
	(void)state;
	assert_masked("curl|-H|Authorization: Bearer abc def", "curl|-H|Authorization: ***");
	assert_masked("curl|-H|X-Api-Key: abc", "curl|-H|X-Api-Key: ***");
	assert_masked("curl|-H|Accept: a/b", "curl|-H|Accept: a/b");
	assert_masked("curl|-d|{\"user\":\"me\",\"password\":\"a b\",\"x\":1}",
		"curl|-d|{\"user\":\"me\",\"password\":\"***\",\"x\":1}");
	assert_masked("c|{\\\"token\\\": \\\"abc\\\"}", "c|{\\\"token\\\": \\\"***\\\"}");
}

static void addresses(void **state)
{
	(void)state;
	assert_masked("c|postgres://me:x@host/db", "c|postgres://me:***@host/db");
	assert_masked("c|--dsn=mysql://me:a@b@host", "c|--dsn=mysql://me:***@host");
	assert_masked("git|clone|https://ghp_0123456789abcdef0123@host/x",
		"git|clone|https://***@host/x");
	assert_masked(
		"c|https://host/x?a=1&token=abc&b=2#f", "c|https://host/x?a=1&token=***&b=2#f");
	assert_masked("c|https://me:x@host/?api_key=y", "c|https://me:***@host/?api_key=***");
	assert_masked("c|redis://:x@host", "c|redis://:***@host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_by_their_last_word),
		cmocka_unit_test(other_names_stay),
		cmocka_unit_test(variables_and_pairs),
		cmocka_unit_test(headers_and_json),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
