/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error_text.h - the meaning of an errno in English, without strerror(), which uses the locale and
 * may allocate.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#define ERROR_TEXT_SIZE 24

/* "No such file or directory" for ENOENT or -ENOENT, in static storage; "errno 123", in BUFFER, for
 * an error that is not in the table. */
const char *error_text(int error, char buffer[ERROR_TEXT_SIZE]);

/* The exception that Python raises for ERROR (or -ERROR): "FileNotFoundError", "OSError"; in static
 * storage (PEP 3151). */
const char *error_class(int error);
