/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts_json.h - what the report's JSON says of hosts: their clocks, and their `vigil run`s.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/report/verdict/model.h"

/* Writes how far the clocks of the hosts of REPORT differ. */
void clock_json(struct json_out *json, const struct report *report);

/* Writes the `vigil run`s of a run that several make: how many hosts have one, and those that
 * reported no end. */
void monitors_json(struct json_out *json, const struct report *report);
