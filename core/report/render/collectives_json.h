/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collectives_json.h - the member `collectives` of an attempt in the report as JSON.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/report/verdict/model.h"

/* Writes COLLECTIVES as a member of the object that is open; nothing where there are no dumps. */
void collectives_json(const struct collectives *collectives, struct json_out *json);
