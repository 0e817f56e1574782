/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_devices.h - what NVIDIA's management library says of this host's GPUs after a failure.
 *
 * The library (NVML, libnvidia-ml.so.1) comes with the driver; where it is not there, nothing is
 * asked. A helper (run_helper.h) loads it: with a GPU that is broken it may hang or crash.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_agent.h"

/* The comm of the helper. */
#define DEVICES_HELPER "vigil-devices"

/* The job has failed: emit with AGENT what is wrong with GPUs of this host, within some seconds. */
void devices_look(struct agent *agent);
