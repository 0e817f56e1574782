/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/http.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

#define NO_DESCRIPTOR_MS 5

/* No server means more by Retry-After. */
#define RETRY_AFTER_S_MOST ((int64_t)24 * 3600)

/* AT, before END, is the end of a host: nothing follows, or a port. */
static bool is_port_or_end(const char *at, const char *end)
{
	char port[8];
	int64_t number;

	if (at == end)
		return true;
	return *at == ':' && text_format(port, sizeof port, "%.*s", (int)(end - at - 1), at + 1) &&
	       number_parse(port, &number) && number > 0 && number <= UINT16_MAX;
}

bool http_url_is_sound(const char *url)
{
	const char *host = text_after(url, "http://") ?: text_after(url, "https://");
	const char *end, *user, *bracket;

	if (host == NULL)
		return false;
	end = host + strcspn(host, "/?#");
	user = memrchr(host, '@', (size_t)(end - host));
	if (user != NULL)
		host = user + 1;
	bracket = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
	if (bracket != NULL)
		return is_port_or_end(bracket + 1, end);
	return host < end && *host != ':' && is_port_or_end(host + strcspn(host, ":/?#"), end);
}

static size_t take_answer(const char *bytes, size_t size, size_t count, void *context)
{
	struct http_result *result = context;
	size_t room = sizeof result->answer - 1 - result->length, length = size * count;

	if (room > length)
		room = length;
	memcpy(result->answer + result->length, bytes, room);
	result->length += room;
	result->answer[result->length] = '\0';
	return length;
}

/* The VALUE of Retry-After in milliseconds: seconds, or a date; -1: neither. */
static int64_t retry_after(const struct curl *curl, const char *value)
{
	int64_t seconds;

	if (!number_parse(value, &seconds)) {
		time_t date = curl->curl_getdate(value, NULL);

		if (date < 0)
			return -1;
		seconds = date - instant_real_us() / 1000000;
	}
	if (seconds < 0)
		seconds = 0;
	return 1000 * (seconds > RETRY_AFTER_S_MOST ? RETRY_AFTER_S_MOST : seconds);
}

static size_t take_header(const char *bytes, size_t size, size_t count, void *context)
{
	static const char name[] = "Retry-After:";
	struct http *http = context;
	size_t length = size * count;
	char line[128];
	const char *value;

	if (length >= sizeof line || length < sizeof name ||
		strncasecmp(bytes, name, sizeof name - 1) != 0)
		return length;
	text_format(line, sizeof line, "%.*s", (int)length, bytes);
	line[strcspn(line, "\r\n")] = '\0';
	value = line + sizeof name - 1;
	http->result.retry_after_ms = retry_after(http->curl, value + strspn(value, " \t"));
	return length;
}

static void set_options(struct http *http, const struct http_target *target)
{
	const struct curl *curl = http->curl;
	void *easy = http->easy;

	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_URL, target->url);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_NOSIGNAL, 1L);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_POST, 1L);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_USERAGENT, "vigil");
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_TIMEOUT_MS, (long)target->timeout_ms);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_CONNECTTIMEOUT_MS, (long)target->timeout_ms);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_ERRORBUFFER, http->error);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_WRITEFUNCTION, take_answer);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_WRITEDATA, &http->result);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_HEADERFUNCTION, take_header);
	curl->curl_easy_setopt(easy, VIGIL_CURLOPT_HEADERDATA, http);
	if (target->authorities != NULL)
		curl->curl_easy_setopt(easy, VIGIL_CURLOPT_CAINFO, target->authorities);
	if (target->certificate != NULL)
		curl->curl_easy_setopt(easy, VIGIL_CURLOPT_SSLCERT, target->certificate);
	if (target->key != NULL)
		curl->curl_easy_setopt(easy, VIGIL_CURLOPT_SSLKEY, target->key);
}

int http_open(struct http *http, const struct http_target *target, char *complaint, size_t size)
{
	*http = (struct http){.curl = curl_load(complaint, size)};
	if (http->curl == NULL)
		return -ENOENT;
	http->easy = http->curl->curl_easy_init();
	http->multi = http->curl->curl_multi_init();
	/* Without it, some servers are asked first, and waited for, before a long body is sent. */
	if (http->easy == NULL || http->multi == NULL || http_header(http, "Expect:") < 0) {
		http_close(http);
		text_format(complaint, size, "no memory");
		return -ENOMEM;
	}
	set_options(http, target);
	return 0;
}

int http_header(struct http *http, const char *header)
{
	struct curl_list *longer = http->curl->curl_slist_append(http->headers, header);

	if (longer == NULL)
		return -ENOMEM;
	http->headers = longer;
	return 0;
}

void http_post(struct http *http, const char *body, size_t count)
{
	const struct curl *curl = http->curl;

	http->result.status = 0;
	http->result.retry_after_ms = -1;
	http->result.is_json = false;
	http->result.length = 0;
	http->result.why[0] = http->result.answer[0] = http->error[0] = '\0';
	curl->curl_easy_setopt(http->easy, VIGIL_CURLOPT_HTTPHEADER, http->headers);
	curl->curl_easy_setopt(http->easy, VIGIL_CURLOPT_POSTFIELDS, body);
	curl->curl_easy_setopt(http->easy, VIGIL_CURLOPT_POSTFIELDSIZE_LARGE, (int64_t)count);
	http->is_out = curl->curl_multi_add_handle(http->multi, http->easy) == 0;
}

/* Of libcurl's numbers (CURLcode): what another try would not change. */
static bool is_hopeless(int code)
{
	enum { BAD_CERTIFICATE = 58, NOT_VERIFIED = 60, BAD_AUTHORITIES = 77 };

	return code == BAD_CERTIFICATE || code == NOT_VERIFIED || code == BAD_AUTHORITIES;
}

static void take_result(struct http *http, int code)
{
	const struct curl *curl = http->curl;
	const char *type = NULL;
	long status = 0;

	curl->curl_easy_getinfo(http->easy, VIGIL_CURLINFO_RESPONSE_CODE, &status);
	curl->curl_easy_getinfo(http->easy, VIGIL_CURLINFO_CONTENT_TYPE, &type);
	http->result.status = code == 0 ? (int)status : 0;
	http->result.is_hopeless = is_hopeless(code);
	http->result.is_json = type != NULL && strcasestr(type, "json") != NULL;
	if (http->result.status == 0)
		text_format(http->result.why, sizeof http->result.why, "%s",
			http->error[0] != '\0' ? http->error : curl->curl_easy_strerror(code));
	http_abandon(http);
}

bool http_step(struct http *http, struct curl_wait *more, unsigned count, int ms)
{
	const struct curl *curl = http->curl;
	struct curl_done *done;
	int running, left, ready = 1;

	curl->curl_multi_perform(http->multi, &running);
	if (!http->is_out || running > 0)
		curl->curl_multi_wait(http->multi, more, count, ms, &ready);
	/* It does not wait where it has no descriptor to wait for. */
	if (ready == 0 && ms > 0)
		poll(NULL, 0, ms < NO_DESCRIPTOR_MS ? ms : NO_DESCRIPTOR_MS);
	if (!http->is_out)
		return false;
	curl->curl_multi_perform(http->multi, &running);
	done = curl->curl_multi_info_read(http->multi, &left);
	if (done == NULL || done->message != CURL_IS_DONE)
		return false;
	take_result(http, done->result.code);
	return true;
}

void http_abandon(struct http *http)
{
	if (http->is_out)
		http->curl->curl_multi_remove_handle(http->multi, http->easy);
	http->is_out = false;
}

void http_close(struct http *http)
{
	if (http->curl == NULL)
		return;
	http_abandon(http);
	if (http->easy != NULL)
		http->curl->curl_easy_cleanup(http->easy);
	if (http->multi != NULL)
		http->curl->curl_multi_cleanup(http->multi);
	http->curl->curl_slist_free_all(http->headers);
	*http = (struct http){.curl = NULL};
}
