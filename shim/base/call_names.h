/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_names.h - the functions of MPI and NCCL whose calls are counted, and where their
 * communicator is among their arguments.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/call_counts.h"
#include "core/base/call_probe.h"

/* How a function is called. */
struct call_name {
	char name[CALL_NAME_SIZE]; /* by which it is reported: "MPI_Allreduce" */
	signed char communicator;  /* its index among the arguments, from 0; CALL_WITHOUT */
	bool collective;
	bool is_rooted; /* the argument before the communicator is the rank of the root */
	bool is_nccl;
	bool is_fortran; /* arguments are passed by their addresses */
	bool is_probed;	 /* its results are looked at, by `probe` */
	struct call_probe probe;
	int number; /* of the name, from 1; 0: it is in none of the presets */
};

#define CALL_WITHOUT (-1)

/* Set *RET to what SYMBOL, a name of C's or one that a Fortran compiler made, stands for:
 * mpi_allreduce_, mpi_allreduce_f08_, MPI_Allreduce_c. Returns false for any other name. */
bool call_names_find(const char *symbol, struct call_name *ret);

/* Whether the two names of MPI's library for tools (pmpi) show that an object which defines NAME is
 * part of MPI's own library: names to look for, ended by NULL. */
extern const char call_names_of_library[][20];
#define CALL_NAMES_OF_LIBRARY 4
