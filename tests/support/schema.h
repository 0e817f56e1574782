/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - is a line an event of schema vigil.event/1?
 */
#pragma once

#include <cjson/cJSON.h>
#include <stddef.h>

/*
 * Returns NULL, or what is wrong with EVENT, parsed from the SIZE bytes of LINE (no newline), in
 * static storage.
 */
const char *schema_problem(const cJSON *event, const char *line, size_t size, const char *run_id);
