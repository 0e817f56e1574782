/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_oom.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How a kind of cgroups looks: lines of mountinfo around the mount, a file around its count. */
struct form {
	const char *file, *mount[2], *counts[2];
};

static const struct form v2 = {"memory.events",
	{"31 23 0:28 / ", " rw,relatime shared:4 - cgroup2 cgroup2 rw\n"},
	{"low 0\nhigh 0\nmax 9\noom 8\noom_kill ", "\noom_group_kill 1\n"}};
static const struct form v1 = {"memory.oom_control",
	{"30 23 0:28 / /nowhere rw - cgroup cgroup rw,cpu\n31 23 0:28 / ",
		" rw - cgroup cgroup rw,memory\n"},
	{"oom_kill_disable 0\nunder_oom 0\noom_kill ", "\n"}};
/* On a machine with both, v2 has no memory controller. */
static const struct form both = {"memory.oom_control",
	{"31 23 0:28 / ", " rw - cgroup cgroup rw,memory\n"
			  "41 31 0:38 / /nowhere rw - cgroup2 cgroup2 rw\n"},
	{"oom_kill_disable 0\nunder_oom 0\noom_kill ", "\n"}};

/* A directory that stands for the mounted cgroups: our own cgroup, whatever it is called, is
 * counted at its top. */
struct world {
	char mount[32], mountinfo[64], counts[64];
	struct oom_watch watch;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void set_count(const struct world *world, const struct form *form, int count)
{
	char text[256];

	snprintf(text, sizeof text, "%s%d%s", form->counts[0], count, form->counts[1]);
	write_file(world->counts, text);
}

static void begin(struct world *world, const struct form *form, int count)
{
	char line[256];

	*world = (struct world){.mount = "/tmp/vigil-test-XXXXXX"};
	assert_non_null(mkdtemp(world->mount));
	snprintf(world->mountinfo, sizeof world->mountinfo, "%s/mountinfo", world->mount);
	snprintf(world->counts, sizeof world->counts, "%s/%s", world->mount, form->file);
	snprintf(line, sizeof line, "%s%s%s", form->mount[0], world->mount, form->mount[1]);
	write_file(world->mountinfo, line);
	set_count(world, form, count);
	oom_watch_begin(&world->watch, world->mountinfo);
}

static void end(struct world *world)
{
	oom_watch_end(&world->watch);
	unlink(world->mountinfo);
	unlink(world->counts);
	rmdir(world->mount);
}

static void assert_counts(const struct event_oom *oom, int64_t before, int64_t after)
{
	assert_non_null(oom->cgroup);
	assert_int_equal(oom->kills_before, before);
	assert_int_equal(oom->kills_after, after);
}

static void check(const struct form *form)
{
	struct world world;
	struct oom_cgroup *cgroup;
	struct event_oom oom;

	begin(&world, form, 2);
	cgroup = oom_cgroup_of(&world.watch, getpid());
	assert_non_null(cgroup);
	assert_ptr_equal(oom_cgroup_of(&world.watch, getpid()), cgroup);
	oom = oom_look(cgroup);
	assert_counts(&oom, 2, 2);
	set_count(&world, form, 4);
	oom = oom_look(cgroup);
	assert_counts(&oom, 2, 4);
	oom_explain(cgroup);
	oom = oom_look(cgroup);
	assert_counts(&oom, 3, 4);
	oom_explain(cgroup);
	oom = oom_look(cgroup);
	assert_counts(&oom, 4, 4);
	end(&world);
}

static void kills_are_counted_and_each_explains_one_death(void **state)
{
	(void)state;
	check(&v1);
	check(&v2);
	check(&both);
}

static void without_cgroups_the_machine_counts(void **state)
{
	struct oom_watch watch = {.cgroups = NULL};
	struct oom_cgroup *cgroup;
	struct event_oom oom;

	(void)state;
	oom_watch_begin(&watch, "/nonexistent");
	cgroup = oom_cgroup_of(&watch, getpid());
	assert_non_null(cgroup);
	oom = oom_look(cgroup);
	assert_string_equal(oom.cgroup, "/");
	assert_true(oom.kills_before >= 0);
	assert_int_equal(oom.kills_after, oom.kills_before);
	oom_watch_end(&watch);
}

static void of_a_cgroup_that_is_gone_nothing_is_said(void **state)
{
	struct world world;
	struct oom_cgroup *cgroup;
	struct event_oom oom;

	(void)state;
	begin(&world, &v2, 1);
	cgroup = oom_cgroup_of(&world.watch, getpid());
	unlink(world.counts);
	oom = oom_look(cgroup);
	assert_null(oom.cgroup);
	oom = oom_look(NULL);
	assert_null(oom.cgroup);
	end(&world);
}

static void a_process_that_is_gone_has_no_cgroup(void **state)
{
	struct world world;

	(void)state;
	begin(&world, &v2, 1);
	assert_null(oom_cgroup_of(&world.watch, 1 << 30));
	end(&world);
}

UNIT_TESTS(cmocka_unit_test(kills_are_counted_and_each_explains_one_death),
	cmocka_unit_test(without_cgroups_the_machine_counts),
	cmocka_unit_test(of_a_cgroup_that_is_gone_nothing_is_said),
	cmocka_unit_test(a_process_that_is_gone_has_no_cgroup))
