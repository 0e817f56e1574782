/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constructor: decide whether to watch this program, then arm everything, in the order of the
 * calls in begin(). The library is linked -z initfirst, so this runs before the constructors of
 * every other library.
 */
#include "core/base/clock.h"
#include "core/base/environment.h"
#include "core/base/path.h"
#include "core/base/sys.h"
#include "core/events/unwatched.h"
#include "core/trace/frames.h"
#include "core/trace/modules.h"
#include "shim/base/calls.h"
#include "shim/base/inherited.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/stack.h"
#include "shim/crash/original_fault.h"
#include "shim/emit/configure.h"
#include "shim/emit/emit.h"
#include "shim/emit/failed_call.h"
#include "shim/emit/own_output.h"
#include "shim/emit/preload_settings.h"
#include "shim/host/dispositions.h"
#include "shim/host/forwarding.h"
#include "shim/host/lifecycle.h"
#include "shim/host/pmi.h"
#include "shim/host/threads.h"
#include "shim/python/python.h"

#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Where this library's code lies, by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

static const char own_name[] = "/bin/vigil", own_library[] = "/lib/vigil/libvigil.so";

static __attribute__((noinline)) bool is_installed_here(void)
{
	char path[4096 + sizeof own_library];
	struct stat status;
	ssize_t length;

	length = sys_readlink("/proc/self/exe", path, 4096);
	if (length < (ssize_t)sizeof own_name || length >= 4096)
		return false;
	length -= (ssize_t)sizeof own_name - 1;
	if (memcmp(path + length, own_name, sizeof own_name - 1) != 0)
		return false;
	memcpy(path + length, own_library, sizeof own_library);
	return sys_stat(path, &status) == 0;
}

/*
 * Whether the program is the `vigil` of this installation: a `vigil run` that another one has
 * started, or that is a task's command, is no process of the job. The name alone almost always says
 * no.
 */
static bool is_vigil(void)
{
	const char *started = (const char *)getauxval(AT_EXECFN);

	return started != NULL && strcmp(path_base(started), path_base(own_name)) == 0 &&
	       is_installed_here();
}

static bool is_wanted(char **environ_)
{
	const char *disable = environment_get(environ_, "VIGIL_DISABLE");

	if (disable != NULL && strcmp(disable, "1") == 0)
		return false;
	return getauxval(AT_SECURE) == 0;
}

/*
 * Do nothing in this program, but leave a note in the run directory that says why. It has
 * AT_EXECFN, the name that was executed, because readlink() of the executable is a system call that
 * a filter may kill for.
 */
static void give_up(char *const *environ_, enum unwatched_reason reason, const char *detail)
{
	const char *directory = environment_get(environ_, "VIGIL_DIR");
	const char *started = (const char *)getauxval(AT_EXECFN);
	struct unwatched note;

	if (directory == NULL || started == NULL)
		return;
	note = unwatched_make(reason, detail, path_base(started));
	unwatched_leave(directory, environment_get(environ_, "VIGIL_RUN_ID"), &note);
}

/* The name of a function that we need and this libc lacks; NULL: libc has all. */
static const char *missing_function(void)
{
	const char *name = real_missing();

	return name == NULL ? lifecycle_missing() : name;
}

/* Enough for 64 levels of a configuration, a table of zones, and libyaml's frames. */
#define CONFIG_STACK_SIZE ((size_t)512 * 1024)

struct configuring {
	const struct configure_from *from;
	struct configured loggers;
};

static void read_configuration(void *what)
{
	struct configuring *configuring = what;

	configuring->loggers = configure(configuring->from);
}

static struct configured configured_from(const struct configure_from *from)
{
	struct configuring configuring = {.from = from};

	if (from->config == NULL)
		read_configuration(&configuring);
	else
		stack_call_large(read_configuration, &configuring, CONFIG_STACK_SIZE);
	return configuring.loggers;
}

static void begin(int argc, char **argv, char **environ_)
{
	struct instant at = instant_now();
	uint64_t all = ~(uint64_t)0, before;
	struct configured loggers;
	struct configure_from from = {
		.environment = environ_, .config = environment_get(environ_, "VIGIL_CONFIG")};

	if (!process_begin()) {
		give_up(environ_, UNWATCHED_KERNEL, "MADV_WIPEONFORK");
		return;
	}
	emit_prepare(argc, argv, environ_);
	if (from.config != NULL) {
		from.zone = timezone_variables(environ_);
		from.color = color_where(environ_);
	}
	emit_run_context(&from.run);
	from.run.directory = environment_get(environ_, "VIGIL_DIR");
	loggers = configured_from(&from);
	settings_use(&loggers.settings);
	emit_to(&loggers);
	lifecycle_begin();
	/* A signal that comes between INIT and the installation of our handler stays pending, so
	 * that every process with INIT has a termination. */
	sys_sigprocmask(SIG_SETMASK, &all, &before);
	if (loggers.waits)
		lifecycle_wait(&from, &at);
	else
		emit_init(&at);
	modules_ask((int (*)(void *, struct dl_find_object *))real_lookup("_dl_find_object"));
	frames_hide(__ehdr_start, etext);
	threads_begin();
	original_fault_begin();
	signals_begin();
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
	pmi_begin(environ_);
	python_begin();
	own_output_begin(from.run.program);
	forwarding_begin(from.run.program);
	calls_begin(settings()->calls, environ_, failed_call);
}

/* The arguments of a constructor. */
struct arguments {
	int argc;
	char **argv, **environ;
	bool glibc;
};

static void prepare(void *given)
{
	const struct arguments *arguments = given;
	const char *missing;

	if (!arguments->glibc) {
		give_up(arguments->environ, UNWATCHED_LIBC, "");
		return;
	}
	missing = missing_function();
	if (missing != NULL) {
		give_up(arguments->environ, UNWATCHED_FUNCTION, missing);
		return;
	}
	if (!inherited_filter_allows_us()) {
		give_up(arguments->environ, UNWATCHED_FILTER, "");
		return;
	}
	if (is_vigil())
		return;
	begin(arguments->argc, arguments->argv, arguments->environ);
}

/*
 * glibc passes main's three arguments to every constructor, but has not set `environ` yet. Another
 * libc passes none, but has set `environ`. RLIMIT_STACK may have made the stack small, so hardly
 * any of it is used.
 */
__attribute__((constructor)) static void preload(int argc, char **argv, char **environ_)
{
	bool glibc = real_is_glibc();
	struct arguments arguments = {argc, argv, glibc ? environ_ : environ, glibc};

	if (is_wanted(arguments.environ))
		stack_call_at_start(prepare, &arguments);
}
