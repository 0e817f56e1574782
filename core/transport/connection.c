/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/connection.h"

#include "core/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_MS 100

/* More servers in a list are not tried. */
#define SERVERS_MOST 64

/* Sets the servers of the list URL: nats.c wants them one by one. */
static unsigned set_servers(const struct nats *nats, natsOptions *options, const char *url)
{
	char list[SERVER_URL_SIZE], *rest = list;
	const char *servers[SERVERS_MOST];
	int count = 0;

	text_format(list, sizeof list, "%s", url);
	while (count < SERVERS_MOST && rest != NULL)
		servers[count++] = strsep(&rest, ",");
	return nats->natsOptions_SetServers(options, servers, count);
}

/* Sets what SERVER needs. Returns the first status that is not NATS_DONE. */
static unsigned configure(const struct nats *nats, natsOptions *options,
	const struct server *server, int64_t timeout_ms)
{
	struct server_login login;
	unsigned status = set_servers(nats, options, server->url);

	server_login(server, &login);
	status = status ?: nats->natsOptions_SetName(options, "vigil");
	status = status ?: nats->natsOptions_SetTimeout(options, timeout_ms);
	status = status ?: nats->natsOptions_SetMaxReconnect(options, -1);
	status = status ?: nats->natsOptions_SetReconnectWait(options, RECONNECT_MS);
	status = status ?: nats->natsOptions_SetReconnectJitter(options, 50, 50);
	if (login.user != NULL)
		status = status
				 ?: nats->natsOptions_SetUserInfo(options, login.user,
					    login.password == NULL ? "" : login.password);
	if (login.token != NULL)
		status = status ?: nats->natsOptions_SetToken(options, login.token);
	if (login.credentials != NULL)
		status = status
				 ?: nats->natsOptions_SetUserCredentialsFromFiles(
					    options, login.credentials, NULL);
	if (login.ca != NULL)
		status = status ?: nats->natsOptions_LoadCATrustedCertificates(options, login.ca);
	if (login.certificate != NULL && login.key != NULL)
		status = status
				 ?: nats->natsOptions_LoadCertificatesChain(
					    options, login.certificate, login.key);
	if (login.ca != NULL || login.certificate != NULL || strstr(server->url, "tls://") != NULL)
		status = status ?: nats->natsOptions_SetSecure(options, true);
	return status;
}

/* The library's last error without the place in its source, "(conn.c:1): ". */
static void explain(
	const struct nats *nats, const struct server *server, char *complaint, size_t size)
{
	const char *error = nats->nats_GetLastError(NULL), *behind;

	if (error == NULL || error[0] == '\0')
		error = "no answer";
	behind = error[0] == '(' ? strstr(error, "): ") : NULL;
	text_format(complaint, size, "%s: %s", server->shown, behind == NULL ? error : behind + 3);
}

int connection_open(const struct server *server, int64_t timeout_ms,
	struct connection *ret_connection, char *complaint, size_t size)
{
	const struct nats *nats = nats_load(complaint, size);
	natsConnection *link = NULL;
	natsOptions *options;
	unsigned status;

	if (nats == NULL)
		return -ENOENT;
	status = nats->natsOptions_Create(&options);
	if (status != NATS_DONE) {
		explain(nats, server, complaint, size);
		return -EIO;
	}
	status = configure(nats, options, server, timeout_ms)
			 ?: nats->natsConnection_Connect(&link, options);
	if (status != NATS_DONE)
		explain(nats, server, complaint, size);
	nats->natsOptions_Destroy(options);
	if (status != NATS_DONE)
		return -EIO;
	*ret_connection = (struct connection){nats, link};
	return 0;
}

bool connection_is_up(const struct connection *connection)
{
	return !connection->nats->natsConnection_IsClosed(connection->link) &&
	       !connection->nats->natsConnection_IsReconnecting(connection->link);
}

void connection_close(struct connection *connection)
{
	if (connection->link != NULL)
		connection->nats->natsConnection_Destroy(connection->link);
	connection->link = NULL;
}

const struct json *member(const struct json *object, const char *name)
{
	const struct json *item;

	if (!json_is(object, JSON_OBJECT))
		return NULL;
	FOR_EACH_JSON (item, object)
		if (strcmp(item->key, name) == 0)
			return item;
	return NULL;
}

int64_t member_number(const struct json *object, const char *name)
{
	const struct json *item = member(object, name);
	double value = json_is(item, JSON_NUMBER) ? json_double(item) : -1;

	return value >= 0 && value < 9e15 ? (int64_t)value : -1;
}

int reply_parse(const char *text, size_t count, struct reply *ret_reply)
{
	const struct json *error, *description;

	*ret_reply = (struct reply){.memory = malloc(json_size(text, count))};
	if (ret_reply->memory != NULL)
		ret_reply->json = json_parse(text, count, ret_reply->memory);
	if (!json_is(ret_reply->json, JSON_OBJECT)) {
		reply_release(ret_reply);
		return -EBADMSG;
	}
	error = member(ret_reply->json, "error");
	if (!json_is(error, JSON_OBJECT))
		return 0;
	ret_reply->error = (int)member_number(error, "err_code");
	if (ret_reply->error <= 0)
		ret_reply->error = -1;
	description = member(error, "description");
	text_format(ret_reply->description, sizeof ret_reply->description, "%s",
		json_is(description, JSON_STRING) ? description->string : "an error");
	return 0;
}

void reply_release(struct reply *reply)
{
	free(reply->memory);
	*reply = (struct reply){0};
}

int connection_ask(const struct connection *connection, const char *subject, const char *text,
	struct reply *ret_reply, char *complaint, size_t size)
{
	const struct nats *nats = connection->nats;
	char whole[600];
	natsMsg *message = NULL;
	unsigned status;
	int error;

	text_format(whole, sizeof whole, "$JS.API.%s", subject);
	status = nats->natsConnection_RequestString(
		&message, connection->link, whole, text, CONNECTION_ANSWER_MS);
	if (status != NATS_DONE) {
		text_format(complaint, size, "%s",
			status == NATS_NOBODY	   ? "the server has no JetStream"
			: status == NATS_TIMED_OUT ? "the server does not answer"
						   : "the server cannot be reached");
		return -EIO;
	}
	error = reply_parse(nats->natsMsg_GetData(message),
		(size_t)nats->natsMsg_GetDataLength(message), ret_reply);
	nats->natsMsg_Destroy(message);
	if (error < 0)
		text_format(complaint, size, "the server's answer is not JetStream's");
	return error < 0 ? -EIO : 0;
}
