/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_devices.h"

#include "core/base/clock.h"
#include "core/cli/run/run_helper.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LIBRARY "libnvidia-ml.so.1"

/* How long the library may take; a start of it takes tenths of a second for each GPU. */
#define LOOK_MS 2000

#define DEVICES_MOST 64

/* Of NVML's API: nvmlReturn_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t, nvmlPciInfo_t. */
#define NVML_SUCCESS 0
#define NVML_ERROR_GPU_IS_LOST 15
#define NVML_MEMORY_ERROR_TYPE_UNCORRECTED 1
#define NVML_VOLATILE_ECC 0

struct pci_info {
	char legacy_id[16];
	unsigned domain, bus, device, pci_device, pci_subsystem;
	char id[32];	   /* "00000000:3B:00.0" */
	char reserved[64]; /* a later version may have more */
};

struct nvml {
	int (*init)(void);
	int (*count)(unsigned *ret_count);
	int (*device)(unsigned index, void **ret_device);
	int (*pci)(void *device, struct pci_info *ret_info);
	int (*errors)(void *device, int type, int counter, unsigned long long *ret_count);
	int (*pending)(void *device, int *ret_is_pending);
	int (*rows)(void *device, unsigned *ret_corrected, unsigned *ret_uncorrected,
		unsigned *ret_pending, unsigned *ret_failed);
};

/* Returns false where the library, or what no version lacks, is not there. */
static bool load(struct nvml *ret_nvml)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return false;
	*ret_nvml = (struct nvml){
		.init = dlsym(library, "nvmlInit_v2"),
		.count = dlsym(library, "nvmlDeviceGetCount_v2"),
		.device = dlsym(library, "nvmlDeviceGetHandleByIndex_v2"),
		.pci = dlsym(library, "nvmlDeviceGetPciInfo_v3"),
		.errors = dlsym(library, "nvmlDeviceGetTotalEccErrors"),
		.pending = dlsym(library, "nvmlDeviceGetRetiredPagesPendingStatus"),
		.rows = dlsym(library, "nvmlDeviceGetRemappedRows"),
	};
	return ret_nvml->init != NULL && ret_nvml->count != NULL && ret_nvml->device != NULL;
}

/* The devices, and whom what is wrong with them is sent to. */
struct look {
	struct nvml nvml;
	int socket;
	unsigned index; /* of the device that is looked at */
	char id[40];	/* " (00000000:3B:00.0)"; "": not known */
};

__attribute__((format(printf, 2, 3))) static void say(
	const struct look *look, const char *format, ...)
{
	char line[256];
	va_list arguments;
	int length = snprintf(line, sizeof line, "GPU %u%s ", look->index, look->id);

	va_start(arguments, format);
	vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
	va_end(arguments);
	helper_send(look->socket, line);
}

static void look_at_memory(const struct look *look, void *device)
{
	unsigned corrected, uncorrected, is_pending, has_failed;
	unsigned long long errors;
	int pending;

	if (look->nvml.errors != NULL &&
		look->nvml.errors(device, NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC,
			&errors) == NVML_SUCCESS &&
		errors > 0)
		say(look, "has had %llu uncorrected ECC errors since its driver was loaded",
			errors);
	if (look->nvml.pending != NULL && look->nvml.pending(device, &pending) == NVML_SUCCESS &&
		pending != 0)
		say(look, "has pages of its memory to retire at its next reset");
	if (look->nvml.rows == NULL || look->nvml.rows(device, &corrected, &uncorrected,
					       &is_pending, &has_failed) != NVML_SUCCESS)
		return;
	if (has_failed != 0)
		say(look, "could not replace a faulty row of its memory");
	else if (is_pending != 0)
		say(look, "has a faulty row of its memory to replace at its next reset");
}

/* A GPU that is lost may say so at the first call, or at one that asks it something. */
static void look_at(struct look *look)
{
	struct pci_info info = {.id = ""};
	unsigned long long errors;
	void *device;
	int result;

	look->id[0] = '\0';
	result = look->nvml.device(look->index, &device);
	if (result == NVML_SUCCESS && look->nvml.pci != NULL)
		result = look->nvml.pci(device, &info);
	info.id[sizeof info.id - 1] = '\0';
	if (result == NVML_SUCCESS && info.id[0] != '\0')
		snprintf(look->id, sizeof look->id, " (%s)", info.id);
	if (result != NVML_ERROR_GPU_IS_LOST && look->nvml.errors != NULL)
		result = look->nvml.errors(
			device, NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC, &errors);
	if (result == NVML_ERROR_GPU_IS_LOST)
		say(look, "is lost");
	else
		look_at_memory(look, device);
}

/* The helper's task. */
static void help(int socket, const void *argument)
{
	struct look look = {.socket = socket};
	struct rlimit none = {0, 0};
	unsigned count = 0;

	(void)argument;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	if (!load(&look.nvml) || look.nvml.init() != NVML_SUCCESS ||
		look.nvml.count(&count) != NVML_SUCCESS)
		return;
	for (; look.index < count && look.index < DEVICES_MOST; look.index++)
		look_at(&look);
}

void devices_look(struct agent *agent)
{
	int64_t until_ms = instant_mono_ms() + LOOK_MS, left;
	char line[HELPER_LINE_SIZE];
	struct helper helper;

	if (helper_start(&helper, DEVICES_HELPER, help, NULL, false) < 0)
		return;
	while ((left = until_ms - instant_mono_ms()) > 0 && helper_receive(&helper, left, line))
		agent_emit_system(agent, EVENT_WHAT_NVML, 0, NULL, line, instant_mono_us());
	helper_end(&helper, 0);
}
