/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_resource.h"

#include "core/events/identity.h"
#include "core/transport/otlp_pairs.h"
#include "core/transport/otlp_record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ATTRIBUTES "OTEL_RESOURCE_ATTRIBUTES"

/* Where Kubernetes writes a pod's namespace. */
#define NAMESPACE_FILE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

static struct otlp_pair pair;

/* The value of KEY in OTEL_RESOURCE_ATTRIBUTES, valid until the next call; NULL: not there. A list
 * that is damaged counts as far as it can be read. */
static const char *given(const char *key)
{
	const char *at = otlp_variable(ATTRIBUTES);

	while (at != NULL && otlp_pair_next(&at, &pair) > 0)
		if (strcmp(pair.key, key) == 0)
			return pair.value;
	return NULL;
}

static const char *own_namespace(void)
{
	static char name[256];
	FILE *file = fopen(NAMESPACE_FILE, "re");

	if (file == NULL)
		return NULL;
	name[fread(name, 1, sizeof name - 1, file)] = '\0';
	name[strcspn(name, "\n")] = '\0';
	fclose(file);
	return name;
}

static void pod(struct json_out *json, const char *hostname)
{
	static const struct {
		const char *key, *variable;
	} rows[] = {
		{"k8s.pod.name", "POD_NAME"},
		{"k8s.namespace.name", "POD_NAMESPACE"},
		{"k8s.pod.uid", "POD_UID"},
		{"k8s.node.name", "NODE_NAME"},
		{"k8s.container.name", "CONTAINER_NAME"},
	};
	char own[HOSTNAME_SIZE] = "";

	gethostname(own, sizeof own - 1);
	if (otlp_variable("KUBERNETES_SERVICE_HOST") == NULL || strcmp(own, hostname) != 0)
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *value = otlp_variable(rows[i].variable);

		if (value == NULL && i == 0)
			value = hostname;
		if (value == NULL && i == 1)
			value = own_namespace();
		if (given(rows[i].key) == NULL)
			otlp_attribute(json, rows[i].key, value);
	}
}

static bool is_ours(const char *key)
{
	return strcmp(key, "service.name") == 0 || strcmp(key, "host.name") == 0 ||
	       strcmp(key, "hpc.job.id") == 0;
}

void otlp_resource(struct json_out *json, const char *hostname, const char *run_id)
{
	const char *at = otlp_variable(ATTRIBUTES);
	const char *service = otlp_variable("OTEL_SERVICE_NAME") ?: given("service.name");

	json_begin_array(json, "attributes");
	otlp_attribute(json, "service.name", service ?: "vigil");
	otlp_attribute(json, "host.name", hostname);
	otlp_attribute(json, "hpc.job.id", run_id);
	pod(json, hostname);
	while (at != NULL && otlp_pair_next(&at, &pair) > 0)
		if (!is_ours(pair.key))
			otlp_attribute(json, pair.key, pair.value);
	json_end_array(json);
}
