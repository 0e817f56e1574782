/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_resource.h - the resource that log records of OTLP belong to: a host of a run.
 *
 *	host.name, hpc.job.id	of the events; a run's id is that of the batch job where there is
 *one service.name		OTEL_SERVICE_NAME, else "vigil" k8s.*			of our own
 *pod: POD_NAME, POD_NAMESPACE, POD_UID, NODE_NAME and CONTAINER_NAME, as the downward API sets them
 *	others			OTEL_RESOURCE_ATTRIBUTES
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/json_out.h"

/* Write the array of attributes for the events of HOSTNAME in the run RUN_ID, either perhaps "". */
void otlp_resource(struct json_out *json, const char *hostname, const char *run_id);
