/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmi.h - the abort command of a rank of MPICH and its kin to its launcher.
 *
 * MPI_Abort(), and the error handler that aborts a job for an error of MPI's, write a command to
 * the launcher and wait; the launcher then kills this rank and all others with SIGKILL. So only the
 * command shows which rank aborted: it is reported as the rank's termination, whatever follows,
 * with `exit.how` MPI_Abort. Its form is PMI-1's ("cmd=abort exitcode=7\n") or PMI-2's (a length of
 * six characters before it, fields that ';' ends), as MPICH's src/pmi/src/pmi_v1.c and pmi_v2.c
 * write them.
 */
#pragma once

/* Constructor only: learn from ENVIRONMENT which descriptor leads to the launcher.
 */
void pmi_begin(char *const *environment);
