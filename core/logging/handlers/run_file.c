/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/run_name.h"
#include "core/base/log_file.h"
#include "core/base/sys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define MODE 0640
#define DEFAULT_TEMPLATE "{hostname}.jsonl"

struct run_file_handler {
	struct handler base;
	struct log_file log_file;
	const char *template; /* absolute, with all fields but {pid} replaced */
	bool by_process;      /* `template` contains {pid} */
	pid_t process;	      /* the process whose file log_file is now */
	bool by_user;	  /* a process that may not write to the file writes to one of its own */
	atomic_bool torn; /* the last record in that file is incomplete */
	char *name;	  /* with {pid} replaced, of PATH_MAX bytes; NULL: it is not in it */
	const char *path; /* that, or the template */
};

enum field {
	FIELD_HOSTNAME,
	FIELD_RANK,
	FIELD_LOCAL_RANK,
	FIELD_PID,
	FIELD_RUN_ID,
	FIELD_PROGRAM,
	FIELD_COUNT_
};

static const char *const fields[] = {
	[FIELD_HOSTNAME] = "{hostname}",
	[FIELD_RANK] = "{rank}",
	[FIELD_LOCAL_RANK] = "{local_rank}",
	[FIELD_PID] = "{pid}",
	[FIELD_RUN_ID] = "{run_id}",
	[FIELD_PROGRAM] = "{program}",
};
_Static_assert(sizeof fields / sizeof *fields == FIELD_COUNT_, "a field has no name");

/* The field that begins at AT; FIELD_COUNT_ if none does. */
static enum field field_at(const char *at)
{
	enum field field = *at == '{' ? 0 : FIELD_COUNT_;

	while (field < FIELD_COUNT_ && strncmp(at, fields[field], strlen(fields[field])) != 0)
		field++;
	return field;
}

static void add_name(struct text *text, const char *value)
{
	if (value == NULL || value[0] == '\0')
		value = "none";
	for (; *value != '\0'; value++)
		text_char(text, *value == '/' || *value == '{' || *value == '}' ? '_' : *value);
}

static void add_number(struct text *text, int64_t value)
{
	if (value < 0)
		text_add(text, "none");
	else
		text_i64(text, value);
}

static void add_field(struct text *text, enum field field, const struct run_context *context)
{
	switch (field) {
	case FIELD_HOSTNAME: return add_name(text, context->hostname);
	case FIELD_RANK: return add_number(text, context->rank);
	case FIELD_LOCAL_RANK: return add_number(text, context->local_rank);
	case FIELD_PID: return text_add(text, fields[FIELD_PID]);
	case FIELD_RUN_ID: return add_name(text, context->run_id);
	case FIELD_PROGRAM: return add_name(text, context->program);
	case FIELD_COUNT_: break;
	}
}

/* Appends TEMPLATE with all fields but {pid} replaced to PATH. Returns 0 or -errno. */
static int append_resolved(
	const char *template, const struct run_context *context, struct text *path)
{
	if (template[0] != '/' && context->directory != NULL)
		text_printf(path, "%s/", context->directory);
	while (*template != '\0') {
		enum field field = field_at(template);

		if (field < FIELD_COUNT_) {
			add_field(path, field, context);
			template += strlen(fields[field]);
		} else if (*template == '{' || *template == '}') {
			return -EBADMSG;
		} else {
			text_char(path, *template ++);
		}
	}
	return path->truncated ? -ENAMETOOLONG : 0;
}

/* Sets file->template to TEMPLATE, resolved in the SIZE bytes at PATH, with an absolute path.
 * Returns 0 or -errno. */
static int resolve_in(struct run_file_handler *file, struct arena *arena, const char *template,
	const struct run_context *context, char *path, size_t size)
{
	struct text text;
	int error;

	text_init(&text, path, size);
	error = append_resolved(template, context, &text);
	return error == 0 ? handler_path(arena, path, &file->template) : error;
}

static __attribute__((noinline)) int resolve_long(struct run_file_handler *file,
	struct arena *arena, const char *template, const struct run_context *context)
{
	char path[PATH_MAX];

	return resolve_in(file, arena, template, context, path, sizeof path);
}

/* As resolve_in(); most paths are short, and take less of the stack. */
static __attribute__((noinline)) int resolve(struct run_file_handler *file, struct arena *arena,
	const char *template, const struct run_context *context)
{
	char path[512];
	int error = resolve_in(file, arena, template, context, path, sizeof path);

	return error == -ENAMETOOLONG ? resolve_long(file, arena, template, context) : error;
}

/* Sets file->name to the file of PROCESS. Returns 0 or -ENAMETOOLONG. */
static int name_file(struct run_file_handler *file, pid_t process)
{
	const char *at = file->template, *mark;
	struct text path;

	text_init(&path, file->name, PATH_MAX);
	while ((mark = strstr(at, fields[FIELD_PID])) != NULL) {
		text_add_n(&path, at, (size_t)(mark - at));
		text_i64(&path, process);
		at = mark + strlen(fields[FIELD_PID]);
	}
	text_add(&path, at);
	file->process = process;
	return path.truncated ? -ENAMETOOLONG : 0;
}

/* Sets file->path, which is the template where that has no {pid}. Returns 0 or -errno. */
static int name_first(struct run_file_handler *file, struct arena *arena, pid_t process)
{
	file->path = file->template;
	file->process = process;
	file->by_process = strstr(file->template, fields[FIELD_PID]) != NULL;
	if (!file->by_process)
		return 0;
	file->path = file->name = arena_alloc(arena, PATH_MAX);
	return file->name == NULL ? -ENOMEM : name_file(file, process);
}

/* Whether ERROR means that we may not write to the file, rather than that something is wrong with
 * the disk. */
static bool is_refusal(int error)
{
	return error == -EACCES || error == -EPERM || error == -ELOOP || error == -EISDIR ||
	       error == -EINVAL || error == -ENXIO;
}

/* Writes to the file that run_name.h names for this user, or else for this process. No descriptor
 * is kept, as that is rare. */
static int write_of_user(struct run_file_handler *file, const char *bytes, size_t count)
{
	uid_t user = (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	pid_t owners[] = {0, sys_getpid()};
	int error = -EACCES;

	for (size_t i = 0; i < sizeof owners / sizeof *owners && is_refusal(error); i++) {
		char path[PATH_MAX];
		struct log_file log_file = {.path = path,
			.mode = MODE,
			.flags = LOG_FILE_REGULAR,
			.fd = -1,
			.torn = file->torn};

		if (!run_name_of_user(path, sizeof path, file->path, user, owners[i]))
			return -ENAMETOOLONG;
		error = log_file_write_once(&log_file, bytes, count);
		file->torn = log_file.torn;
	}
	return error;
}

static int run_file_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct run_file_handler *file = (struct run_file_handler *)handler;
	int error = handler_format(handler, record, scratch);

	if (error < 0)
		return error;
	if (file->by_process && record->process != file->process) {
		log_file_move(&file->log_file, file->path);
		error = name_file(file, record->process);
	}
	if (error < 0)
		return error;
	error = log_file_write(&file->log_file, scratch->data, scratch->length);
	if (file->by_user && is_refusal(error))
		error = write_of_user(file, scratch->data, scratch->length);
	return error;
}

static void run_file_describe(const struct handler *handler, struct text *text)
{
	text_printf(text, "RunFile '%s'", ((const struct run_file_handler *)handler)->path);
}

static void run_file_close(struct handler *handler)
{
	log_file_close(&((struct run_file_handler *)handler)->log_file);
}

static const struct handler_class run_file_class = {
	.name = "vigil.RunFileHandler",
	.emit = run_file_emit,
	.describe = run_file_describe,
	.close = run_file_close,
};

int run_file_handler_new(struct arena *arena, const char *template,
	const struct run_context *context, unsigned flags, struct handler **ret_handler)
{
	struct run_file_handler *file = arena_alloc(arena, sizeof *file);
	int error;

	if (file == NULL)
		return -ENOMEM;
	error = resolve(file, arena, template == NULL ? DEFAULT_TEMPLATE : template, context);
	if (error == 0)
		error = name_first(file, arena, context->pid);
	if (error < 0)
		return error;
	file->base.class = &run_file_class;
	file->base.formatter = &formatter_json;
	error = log_file_open(&file->log_file, file->path, MODE, flags | LOG_FILE_REGULAR);
	if (error == 0)
		*ret_handler = &file->base;
	return error;
}

static int directory_handler_new(struct arena *arena, const char *directory, const char *hostname,
	int *ret_opened, struct handler **ret_handler)
{
	const struct run_context context = {
		.directory = directory, .hostname = hostname, .rank = -1, .local_rank = -1};
	int error = run_file_handler_new(arena, NULL, &context, LOG_FILE_DELAY, ret_handler);
	struct run_file_handler *file;

	if (error < 0)
		return error;
	file = (struct run_file_handler *)*ret_handler;
	file->by_user = true;
	*ret_opened = log_file_open(&file->log_file, file->path, MODE, LOG_FILE_REGULAR);
	if (is_refusal(*ret_opened))
		*ret_opened = write_of_user(file, "", 0);
	return 0;
}

/* The path is in ARENA: on the stack it would be too much for some hosts. */
static int spare_handler_new(struct arena *arena, const struct run_spare *spare,
	const char *hostname, int *ret_opened, struct handler **ret_handler)
{
	char *directory = arena_alloc(arena, PATH_MAX);
	int error = directory == NULL ? -ENOMEM : run_spare_make(spare, directory, PATH_MAX);

	if (error < 0)
		return error;
	return directory_handler_new(arena, directory, hostname, ret_opened, ret_handler);
}

int run_directory_handler_new(struct arena *arena, const char *directory,
	const struct run_spare *spare, const char *hostname, int *ret_opened,
	struct handler **ret_handler)
{
	int error = directory_handler_new(arena, directory, hostname, ret_opened, ret_handler);

	if (error == 0 && spare != NULL && run_spare_is_for(*ret_opened))
		spare_handler_new(arena, spare, hostname, ret_opened, ret_handler);
	return error;
}
