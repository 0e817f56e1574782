/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No confident wrong answer: every fixture is reported again with events lost, doubled, in another
 * order, late within what a clock may be off or a waiter may take, cut, and among garbage.
 *
 * The verdict on the whole fixture is what the mutated one is held to. It may become less sure:
 * other candidates, "unsure", nobody. It may not become wrong:
 *   - "proven" names one whom the whole fixture names, whatever is missing;
 *   - "likely" does so, too, unless no word of the true culprit's own end is left. Then what is
 * left is the true fixture of another job, in which that rank is merely silent and the one named
 * failed first. Order, doubles and garbage alone change nothing at all.
 * Dumps of collectives, which lie beside the events, are there or lost.
 *
 * VIGIL_MUTATIONS reports how many mutations a fixture gets, VIGIL_SEED where chance begins.
 */
#include "tests/unit/fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define LINES_MOST 64
#define FILES_MOST 4
#define DUMPS_MOST 4
#define MUTATIONS_DEFAULT 500
#define OPERATIONS_MOST 4

struct line {
	char *text; /* without its newline; malloc'ed */
	size_t file;
	bool joined; /* its newline is lost */
};

/* What is no event file is a dump, and stays as it is. */
struct dump {
	char name[64];
	char *text; /* malloc'ed; NULL: it is lost */
};

struct emitting {
	struct dump dumps[DUMPS_MOST];
	size_t dump_count;
	struct line lines[2 * LINES_MOST];
	size_t count;
	char files[FILES_MOST][64];
	size_t file_count;
};

static uint64_t chance;

/* xorshift64*, by Vigna: the same seed gives the same mutations everywhere. */
static size_t below(size_t limit)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (size_t)((chance * 0x2545F4914F6CDD1DULL >> 33) % limit);
}

static void read_lines(struct emitting *emitting, const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	assert_non_null(file);
	assert_true(emitting->file_count < FILES_MOST);
	snprintf(emitting->files[emitting->file_count], sizeof emitting->files[0], "%s", name);
	while ((length = getline(&text, &size, file)) > 0) {
		if (text[length - 1] == '\n')
			text[length - 1] = '\0';
		assert_true(emitting->count < LINES_MOST);
		emitting->lines[emitting->count++] =
			(struct line){strdup(text), emitting->file_count, false};
	}
	emitting->file_count++;
	free(text);
	fclose(file);
}

static void read_dump(struct emitting *emitting, const char *path, const char *name)
{
	struct dump *dump = &emitting->dumps[emitting->dump_count++];
	FILE *file = fopen(path, "r");
	size_t size = 0;

	assert_true(file != NULL && emitting->dump_count <= DUMPS_MOST);
	snprintf(dump->name, sizeof dump->name, "%.63s", name);
	assert_true(getdelim(&dump->text, &size, '\0', file) > 0 && fclose(file) == 0);
}

static struct emitting *read_fixture(const char *name)
{
	struct emitting *emitting = calloc(1, sizeof *emitting);
	char path[512];
	DIR *directory;

	assert_non_null(emitting);
	snprintf(path, sizeof path, FIXTURES "%s", name);
	directory = opendir(path);
	if (directory == NULL) {
		read_lines(emitting, path, name);
		return emitting;
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof path, FIXTURES "%s/%s", name, entry->d_name);
			if (strstr(entry->d_name, ".jsonl") != NULL)
				read_lines(emitting, path, entry->d_name);
			else
				read_dump(emitting, path, entry->d_name);
		}
	closedir(directory);
	return emitting;
}

static struct emitting *copy_of(const struct emitting *emitting)
{
	struct emitting *copy = malloc(sizeof *copy);

	assert_non_null(copy);
	*copy = *emitting;
	for (size_t i = 0; i < copy->count; i++)
		copy->lines[i].text = strdup(emitting->lines[i].text);
	for (size_t i = 0; i < copy->dump_count; i++)
		if (copy->dumps[i].text != NULL)
			copy->dumps[i].text = strdup(emitting->dumps[i].text);
	return copy;
}

static void release(struct emitting *emitting)
{
	for (size_t i = 0; i < emitting->count; i++)
		free(emitting->lines[i].text);
	for (size_t i = 0; i < emitting->dump_count; i++)
		free(emitting->dumps[i].text);
	free(emitting);
}

static void drop(struct emitting *emitting)
{
	size_t at = below(emitting->count + emitting->dump_count);

	if (at >= emitting->count) {
		free(emitting->dumps[at - emitting->count].text);
		emitting->dumps[at - emitting->count].text = NULL;
		return;
	}
	free(emitting->lines[at].text);
	emitting->lines[at] = emitting->lines[--emitting->count];
}

static void insert(struct emitting *emitting, char *text, size_t file)
{
	size_t at = below(emitting->count + 1);

	if (emitting->count == 2 * LINES_MOST) {
		free(text);
		return;
	}
	memmove(&emitting->lines[at + 1], &emitting->lines[at],
		(emitting->count - at) * sizeof *emitting->lines);
	emitting->lines[at] = (struct line){text, file, false};
	emitting->count++;
}

static void repeat(struct emitting *emitting)
{
	size_t at = below(emitting->count);

	insert(emitting, strdup(emitting->lines[at].text), emitting->lines[at].file);
}

static void swap(struct emitting *emitting)
{
	size_t one = below(emitting->count), other = below(emitting->count);
	struct line line = emitting->lines[one];

	emitting->lines[one] = emitting->lines[other];
	emitting->lines[other] = line;
}

/* The number after KEY grows by BY, which leaves its digits as many as they were. */
static void add_to(char *text, const char *key, int64_t by)
{
	char *at = strstr(text, key), digits[32];
	int64_t value;

	if (at == NULL)
		return;
	at += strlen(key);
	value = strtoll(at, NULL, 10);
	if (snprintf(digits, sizeof digits, "%ld", (long)(value + by)) ==
		(int)strspn(at, "0123456789"))
		memcpy(at, digits, strlen(digits));
}

/* The wall clock of one host is off by less than what it is trusted to. */
static void move_clock(struct emitting *emitting)
{
	size_t file = below(emitting->file_count);
	int64_t by = (int64_t)below(18000) - 9000;

	for (size_t i = 0; emitting->file_count > 1 && i < emitting->count; i++)
		if (emitting->lines[i].file == file)
			add_to(emitting->lines[i].text, "\"time_us\":", by);
}

/* A waiter looks now and then. */
static void delay_waiter(struct emitting *emitting)
{
	char *text = emitting->lines[below(emitting->count)].text;
	int64_t by = (int64_t)below(1000000);

	if (strstr(text, ":wait\"") == NULL)
		return;
	add_to(text, "\"time_us\":", by);
	add_to(text, "\"mono_us\":", by);
}

static void cut(struct emitting *emitting)
{
	struct line *line = &emitting->lines[below(emitting->count)];

	line->text[below(strlen(line->text) + 1)] = '\0';
	line->joined = below(2) == 0;
}

static void add_garbage(struct emitting *emitting)
{
	static const char *const garbage[] = {"", "\x01\xff{{{[[\"", "{\"level\":\"info\"}", "null",
		"{\"schema\":\"vigil.event/9\",\"pid\":1}", "[rank0]: Traceback:",
		"{\"schema\":\"vigil.event/1\",\"name\":\"x:init\",\"source\":\"WORKER\"}"};

	insert(emitting, strdup(garbage[below(sizeof garbage / sizeof *garbage)]),
		below(emitting->file_count));
}

/* The last HARMLESS change nothing of what is reported. */
static const struct operation {
	void (*apply)(struct emitting *emitting);
	const char *name;
} operations[] = {{drop, "drop"}, {cut, "cut"}, {move_clock, "clock"}, {delay_waiter, "late"},
	{repeat, "twice"}, {swap, "swap"}, {add_garbage, "garbage"}};
#define OPERATIONS (sizeof operations / sizeof *operations)
#define HARMLESS 3

static char directory[64];

static void write_emitting(const struct emitting *emitting)
{
	char path[256];

	for (size_t i = 0; i < emitting->dump_count; i++) {
		FILE *file;

		if (emitting->dumps[i].text == NULL)
			continue; /* lost */
		snprintf(path, sizeof path, "%s/%s", directory, emitting->dumps[i].name);
		file = fopen(path, "w");
		assert_true(file != NULL && fputs(emitting->dumps[i].text, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	for (size_t f = 0; f < emitting->file_count; f++) {
		FILE *file;

		snprintf(path, sizeof path, "%s/%s", directory, emitting->files[f]);
		file = fopen(path, "w");
		assert_non_null(file);
		for (size_t i = 0; i < emitting->count; i++)
			if (emitting->lines[i].file == f)
				fprintf(file, "%s%s", emitting->lines[i].text,
					emitting->lines[i].joined ? "" : "\n");
		assert_int_equal(fclose(file), 0);
	}
}

static void remove_emitting(const struct emitting *emitting)
{
	char path[256];

	for (size_t i = 0; i < emitting->dump_count; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, emitting->dumps[i].name);
		unlink(path);
	}
	for (size_t f = 0; f < emitting->file_count; f++) {
		snprintf(path, sizeof path, "%s/%s", directory, emitting->files[f]);
		unlink(path);
	}
}

/* NULL: nothing is left of the run. */
static struct report *judge(const struct emitting *emitting, const char *run_id)
{
	static const char *paths[1] = {directory};
	struct report_request request = {.paths = paths,
		.path_count = 1,
		.run_id = run_id,
		.skew_us = REPORT_SKEW_US_DEFAULT};
	struct report *report = NULL;
	char complaint[256];

	write_emitting(emitting);
	report_make(&request, &report, complaint, sizeof complaint);
	remove_emitting(emitting);
	return report;
}

static bool same_one(const struct finding *one, const struct finding *other)
{
	if (one->rank != RANK_UNKNOWN && one->rank == other->rank)
		return true;
	return one->process != NULL && other->process != NULL &&
	       one->process->pid == other->process->pid &&
	       strcmp(one->process->hostname, other->process->hostname) == 0;
}

static const struct process *process_like(
	const struct report *report, const struct process *process)
{
	for (size_t i = 0; i < report->job.count; i++)
		if (report->job.processes[i].pid == process->pid &&
			strcmp(report->job.processes[i].hostname, process->hostname) == 0)
			return &report->job.processes[i];
	return NULL;
}

/* The same word of the end of one that the whole fixture names is still there. */
static bool word_is_left(const struct attempt *whole, const struct report *report)
{
	for (size_t i = 0; i < whole->candidate_count; i++) {
		const struct process *then = whole->candidates[i].process,
				     *now = then == NULL ? NULL : process_like(report, then);

		if (now != NULL && now->termination != NULL && then->termination != NULL &&
			now->termination->source == then->termination->source)
			return true;
	}
	return whole->candidate_count == 0;
}

static const struct attempt *attempt_like(
	const struct report *report, const struct attempt *attempt)
{
	for (size_t i = 0; i < report->attempt_count; i++)
		if (report->attempts[i].number == attempt->number &&
			report->attempts[i].launch == attempt->launch)
			return &report->attempts[i];
	return NULL;
}

/* FOUND is the root cause of ATTEMPT, or of its host where that alone is silent. */
static bool is_named(const struct finding *found, const struct attempt *attempt)
{
	return same_one(found, &attempt->candidates[0]) ||
	       (attempt->lost_host != NULL && found->process != NULL &&
		       strcmp(found->process->hostname, attempt->lost_host) == 0);
}

/* By the same attempt of any launch: these may be one where nobody reports their launchers. */
static bool is_named_by(const struct report *whole, const struct attempt *attempt)
{
	for (size_t i = 0; i < whole->attempt_count; i++)
		for (size_t j = 0; j < whole->attempts[i].candidate_count; j++)
			if (whole->attempts[i].number == attempt->number &&
				is_named(&whole->attempts[i].candidates[j], attempt))
				return true;
	return false;
}

/* What is wrong with ATTEMPT of REPORT, held to WHOLE; NULL: nothing. */
static const char *confident_error(const struct report *fixture, const struct attempt *whole,
	const struct attempt *attempt, const struct report *report)
{
	const struct finding *root = attempt->has_root ? &attempt->candidates[0] : NULL;

	if (root == NULL || root->confidence == CONFIDENCE_UNSURE || is_named_by(fixture, attempt))
		return NULL;
	if (root->confidence == CONFIDENCE_PROVEN)
		return "it proves what is not so";
	return word_is_left(whole, report) ? "it is likely wrong" : NULL;
}

static const char *change(const struct attempt *whole, const struct attempt *attempt)
{
	if (attempt == NULL || whole->has_root != attempt->has_root ||
		whole->candidate_count != attempt->candidate_count ||
		whole->count != attempt->count)
		return "the verdict is another";
	if (whole->has_root &&
		(!same_one(&whole->candidates[0], &attempt->candidates[0]) ||
			whole->candidates[0].confidence != attempt->candidates[0].confidence))
		return "the culprit is another, or as sure as before no more";
	for (size_t i = 0; i < whole->count; i++)
		if (whole->results[i].role != attempt->results[i].role)
			return "a role is another";
	return NULL;
}

static void print_emitting(const struct emitting *emitting)
{
	for (size_t i = 0; i < emitting->count; i++)
		print_message("%s: %s\n", emitting->files[emitting->lines[i].file],
			emitting->lines[i].text);
}

static void check(const char *name, const struct report *whole, const struct emitting *emitting,
	bool harmless, uint64_t seed, const char *what)
{
	struct report *report = judge(emitting, whole->job.run_id);
	const char *error = NULL;

	for (size_t i = 0; report != NULL && error == NULL && i < whole->attempt_count; i++) {
		const struct attempt *then = &whole->attempts[i], *now = attempt_like(report, then);

		if (harmless)
			error = change(then, now);
		else if (now != NULL)
			error = confident_error(whole, then, now, report);
	}
	if (error != NULL) {
		print_emitting(emitting);
		report_print(report, REPORT_TEXT, stderr);
		fail_msg("%s, VIGIL_SEED=%lu (%s): %s", name, (unsigned long)seed, what, error);
	}
	report_free(report);
}

static void mutate(const char *name, const struct report *whole, const struct emitting *emitting,
	uint64_t seed)
{
	struct emitting *mutated = copy_of(emitting);
	char what[128] = "";
	bool harmless;
	size_t count;

	chance = seed * 0x9E3779B97F4A7C15ULL + 1;
	harmless = below(4) == 0;
	count = 1 + below(OPERATIONS_MOST);
	for (size_t i = 0; i < count && mutated->count > 1; i++) {
		const struct operation *operation =
			&operations[harmless ? OPERATIONS - 1 - below(HARMLESS)
					     : below(OPERATIONS)];

		operation->apply(mutated);
		snprintf(what + strlen(what), sizeof what - strlen(what), " %s", operation->name);
	}
	check(name, whole, mutated, harmless, seed, what);
	release(mutated);
}

static long setting(const char *variable, long otherwise)
{
	const char *value = getenv(variable);

	return value == NULL ? otherwise : atol(value);
}

static void a_fixture_half_reported_gets_no_confident_wrong_answer(void **state)
{
	const char *name = *state;
	struct emitting *emitting = read_fixture(name);
	struct report *whole = judge(emitting, NULL);
	uint64_t seed = (uint64_t)setting("VIGIL_SEED", 1);
	long mutations = setting("VIGIL_MUTATIONS", MUTATIONS_DEFAULT);

	assert_non_null(whole);
	for (long i = 0; i < mutations; i++)
		mutate(name, whole, emitting, seed + (uint64_t)i);
	report_free(whole);
	release(emitting);
}

static int is_fixture(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	struct dirent **entries;
	int count = scandir(FIXTURES, &entries, is_fixture, alphasort), failed;
	struct CMUnitTest *tests = calloc(count < 1 ? 1 : (size_t)count, sizeof *tests);

	snprintf(directory, sizeof directory, "/tmp/vigil-property-XXXXXX");
	if (count < 40 || tests == NULL || mkdtemp(directory) == NULL)
		return 1;
	for (int i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){entries[i]->d_name,
			a_fixture_half_reported_gets_no_confident_wrong_answer, NULL, NULL,
			entries[i]->d_name};
	failed = _cmocka_run_group_tests("property", tests, (size_t)count, NULL, NULL);
	rmdir(directory);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(tests);
	return failed;
}
