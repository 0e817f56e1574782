/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/hosts_json.h"

void clock_json(struct json_out *json, const struct report *report)
{
	json_begin_object(json, "clock");
	json_string(json, "reference", report->root->hostname);
	json_int(json, "uncertainty_us", report->request.skew_us);
	json_begin_array(json, "hosts");
	for (size_t i = 0; i < report->offset_count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "hostname", report->offsets[i].hostname);
		json_int(json, "ahead_us", report->offsets[i].us);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

void monitors_json(struct json_out *json, const struct report *report)
{
	if (report->job.monitor_count == 0)
		return;
	json_begin_object(json, "monitors");
	json_uint(json, "hosts", report->monitor_hosts);
	json_begin_array(json, "not_ended");
	for (size_t i = 0; i < report->missing_count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "hostname", report->missing[i].hostname);
		json_bool(json, "killed", report->missing[i].is_gone);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}
