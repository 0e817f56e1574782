/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause_messages.h - what the words of an error say of its cause.
 *
 * The words are facts of the systems that print them: errno's texts, the names and texts of the
 * error codes of CUDA, ROCm, NCCL and MPI, the messages of libc's checks, of the loader, of
 * languages' run times and of batch systems. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/mpi_error.h"
#include "core/report/verdict/cause.h"

/* What TEXT says of its cause: the message of an exception of type TYPE (its last name, "Error"),
 * or of another error (TYPE is NULL). CLASS_UNKNOWN, where it says nothing. */
struct cause cause_of_text(const char *type, const char *text);

/* The class of ERROR: usage, where an argument or the place of the call is wrong. */
enum cause_class cause_class_of_mpi(const struct mpi_error *error);
