/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/history.h"

#include "core/base/grow.h"
#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/eventfile/rotation.h"
#include "core/report/history_runs.h"
#include "core/report/report.h"
#include "core/report/verdict/similar.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct history *history_new(void)
{
	return calloc(1, sizeof(struct history));
}

/* Extend HASH by TEXT, a NUL, and nothing of its numbers. */
static uint64_t hash_without_numbers(uint64_t hash, const char *text)
{
	while (*text != '\0') {
		if (text[0] == '0' && text[1] == 'x') {
			text += 2;
			while (digit_value(*text) < 16)
				text++;
		} else if (is_digit(*text)) {
			text++;
		} else {
			hash = hash_bytes(hash, text++, 1);
		}
	}
	return hash_bytes(hash, "", 1);
}

/* Extend HASH by how END came: its exit status, or its signal. */
static uint64_t hash_of_end(uint64_t hash, const struct event *end)
{
	hash = hash_bytes(hash, &end->exit_code, sizeof end->exit_code);
	return hash_bytes(hash, &end->signal.number, sizeof end->signal.number);
}

static uint64_t fingerprint(const struct finding *finding)
{
	const struct termination *end = process_termination(finding->process);
	const struct frame *frame = end == NULL ? NULL : similar_frame(&end->event);
	uint64_t hash = HASH_BEGIN;

	hash = hash_without_numbers(hash, finding->process->program);
	hash = hash_without_numbers(hash, finding->reason);
	if (end != NULL)
		hash = hash_of_end(hash, &end->event);
	if (frame != NULL && frame->function != NULL)
		hash = hash_bytes(hash, frame->function, strlen(frame->function));
	return hash == 0 ? 1 : hash;
}

static void release_run(struct past_run *run)
{
	for (size_t i = 0; i < run->host_count; i++)
		free(run->hosts[i]);
	free(run->hosts);
	free(run->id);
	free(run->host);
	free(run->program);
	free(run->reason);
}

/* Copy what counts of REPORT. Returns 0; or -ENOMEM, and RUN is to be released. */
static int take(struct past_run *run, const struct report *report)
{
	const struct attempt *last = &report->attempts[report->attempt_count - 1];
	const struct finding *root = last->candidates;
	bool is_known = last->has_root && last->candidate_count == 1 && root->process != NULL;

	*run = (struct past_run){.id = strdup(report->job.run_id),
		.began_us = report->began_us,
		.failed = last->outcome == OUTCOME_FAILED,
		.hosts = calloc(report->host_count + 1, sizeof(char *))};
	if (run->id == NULL || run->hosts == NULL)
		return -ENOMEM;
	for (; run->host_count < report->host_count; run->host_count++)
		if ((run->hosts[run->host_count] = strdup(report->hosts[run->host_count])) == NULL)
			return -ENOMEM;
	if (!run->failed || !is_known)
		return 0;
	run->host = strdup(root->process->hostname);
	run->program = strdup(root->process->program);
	run->reason = strdup(root->reason);
	run->fingerprint = fingerprint(root);
	return run->host == NULL || run->program == NULL || run->reason == NULL ? -ENOMEM : 0;
}

static int add_run(struct history *history, const char *path, char *complaint, size_t size)
{
	struct report_request request = {.paths = &path,
		.path_count = 1,
		.skew_us = REPORT_SKEW_US_DEFAULT,
		.no_lines = true};
	struct report *report;
	struct past_run run;
	int error = report_make(&request, &report, complaint, size);

	if (error < 0)
		return error;
	error = take(&run, report);
	report_free(report);
	if (error == 0 && !grow(&history->runs, &history->room, history->count, sizeof run))
		error = -ENOMEM;
	if (error < 0) {
		release_run(&run);
		text_format(complaint, size, "%s: %s", path, strerror(ENOMEM));
		return error;
	}
	history->runs[history->count++] = run;
	history->failed += run.failed;
	return 1;
}

/* Whether the directory at PATH has event files of its own. */
static bool is_run(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool found = false;

	if (directory == NULL)
		return errno != EACCES;
	while (!found && (entry = readdir(directory)) != NULL)
		found = entry->d_name[0] != '.' && names_is_event_file(entry) != 0;
	closedir(directory);
	return found;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int history_add(struct history *history, const char *path, char *complaint, size_t size)
{
	struct dirent **entries;
	int count, found = 0;

	if (is_run(path))
		return add_run(history, path, complaint, size);
	count = scandir(path, &entries, is_shown, alphasort);
	for (int i = 0; i < count; i++) {
		char below[PATH_MAX];
		DIR *directory = NULL;

		if (text_format(below, sizeof below, "%s/%s", path, entries[i]->d_name))
			directory = opendir(below);
		if (directory != NULL && is_run(below))
			found += add_run(history, below, complaint, size) > 0;
		if (directory != NULL)
			closedir(directory);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (found == 0)
		text_format(complaint, size, "%s: there is no run in it", path);
	return found == 0 ? -ENODATA : found;
}

void history_free(struct history *history)
{
	if (history == NULL)
		return;
	for (size_t i = 0; i < history->count; i++)
		release_run(&history->runs[i]);
	free(history->runs);
	free(history);
}
