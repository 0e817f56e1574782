/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_error.h - what a handler could not do with a record, on stderr: Python's handleError().
 *
 * Signal-safe: yes; errno stays as it was. Threads: any.
 */
#pragma once

#include "core/logging/handler.h"

/* For struct logging's on_error: Python's lines, without its traceback. ERROR is what
 * handler_handle() returned. */
void handle_error(const struct handler *handler, const struct log_record *record, int error);
