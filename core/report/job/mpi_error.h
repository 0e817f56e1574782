/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mpi_error.h - the error for which MPI's own handler ended a process (MPI_ERRORS_ARE_FATAL).
 *
 * The handler makes the error's class the exit status, and is a function in the stack. The classes
 * are numbered as mpi.h of MPICH 4 and of Open MPI 4 have them; MPICH keeps them in the lowest
 * seven bits of a code. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/eventfile/event_record.h"

#include <stdbool.h>

struct mpi_error {
	const char *name; /* "MPI_ERR_TRUNCATE", or in words; NULL: the class is unknown */
	bool own;	  /* the caller's mistake; others may come from a lost peer */
};

/* Whether MPI's error handler ended the process of END. Returns the error in *RET_ERROR, which is
 * as it was if not. */
bool mpi_error_of(const struct termination *end, struct mpi_error *ret_error);

/* Whether TEXT has the name of an error class of MPI as a word, "MPI_ERR_RANK: invalid rank".
 * Returns the error in *RET_ERROR, which is as it was if not. */
bool mpi_error_named(const char *text, struct mpi_error *ret_error);
