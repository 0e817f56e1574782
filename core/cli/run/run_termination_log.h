/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_termination_log.h - the file in which a container of Kubernetes says why it ended.
 *
 * Kubernetes shows the text of /dev/termination-log, of at most 4096 bytes, as the message of the
 * container's end ("kubectl describe pod"). Signal-safe: no. Threads: one.
 */
#pragma once

/* Write LINE and a newline to the file, if this is a container of Kubernetes, which it says by
 * KUBERNETES_SERVICE_HOST, and the file is there, regular and empty: what the program has written
 * there stays. A failure is of no consequence. */
void termination_log_write(const char *line);
