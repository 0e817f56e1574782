/* SPDX-License-Identifier: Apache-2.0 */
/* A user's library of factories, as one would write it: it knows vigil's header and is not linked
 * to vigil. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/logging.h>

struct log_file {
	const char *path, *head;
	unsigned slow_us;
};

static int append(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	const struct log_file *log_file = data;
	int fd = open(log_file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int error = fd < 0 ? -errno : 0;

	(void)record;
	usleep(log_file->slow_us);
	if (error == 0 && log_file->head != NULL &&
		write(fd, log_file->head, strlen(log_file->head)) < 0)
		error = -errno;
	if (error == 0 && write(fd, text, length) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static const char *find(const struct vigil_kv *args, const char *key)
{
	while (args->key != NULL && strcmp(args->key, key) != 0)
		args++;
	return args->text;
}

/* path: where records go; safe: also those of a crash; slow: the milliseconds that each takes;
 * reported: the file that the arguments go to, and what the program is called. */
VIGIL_API vigil_factory make_file;
int make_file(const struct vigil_kv *args, void **ret)
{
	static struct log_file log_file;
	static struct vigil_handler_spec spec = {
		.class_name = "user.FileHandler", .emit = append, .data = &log_file};
	const char *path = find(args, "path"), *safe = find(args, "safe"), *record;
	const char *slow = find(args, "slow");
	FILE *file;

	if (path == NULL)
		return -EINVAL;
	log_file.path = strdup(path);
	log_file.slow_us = slow == NULL ? 0 : (unsigned)atoi(slow) * 1000;
	spec.signal_safe = safe != NULL && strcmp(safe, "True") == 0;
	record = find(args, "told");
	file = record == NULL ? NULL : fopen(record, "ae");
	if (file != NULL) {
		for (; args->key != NULL; args++)
			fprintf(file, "%s=%s%s\n", args->key, args->text,
				args->json ? " json" : "");
		fprintf(file, "in %s, MARK is %s\n", program_invocation_short_name, getenv("MARK"));
		fclose(file);
	}
	*ret = &spec;
	return 0;
}

VIGIL_API void *make_typed(const char *path, int32_t number, double ratio, bool yes);
void *make_typed(const char *path, int32_t number, double ratio, bool yes)
{
	static char head[64];
	static struct log_file log_file = {.head = head};
	static struct vigil_handler_spec spec = {.emit = append, .data = &log_file};

	log_file.path = path;
	snprintf(head, sizeof head, "%d %g %s: ", number, ratio, yes ? "yes" : "no");
	return &spec;
}

/* Drops what has not the word; the rest is a warning, for one handler. */
static enum vigil_verdict has_word(struct vigil_record *record, void *data)
{
	if (strstr(record->message, data) == NULL)
		return VIGIL_DROP;
	record->levelno = VIGIL_WARNING;
	return VIGIL_REPLACE;
}

VIGIL_API vigil_factory make_filter;
int make_filter(const struct vigil_kv *args, void **ret)
{
	static struct vigil_filter_spec spec = {.filter = has_word, .signal_safe = true};
	const char *word = find(args, "word");

	if (word == NULL)
		return -EINVAL;
	spec.data = strdup(word);
	*ret = &spec;
	return 0;
}

/* Every record gets an attribute of the user's. */
static enum vigil_verdict tag(struct vigil_record *record, void *data)
{
	(void)data;
	return record->set != NULL && record->set(record, "tag", "n7") == 0 ? VIGIL_KEEP
									    : VIGIL_DROP;
}

VIGIL_API vigil_factory make_tagging;
int make_tagging(const struct vigil_kv *args, void **ret)
{
	static struct vigil_filter_spec spec = {.filter = tag, .signal_safe = true};

	(void)args;
	*ret = &spec;
	return 0;
}

static ssize_t format(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	return snprintf(buffer, size, "%s%s|%d|%s", (const char *)data, record->name,
		record->levelno, record->message);
}

VIGIL_API void *make_formatter(const char *head);
void *make_formatter(const char *head)
{
	static struct vigil_formatter_spec spec = {.format = format};

	spec.data = strdup(head);
	return &spec;
}

__attribute__((constructor)) static void loaded(void)
{
	const char *path = getenv("FACTORIES_LOADED");

	if (path != NULL)
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}
