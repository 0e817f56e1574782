/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scalar.h - the type of a plain YAML scalar, by PyYAML's rules (YAML 1.1, yaml/resolver.py): no is
 * False, 0644 is 420, 12:30:00 is 45000, 1_000 is 1000, 1e3 is a string.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/config/value.h"

/* Set VALUE's type and number by its text. An integer that no int64_t can hold becomes a float. */
void scalar_resolve(struct value *value);
