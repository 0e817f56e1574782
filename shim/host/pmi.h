/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmi.h - what a rank of MPICH and its kin says to its launcher: that the job is to end.
 *
 * MPI_Abort(), and the error handler that ends a job for an error of MPI's, write a command to the
 * launcher and wait; the launcher then kills this rank as all the others, with SIGKILL. So the
 * command is the only word that this was the one. Its form is PMI-1's ("cmd=abort exitcode=7\n") or
 * PMI-2's (a length of six characters before it, fields that ';' ends), as MPICH's
 * src/pmi/src/pmi_v1.c and pmi_v2.c write them.
 */
#pragma once

/* Constructor only: learn from ENVIRONMENT on which descriptor this process speaks to its launcher.
 */
void pmi_begin(char *const *environment);
