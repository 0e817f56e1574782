/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - from YAML or JSON text to a tree of values, by libyaml.
 *
 * Reads what PyYAML's safe_load reads, and JSON, also with surrogate pairs ("\ud83d\ude00"), which
 * libyaml alone refuses. Refuses more than CONFIG_DEPTH_MOST levels or CONFIG_VALUES_MOST values,
 * where an alias counts as all values that it stands for. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/value.h"

/* Read the LENGTH bytes of TEXT, which are changed and must outlive the tree. Returns 0 and a tree
 * that ARENA owns; -EINVAL and what is wrong in ERRORS; -ENOMEM. */
int yaml_read(struct arena *arena, char *text, size_t length, struct config_errors *errors,
	struct value **ret_value);
