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
#include <sys/stat.h>

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

/* The run at PATH, as another path may name it, too. */
static bool has_place(const struct history *history, const struct stat *place)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->runs[i].inode == place->st_ino &&
			history->runs[i].device == place->st_dev)
			return true;
	return false;
}

/* Add the run at PATH, unless it is there. Returns how many were added; or -errno and COMPLAINT. */
static int add_run(struct history *history, const char *path, char *complaint, size_t size)
{
	struct report_request request = {.paths = &path,
		.path_count = 1,
		.skew_us = REPORT_SKEW_US_DEFAULT,
		.no_lines = true};
	struct stat place = {.st_ino = 0};
	struct report *report;
	struct past_run run;
	int error;

	if (stat(path, &place) == 0 && has_place(history, &place))
		return 0;
	error = report_make(&request, &report, complaint, size);
	if (error < 0)
		return error;
	error = take(&run, report);
	run.device = place.st_dev;
	run.inode = place.st_ino;
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

enum place {
	PLACE_RUN,    /* a directory with event files, or a file */
	PLACE_FOLDER, /* a directory without */
	PLACE_CLOSED, /* a directory that cannot be read */
};

static enum place place_of(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool found = false;

	if (directory == NULL)
		return errno == ENOTDIR || errno == ENOENT ? PLACE_RUN : PLACE_CLOSED;
	while (!found && (entry = readdir(directory)) != NULL)
		found = entry->d_name[0] != '.' && names_is_event_file(entry) != 0;
	closedir(directory);
	return found ? PLACE_RUN : PLACE_FOLDER;
}

static int is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

static int add_or_say(struct history *history, const char *path, history_left_out *left_out)
{
	char complaint[512];
	int added = add_run(history, path, complaint, sizeof complaint);

	if (added < 0)
		left_out(complaint);
	return added;
}

/* Add the run directory NAME in PATH. Returns 1; 0: it is no such directory; or -errno. */
static int add_below(
	struct history *history, const char *path, const char *name, history_left_out *left_out)
{
	char below[PATH_MAX], complaint[PATH_MAX + 128];
	struct stat stat_below;
	enum place place;

	if (!text_format(below, sizeof below, "%s/%s", path, name) ||
		stat(below, &stat_below) < 0 || !S_ISDIR(stat_below.st_mode))
		return 0;
	place = place_of(below);
	if (place == PLACE_RUN)
		return add_or_say(history, below, left_out) < 0 ? -EIO : 1;
	if (place == PLACE_CLOSED) {
		text_format(complaint, sizeof complaint, "%s: %s", below, strerror(errno));
		left_out(complaint);
		return -EACCES;
	}
	return 0;
}

int history_add(struct history *history, const char *path, history_left_out *left_out)
{
	struct dirent **entries;
	size_t before = history->count;
	char complaint[PATH_MAX + 128];
	bool any = false;
	int count;

	if (place_of(path) == PLACE_RUN)
		return add_or_say(history, path, left_out);
	count = scandir(path, &entries, is_folder, alphasort);
	if (count < 0) {
		text_format(complaint, sizeof complaint, "%s: %s", path, strerror(errno));
		left_out(complaint);
		return -EACCES;
	}
	for (int i = 0; i < count; i++) {
		any |= add_below(history, path, entries[i]->d_name, left_out) != 0;
		free(entries[i]);
	}
	free(entries);
	if (!any) {
		text_format(complaint, sizeof complaint, "%s: there is no run in it", path);
		left_out(complaint);
		return -ENODATA;
	}
	return (int)(history->count - before);
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
