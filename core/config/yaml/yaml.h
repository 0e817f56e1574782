/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - from YAML or JSON text to a tree of values, by libyaml.
 *
 * Reads what PyYAML's safe_load reads, and JSON by the same way, with the surrogate pairs
 * ("\ud83d\ude00") that libyaml does not know. Bounded: CONFIG_DEPTH_MOST levels,
 * CONFIG_VALUES_MOST values, aliases counted with all that they stand for. Signal-safe: no.
 * Threads: one at a time.
 */
#pragma once

#include "core/config/errors.h"
#include "core/config/value.h"

/*
 * Read the LENGTH bytes of TEXT, which are changed and must outlive the tree. Returns 0 and a tree
 * that ARENA owns; -EINVAL and what is wrong in ERRORS; -ENOMEM.
 */
int yaml_read(struct arena *arena, char *text, size_t length, struct config_errors *errors,
	struct value **ret_value);
