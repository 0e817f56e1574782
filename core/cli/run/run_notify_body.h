/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_notify_body.h - templates of what is sent to a URL: JSON in whose strings ${PATH} stands for
 * a member of the verdict, such as ${headline} or ${root_cause.reason}, with JSON's escapes; and
 * ${verdict}, outside of strings, for the verdict itself.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* Whether every "${" of TEMPLATE is closed, with a name in it. */
bool notify_template_is_sound(const char *template);

/* Append TEMPLATE to BODY, filled in from VERDICT, JSON. A member that is not there is nothing.
 * Returns 0 or -ENOMEM; BODY->truncated where it does not fit. */
int notify_body(const char *template, const char *verdict, struct text *body);
