/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - true fixtures (tests/unit/fixtures): what a job's events are, and what a report on
 * them must say. For tests.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/report/report.h"
#include "core/report/verdict/model.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define NOBODY RANK_UNKNOWN
#define FIXTURES "tests/unit/fixtures/"

/* The pid of a rank that was never heard of. */
#define UNHEARD (-1)

struct fixture {
	const char *name;
	enum outcome outcome;
	int64_t rank;		/* of the culprit; NOBODY with a pid: a process without a rank */
	pid_t pid;		/* 0: there is no culprit */
	const char *confidence; /* of the culprit */
	const char *roles;	/* of all ranks, by rank */
	const char *reason;	/* has this in it */
	size_t candidates;	/* 1 is meant where it is 0 and there is a culprit */
};

/* A fixture of several hosts is a directory. */
static inline struct report *emit_with(const char *name, const char *run_id, int64_t skew_us)
{
	static char path[256];
	static const char *paths[1] = {path};
	struct report_request request = {
		.paths = paths, .path_count = 1, .run_id = run_id, .skew_us = skew_us};
	struct report *report = NULL;
	char complaint[256];

	snprintf(path, sizeof path, FIXTURES "%s.jsonl", name);
	if (report_make(&request, &report, complaint, sizeof complaint) == 0)
		return report;
	snprintf(path, sizeof path, FIXTURES "%s", name);
	if (report_make(&request, &report, complaint, sizeof complaint) < 0)
		fail_msg("%s", complaint);
	return report;
}

static inline struct report *emit(const char *name)
{
	return emit_with(name, NULL, REPORT_SKEW_US_DEFAULT);
}

static inline const struct attempt *last_attempt(const struct report *report)
{
	return &report->attempts[report->attempt_count - 1];
}

static inline void roles_of(const struct attempt *attempt, char *names, size_t size)
{
	names[0] = '\0';
	for (size_t i = 0; i < attempt->count; i++)
		snprintf(names + strlen(names), size - strlen(names), "%s%s", i == 0 ? "" : " ",
			role_name(attempt->results[i].role));
}

static inline void check_culprit(const struct fixture *fixture, const struct attempt *attempt)
{
	const struct finding *root = &attempt->candidates[0];

	assert_true(attempt->has_root);
	assert_int_equal(root->rank, fixture->rank);
	assert_int_equal(root->process == NULL ? UNHEARD : root->process->pid, fixture->pid);
	assert_string_equal(confidence_name(root->confidence), fixture->confidence);
	assert_int_equal(
		attempt->candidate_count, fixture->candidates == 0 ? 1 : fixture->candidates);
	assert_true(root->evidence_count > 0 || attempt->count == 0);
	if (strstr(root->reason, fixture->reason) == NULL)
		fail_msg("the reason is '%s'", root->reason);
}

static inline void every_fixture_has_its_culprit(void **state)
{
	const struct fixture *fixture = *state;
	struct report *report = emit(fixture->name);
	const struct attempt *attempt = last_attempt(report);
	char roles[256];

	roles_of(attempt, roles, sizeof roles);
	assert_string_equal(roles, fixture->roles);
	assert_string_equal(outcome_name(report->outcome), outcome_name(fixture->outcome));
	if (fixture->pid != 0) {
		check_culprit(fixture, attempt);
	} else {
		assert_false(attempt->has_root);
		if (fixture->reason != NULL &&
			strstr(attempt->explanation, fixture->reason) == NULL)
			fail_msg("the explanation is '%s'", attempt->explanation);
	}
	report_free(report);
}

static inline bool has_evidence(const struct report *report, const char *text)
{
	const struct finding *root = &last_attempt(report)->candidates[0];

	for (size_t i = 0; i < root->evidence_count; i++)
		if (strstr(root->evidence[i], text) != NULL)
			return true;
	return false;
}
