/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_target.h"

#include "core/base/number.h"
#include "core/base/text.h"
#include "core/transport/otlp_pairs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOGS_PATH "/v1/logs"
#define DEFAULT_ENDPOINT "http://localhost:4318"
#define TIMEOUT_MS_DEFAULT 10000
#define TIMEOUT_MS_MOST 600000

#define SAFE_WAY                                                                      \
	"a user or password on the command line is shown to every user of the host; " \
	"set OTEL_EXPORTER_OTLP_HEADERS instead"

/* The value of VARIABLE, or of the one that is for logs alone. RET_NAME is the one that is set. */
static const char *setting(const char *variable, char ret_name[64])
{
	const char *value;

	text_format(ret_name, 64, "OTEL_EXPORTER_OTLP_LOGS_%s",
		text_after(variable, "OTEL_EXPORTER_OTLP_"));
	value = otlp_variable(ret_name);
	if (value == NULL) {
		text_format(ret_name, 64, "%s", variable);
		value = otlp_variable(ret_name);
	}
	return value;
}

bool otlp_is_url(const char *text)
{
	return text_after(text, "otlp+") != NULL;
}

/* The host, the port and the path of URL, behind "http://" or "https://"; NULL: it is none. */
static const char *behind_scheme(const char *url)
{
	const char *at = text_after(url, "http://") ?: text_after(url, "https://");

	if (at == NULL || at[strcspn(at, "?#")] != '\0')
		return NULL;
	for (const char *c = at; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return NULL;
	return at;
}

/* Where the user and the password at HOST end: behind the '@', else HOST. */
static const char *behind_user(const char *host)
{
	const char *at = memrchr(host, '@', strcspn(host, "/"));

	return at == NULL ? host : at + 1;
}

/* Take URL, the base of the receiver's paths, or, if WHOLE, the one of logs. Returns 0 or -EINVAL.
 */
static int take_url(struct otlp_target *target, const char *url, bool whole)
{
	const char *host = behind_scheme(url);
	size_t length = strlen(url), path = strlen(LOGS_PATH);
	const char *bare;

	if (host == NULL || !http_url_is_sound(url))
		return -EINVAL;
	bare = behind_user(host);
	if (length >= path && strcmp(url + length - path, LOGS_PATH) == 0)
		whole = true;
	while (!whole && length > 0 && url[length - 1] == '/')
		length--;
	if (!text_format(target->url, sizeof target->url, "%.*s%s", (int)length, url,
		    whole ? "" : LOGS_PATH) ||
		!text_format(target->shown, sizeof target->shown, "otlp+%.*s%s", (int)(host - url),
			url, bare))
		return -EINVAL;
	return 0;
}

/* Without a host on the command line: the receiver that the environment names. */
static int take_endpoint(struct otlp_target *target, char *complaint, size_t size)
{
	const char *whole = otlp_variable("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");
	const char *base = otlp_variable("OTEL_EXPORTER_OTLP_ENDPOINT");

	if (take_url(target, whole ?: base ?: DEFAULT_ENDPOINT, whole != NULL) == 0)
		return 0;
	text_format(complaint, size, "%s is no URL such as http://collector:4318",
		whole != NULL ? "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" : "OTEL_EXPORTER_OTLP_ENDPOINT");
	return -EINVAL;
}

static int take_protocol(struct otlp_target *target, char *complaint, size_t size)
{
	char variable[64];
	const char *protocol = setting("OTEL_EXPORTER_OTLP_PROTOCOL", variable);

	target->is_json = protocol != NULL && strcmp(protocol, "http/json") == 0;
	if (protocol == NULL || target->is_json || strcmp(protocol, "http/protobuf") == 0)
		return 0;
	text_format(complaint, size,
		"%s is http/protobuf or http/json here, not '%.40s'; "
		"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL sets it for logs alone",
		variable, protocol);
	return -EINVAL;
}

static int take_compression(struct otlp_target *target, char *complaint, size_t size)
{
	char variable[64];
	const char *compression = setting("OTEL_EXPORTER_OTLP_COMPRESSION", variable);

	target->is_gzip = compression != NULL && strcmp(compression, "gzip") == 0;
	if (compression == NULL || target->is_gzip || strcmp(compression, "none") == 0)
		return 0;
	text_format(complaint, size, "%s is gzip or none, not '%.40s'", variable, compression);
	return -EINVAL;
}

static int take_timeout(struct otlp_target *target, char *complaint, size_t size)
{
	char variable[64];
	const char *timeout = setting("OTEL_EXPORTER_OTLP_TIMEOUT", variable);
	int64_t ms = TIMEOUT_MS_DEFAULT;

	if (timeout != NULL && (!number_parse(timeout, &ms) || ms <= 0 || ms > TIMEOUT_MS_MOST)) {
		text_format(complaint, size, "%s is a number of milliseconds, 1 to %d, not '%.40s'",
			variable, TIMEOUT_MS_MOST, timeout);
		return -EINVAL;
	}
	target->http.timeout_ms = ms;
	return 0;
}

/* Take the path of a file that the variable NAME holds. */
static int take_file(const char *name, const char **ret_path, char *complaint, size_t size)
{
	char variable[64];
	const char *path = setting(name, variable);

	if (path != NULL && access(path, R_OK) < 0) {
		text_format(complaint, size, "%s: %.200s: %s", variable, path, strerror(errno));
		return -EINVAL;
	}
	*ret_path = path;
	return 0;
}

/* Whether PAIR can be a header of HTTP: its name a token, its value on one line. */
static bool is_header(const struct otlp_pair *pair)
{
	for (const char *at = pair->key; *at != '\0'; at++)
		if (!is_alpha(*at) && !is_digit(*at) && strchr("!#$%&'*+-.^_`|~", *at) == NULL)
			return false;
	for (const char *at = pair->value; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	return true;
}

static int take_headers(struct otlp_target *target, char *complaint, size_t size)
{
	static struct otlp_pair pair;
	char variable[64];
	const char *headers = setting("OTEL_EXPORTER_OTLP_HEADERS", variable), *at = headers;
	int result = headers == NULL ? 0 : 1;

	while (result > 0) {
		result = otlp_pair_next(&at, &pair);
		if (result < 0 || (result > 0 && !is_header(&pair))) {
			text_format(complaint, size,
				"%s is no list of name=value with commas between them, where a "
				"byte may be %%XX",
				variable);
			return -EINVAL;
		}
	}
	target->headers = headers;
	return 0;
}

int otlp_target_parse(
	const char *text, struct otlp_target *ret_target, char *complaint, size_t size)
{
	struct otlp_target *target = ret_target;
	const char *url = text_after(text, "otlp+") ?: "", *host = behind_scheme(url);
	struct http_target *http = &target->http;

	*target = (struct otlp_target){.url = ""};
	http->url = target->url;
	if (host != NULL && behind_user(host) != host) {
		text_format(complaint, size, SAFE_WAY);
		return -EINVAL;
	}
	if (host == NULL || (*host != '\0' && take_url(target, url, false) < 0)) {
		text_format(complaint, size,
			"a receiver of OTLP is named otlp+http://HOST:PORT or "
			"otlp+https://HOST:PORT");
		return -EINVAL;
	}
	if (*host == '\0' && take_endpoint(target, complaint, size) < 0)
		return -EINVAL;
	if (take_protocol(target, complaint, size) < 0 ||
		take_compression(target, complaint, size) < 0 ||
		take_timeout(target, complaint, size) < 0 ||
		take_headers(target, complaint, size) < 0 ||
		take_file("OTEL_EXPORTER_OTLP_CERTIFICATE", &http->authorities, complaint, size) <
			0 ||
		take_file("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &http->certificate, complaint,
			size) < 0 ||
		take_file("OTEL_EXPORTER_OTLP_CLIENT_KEY", &http->key, complaint, size) < 0)
		return -EINVAL;
	return 0;
}

static int add_headers(const struct otlp_target *target, struct http *http)
{
	static struct otlp_pair pair;
	static char header[OTLP_KEY_SIZE + OTLP_VALUE_SIZE + 3];
	const char *at = target->headers;
	int error = http_header(http, target->is_json ? "Content-Type: application/json"
						      : "Content-Type: application/x-protobuf");

	if (error == 0 && target->is_gzip)
		error = http_header(http, "Content-Encoding: gzip");
	while (error == 0 && at != NULL && otlp_pair_next(&at, &pair) > 0) {
		/* curl takes a name with ';' for a header without a value. */
		text_format(header, sizeof header, pair.value[0] == '\0' ? "%s;%s" : "%s: %s",
			pair.key, pair.value);
		error = http_header(http, header);
	}
	return error;
}

int otlp_target_open(
	const struct otlp_target *target, struct http *http, char *complaint, size_t size)
{
	int error = http_open(http, &target->http, complaint, size);

	if (error == 0 && (error = add_headers(target, http)) < 0) {
		http_close(http);
		text_format(complaint, size, "no memory");
	}
	return error;
}
