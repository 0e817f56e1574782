/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/loader.h"

#include <dlfcn.h>

const struct config_loader api_loader = {dlopen, dlsym, dlerror};
