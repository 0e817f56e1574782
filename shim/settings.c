/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/settings.h"

static struct config_settings in_force;

const struct config_settings *settings(void)
{
	return &in_force;
}

void settings_use(const struct config_settings *settings)
{
	in_force = *settings;
}
