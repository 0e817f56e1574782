/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/identity.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENVIRONMENT(...) ((char *const *)(const char *const[]){__VA_ARGS__, NULL})
#define READ(...) read_from(ENVIRONMENT(__VA_ARGS__))

#define TORCHRUN                                                                             \
	"TORCHELASTIC_RUN_ID=run", "RANK=5", "LOCAL_RANK=1", "WORLD_SIZE=8", "GROUP_RANK=1", \
		"TORCHELASTIC_RESTART_COUNT=2", "MASTER_ADDR=n0", "MASTER_PORT=29500"
#define OPENMPI                                                                             \
	"OMPI_COMM_WORLD_RANK=6", "OMPI_COMM_WORLD_LOCAL_RANK=2", "OMPI_COMM_WORLD_SIZE=9", \
		"PMIX_RANK=6", "PMIX_NAMESPACE=prte-1@1"
#define MPICH "PMI_RANK=7", "MPI_LOCALRANKID=3", "PMI_SIZE=10"
#define FLUX "FLUX_TASK_RANK=8", "FLUX_TASK_LOCAL_ID=4", "FLUX_JOB_SIZE=11", "FLUX_JOB_ID=F58"
#define PALS "PALS_RANKID=9", "PALS_LOCAL_RANKID=5", "PMI_SIZE=12", "PALS_NODEID=2"
#define JSM "JSM_NAMESPACE_RANK=10", "JSM_NAMESPACE_LOCAL_RANK=6", "JSM_NAMESPACE_SIZE=13"
#define SLURM                                                                       \
	"SLURM_JOB_ID=77", "SLURM_STEP_ID=0", "SLURM_PROCID=11", "SLURM_LOCALID=7", \
		"SLURM_NTASKS=14", "SLURM_NODEID=3", "SLURM_RESTART_COUNT=1"

static struct identity read_from(char *const *environment)
{
	struct identity id;

	memset(&id, 0xEE, sizeof id);
	identity_read(environment, &id);
	return id;
}

static void assert_ranks(const struct identity *id, enum launcher launcher, const char *source,
	int64_t rank, int64_t local_id, int64_t world_size)
{
	assert_int_equal(id->launcher, launcher);
	assert_int_equal(id->rank, rank);
	if (source == NULL)
		assert_null(id->rank_source);
	else
		assert_string_equal(id->rank_source, source);
	assert_int_equal(id->local_id, local_id);
	assert_int_equal(id->world_size, world_size);
}

static void each_launchers_own_variables_are_read(void **state)
{
	struct identity id = READ(TORCHRUN);

	(void)state;
	assert_ranks(&id, LAUNCHER_TORCHRUN, "RANK", 5, 1, 8);
	assert_int_equal(id.group_rank, 1);
	assert_int_equal(id.attempt, 2);
	assert_string_equal(id.master_endpoint, "n0:29500");
	assert_false(id.malformed);
	id = READ(OPENMPI);
	assert_ranks(&id, LAUNCHER_OPENMPI, "OMPI_COMM_WORLD_RANK", 6, 2, 9);
	assert_int_equal(id.group_rank, RANK_UNKNOWN);
	assert_int_equal(id.attempt, 0);
	id = READ(MPICH);
	assert_ranks(&id, LAUNCHER_MPICH, "PMI_RANK", 7, 3, 10);
	id = READ(FLUX);
	assert_ranks(&id, LAUNCHER_FLUX, "FLUX_TASK_RANK", 8, 4, 11);
	id = READ(PALS);
	assert_ranks(&id, LAUNCHER_PALS, "PALS_RANKID", 9, 5, 12);
	assert_int_equal(id.group_rank, 2);
	id = READ(JSM);
	assert_ranks(&id, LAUNCHER_JSM, "JSM_NAMESPACE_RANK", 10, 6, 13);
	id = READ(SLURM);
	assert_ranks(&id, LAUNCHER_SLURM, "SLURM_PROCID", 11, 7, 14);
	assert_int_equal(id.group_rank, 3);
	assert_int_equal(id.attempt, 1);
}

static void pmix_alone_gives_the_rank_alone(void **state)
{
	struct identity id = READ("PMIX_RANK=4", "PMIX_NAMESPACE=ns");

	(void)state;
	assert_ranks(&id, LAUNCHER_OPENMPI, "PMIX_RANK", 4, RANK_UNKNOWN, RANK_UNKNOWN);
	assert_string_equal(id.run_id, "ns");
}

static void a_bare_rank_needs_a_world_size(void **state)
{
	struct identity id = READ("RANK=1", "LOCAL_RANK=0", "WORLD_SIZE=2", "GROUP_RANK=0");

	(void)state;
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 1, 0, 2);
	assert_int_equal(id.group_rank, 0);
	id = READ("RANK=1");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
	id = READ("RANK=1", "WORLD_SIZE=big");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
	id = READ("WORLD_SIZE=2");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
}

static void the_number_on_the_node_gives_the_rank(void **state)
{
	struct identity id = READ("LOCAL_RANK=1", "NODE_RANK=0", "WORLD_SIZE=4");

	(void)state;
	assert_ranks(&id, LAUNCHER_NONE, "LOCAL_RANK", 1, 1, 4);
	id = READ("LOCAL_RANK=1", "WORLD_SIZE=4");
	assert_ranks(&id, LAUNCHER_NONE, "LOCAL_RANK", 1, 1, 4);
	id = READ("LOCAL_RANK=1", "NODE_RANK=1", "WORLD_SIZE=4", "LOCAL_WORLD_SIZE=2");
	assert_ranks(&id, LAUNCHER_NONE, "LOCAL_RANK", 3, 1, 4);
	assert_int_equal(id.group_rank, 1);
	/* how many ranks the first node has is not known here */
	id = READ("LOCAL_RANK=1", "NODE_RANK=1", "WORLD_SIZE=4");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, 1, 4);
	assert_int_equal(id.group_rank, 1);
	/* no such rank */
	id = READ("LOCAL_RANK=4", "NODE_RANK=0", "WORLD_SIZE=4");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, 4, 4);
	id = READ("LOCAL_RANK=1", "NODE_RANK=2", "WORLD_SIZE=4", "LOCAL_WORLD_SIZE=2");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, 1, 4);
	id = READ("LOCAL_RANK=1");
	assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
	/* RANK counts before */
	id = READ("LOCAL_RANK=1", "RANK=3", "WORLD_SIZE=4");
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 3, 1, 4);
}

static void other_launchers_have_variables_of_their_own(void **state)
{
	struct identity id = READ(
		"HOROVOD_RANK=3", "HOROVOD_LOCAL_RANK=1", "HOROVOD_SIZE=4", "HOROVOD_CROSS_RANK=1");

	(void)state;
	assert_ranks(&id, LAUNCHER_NONE, "HOROVOD_RANK", 3, 1, 4);
	id = READ("MV2_COMM_WORLD_RANK=3", "MV2_COMM_WORLD_LOCAL_RANK=1", "MV2_COMM_WORLD_SIZE=4");
	assert_ranks(&id, LAUNCHER_NONE, "MV2_COMM_WORLD_RANK", 3, 1, 4);
	id = READ("PADDLE_TRAINER_ID=3", "PADDLE_RANK_IN_NODE=1", "PADDLE_TRAINERS_NUM=4");
	assert_ranks(&id, LAUNCHER_NONE, "PADDLE_TRAINER_ID", 3, 1, 4);
	id = READ("RANK=3", "MASTER_ADDR=n1");
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 3, RANK_UNKNOWN, RANK_UNKNOWN);
	id = READ("HOROVOD_RANK=3", "HOROVOD_SIZE=4", OPENMPI);
	assert_ranks(&id, LAUNCHER_OPENMPI, "OMPI_COMM_WORLD_RANK", 6, 2, 9);
}

/* Each inside all that come after it: the variables of the outer ones have leaked in, the order in
 * memory is theirs. */
static void an_inner_launcher_goes_before_those_around_it(void **state)
{
	struct identity id = READ(SLURM, JSM, FLUX, MPICH, OPENMPI, TORCHRUN);

	(void)state;
	assert_ranks(&id, LAUNCHER_TORCHRUN, "RANK", 5, 1, 8);
	id = READ(SLURM, TORCHRUN);
	assert_ranks(&id, LAUNCHER_TORCHRUN, "RANK", 5, 1, 8);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM, JSM, FLUX, MPICH, OPENMPI);
	assert_ranks(&id, LAUNCHER_OPENMPI, "OMPI_COMM_WORLD_RANK", 6, 2, 9);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM, JSM, FLUX, MPICH);
	assert_ranks(&id, LAUNCHER_MPICH, "PMI_RANK", 7, 3, 10);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM, JSM, FLUX);
	assert_ranks(&id, LAUNCHER_FLUX, "FLUX_TASK_RANK", 8, 4, 11);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM, PALS, "PMI_RANK=9");
	assert_ranks(&id, LAUNCHER_PALS, "PALS_RANKID", 9, 5, 12);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM, JSM);
	assert_ranks(&id, LAUNCHER_JSM, "JSM_NAMESPACE_RANK", 10, 6, 13);
	id = READ("RANK=0", "WORLD_SIZE=1", SLURM);
	assert_ranks(&id, LAUNCHER_SLURM, "SLURM_PROCID", 11, 7, 14);
}

/* Torchrun's own agent: the mark of its workers is not there yet, so it is what srun says. */
static void the_set_is_from_one_launcher(void **state)
{
	struct identity id = READ("RANK=1", "LOCAL_RANK=1", SLURM);

	(void)state;
	assert_ranks(&id, LAUNCHER_SLURM, "SLURM_PROCID", 11, 7, 14);
	id = READ("OMPI_COMM_WORLD_RANK=3", "LOCAL_RANK=1", "WORLD_SIZE=8", "SLURM_LOCALID=2");
	assert_ranks(&id, LAUNCHER_OPENMPI, "OMPI_COMM_WORLD_RANK", 3, RANK_UNKNOWN, RANK_UNKNOWN);
	/* A mark without a rank is no launcher. */
	id = READ("TORCHELASTIC_RUN_ID=run", SLURM);
	assert_ranks(&id, LAUNCHER_SLURM, "SLURM_PROCID", 11, 7, 14);
}

static void slurms_batch_and_extern_steps_are_no_ranks(void **state)
{
	static const char *const steps[] = {"SLURM_STEP_ID=batch", "SLURM_STEP_ID=extern",
		"SLURM_STEP_ID=", "SLURM_STEP_ID=-1", "SLURM_STEP_ID=0x1", "SLURM_STEP_ID=1 ",
		"SLURM_STEP_ID=4294967291", "SLURM_STEP_ID=4294967292", "SLURM_OTHER=1"};

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct identity id = READ("SLURM_PROCID=0", steps[i], "SLURM_NTASKS=1");

		assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
		assert_int_equal(id.unmarked, LAUNCHER_SLURM);
	}
	struct identity id = READ("SLURM_PROCID=0", "SLURM_STEP_ID=4294967279");

	assert_int_equal(id.unmarked, LAUNCHER_NONE);
	/* a pod's, in which torch.distributed.elastic may set all variables later */
	id = READ("RANK=1");
	assert_int_equal(id.unmarked, LAUNCHER_NONE);
	id = READ("SLURM_PROCID=0", "SLURM_STEP_ID=4294967279");

	assert_ranks(&id, LAUNCHER_SLURM, "SLURM_PROCID", 0, RANK_UNKNOWN, RANK_UNKNOWN);
}

static void a_malformed_number_is_not_a_rank(void **state)
{
	static const char *const ranks[] = {"PMI_RANK=x", "PMI_RANK=3x", "PMI_RANK= 3",
		"PMI_RANK=-1", "PMI_RANK=+3", "PMI_RANK=3.0", "PMI_RANK=9223372036854775808"};

	(void)state;
	for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
		struct identity id = READ(ranks[i], "PMI_SIZE=4");

		assert_ranks(&id, LAUNCHER_MPICH, NULL, RANK_UNKNOWN, RANK_UNKNOWN, 4);
		assert_true(id.malformed);
	}
	struct identity id = READ("PMI_RANK=9223372036854775807", "MPI_LOCALRANKID=x", "PMI_SIZE=");

	assert_ranks(&id, LAUNCHER_MPICH, "PMI_RANK", INT64_MAX, RANK_UNKNOWN, RANK_UNKNOWN);
	assert_false(id.malformed);
	id = READ("PMI_PORT=n1:39359", "PMI_ID=3", "MPI_LOCALRANKID=1");
	assert_ranks(&id, LAUNCHER_MPICH, "PMI_ID", 3, 1, RANK_UNKNOWN);
	id = READ("PMI_ID=3");
	assert_int_equal(id.rank, RANK_UNKNOWN);
	id = READ("PMI_RANK=", "PMI_SIZE=4");
	assert_int_equal(id.rank, RANK_UNKNOWN);
	assert_false(id.malformed);
}

static void no_environment_is_no_identity(void **state)
{
	struct identity id = read_from(NULL);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_ranks(&id, LAUNCHER_NONE, NULL, RANK_UNKNOWN, RANK_UNKNOWN, RANK_UNKNOWN);
		assert_int_equal(id.group_rank, RANK_UNKNOWN);
		assert_int_equal(id.attempt, 0);
		assert_string_equal(id.run_id, "");
		assert_string_equal(id.master_endpoint, "");
		id = read_from((char *const[]){NULL});
	}
}

static void entries_of_no_form_are_passed_over(void **state)
{
	struct identity id = READ("RANK", "", "=", "=1", "RANKS=9", "WORLD_SIZE", "XRANK=8",
		"rank=7", "RAN=6", (const char *)16, "RANK=2", "WORLD_SIZE=3");

	(void)state;
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 2, RANK_UNKNOWN, 3);
}

static void the_first_of_several_counts(void **state)
{
	struct identity id = READ("RANK=2", "WORLD_SIZE=3", "RANK=4", "WORLD_SIZE=5");

	(void)state;
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 2, RANK_UNKNOWN, 3);
}

/* The kernel's end of the environment: what lies behind it is a fault for whoever does not ask. */
static void an_environment_without_an_end_is_read_to_its_last_page(void **state)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char **last = (const char **)(void *)(pages + 4096) - 2;
	struct identity id;

	(void)state;
	assert_int_equal(munmap(pages + 4096, 4096), 0);
	last[0] = "RANK=2";
	last[1] = "WORLD_SIZE=3";
	id = read_from((char *const *)last);
	assert_ranks(&id, LAUNCHER_NONE, "RANK", 2, RANK_UNKNOWN, 3);
	munmap(pages, 4096);
}

static void the_run_has_the_name_of_the_innermost_that_names_it(void **state)
{
	(void)state;
	assert_string_equal(READ("VIGIL_RUN_ID=v", TORCHRUN, OPENMPI, FLUX, SLURM).run_id, "v");
	assert_string_equal(READ(TORCHRUN, OPENMPI, FLUX, SLURM).run_id, "run");
	assert_string_equal(READ(SLURM, OPENMPI, FLUX).run_id, "77.0");
	assert_string_equal(READ(FLUX, OPENMPI).run_id, "prte-1@1");
	assert_string_equal(READ(FLUX).run_id, "F58");
	assert_string_equal(READ("SLURM_JOB_ID=77", FLUX).run_id, "F58");
	assert_string_equal(READ("VIGIL_RUN_ID=", "FLUX_JOB_ID=F58").run_id, "F58");
	assert_string_equal(READ(MPICH).run_id, "");
}

static void none_is_no_run_id_of_torchruns(void **state)
{
	(void)state;
	assert_string_equal(READ("TORCHELASTIC_RUN_ID=none").run_id, "");
	assert_string_equal(READ("TORCHELASTIC_RUN_ID=none", SLURM).run_id, "77.0");
	assert_string_equal(READ("TORCHELASTIC_RUN_ID=nonesuch", SLURM).run_id, "nonesuch");
	assert_string_equal(READ("VIGIL_RUN_ID=none", SLURM).run_id, "none");
}

static void long_values_are_cut(void **state)
{
	char name[400] = "VIGIL_RUN_ID=", host[400] = "MASTER_ADDR=";

	(void)state;
	memset(name + strlen(name), 'x', 300);
	memset(host + strlen(host), 'y', 300);
	struct identity id = READ(name, host, "MASTER_PORT=1");

	assert_int_equal(strlen(id.run_id), RUN_ID_SIZE - 1);
	assert_int_equal(strlen(id.master_endpoint), sizeof id.master_endpoint - 1);
}

static void the_same_rank_is_of_the_same_launcher_and_attempt(void **state)
{
	struct identity one = READ(TORCHRUN), other = READ(TORCHRUN);
	struct identity nobody = READ("A=1");

	(void)state;
	assert_true(identity_same_rank(&one, &other));
	other.rank++;
	assert_false(identity_same_rank(&one, &other));
	other = one;
	other.attempt++;
	assert_false(identity_same_rank(&one, &other));
	other = one;
	other.launcher = LAUNCHER_SLURM;
	assert_false(identity_same_rank(&one, &other));
	assert_false(identity_same_rank(&nobody, &nobody));
}

/* A process that was started with ENVIRONMENT and stays; returns when /proc shows it. */
static pid_t started_with(char *const *environment)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		execve("/bin/sleep",
			(char *[]){(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "60", NULL},
			environment);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* exec has closed the other end */
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_leaders_parent_was_not_started_as_the_same_rank(void **state)
{
	struct identity own = READ(TORCHRUN);
	pid_t parent = started_with(ENVIRONMENT("PATH=/bin", "SHLVL=1", TORCHRUN));

	(void)state;
	assert_false(identity_is_leader(&own, parent));
	own.rank++;
	assert_true(identity_is_leader(&own, parent));
	own.rank--;
	own.attempt++;
	assert_true(identity_is_leader(&own, parent));
	end(parent);
	own = READ(TORCHRUN);
	assert_true(identity_is_leader(&own, parent)); /* gone: nothing is known of it */
}

static void a_worker_below_srun_and_torchrun_is_a_leader(void **state)
{
	struct identity own = READ(SLURM, TORCHRUN);
	pid_t agent = started_with(ENVIRONMENT(SLURM)), bare = started_with(ENVIRONMENT("A=1"));

	(void)state;
	assert_true(identity_is_leader(&own, agent));
	assert_true(identity_is_leader(&own, bare));
	own = READ(SLURM);
	assert_false(identity_is_leader(&own, agent));
	own = READ("A=1");
	assert_true(identity_is_leader(&own, agent));
	end(agent);
	end(bare);
}

static void a_parent_without_an_environment_has_no_rank(void **state)
{
	struct identity own = READ(TORCHRUN);
	pid_t parent = started_with((char *const[]){NULL});

	(void)state;
	assert_true(identity_is_leader(&own, parent));
	end(parent);
}

UNIT_TESTS(cmocka_unit_test(each_launchers_own_variables_are_read),
	cmocka_unit_test(pmix_alone_gives_the_rank_alone),
	cmocka_unit_test(a_bare_rank_needs_a_world_size),
	cmocka_unit_test(the_number_on_the_node_gives_the_rank),
	cmocka_unit_test(other_launchers_have_variables_of_their_own),
	cmocka_unit_test(an_inner_launcher_goes_before_those_around_it),
	cmocka_unit_test(the_set_is_from_one_launcher),
	cmocka_unit_test(slurms_batch_and_extern_steps_are_no_ranks),
	cmocka_unit_test(a_malformed_number_is_not_a_rank),
	cmocka_unit_test(no_environment_is_no_identity),
	cmocka_unit_test(entries_of_no_form_are_passed_over),
	cmocka_unit_test(the_first_of_several_counts),
	cmocka_unit_test(an_environment_without_an_end_is_read_to_its_last_page),
	cmocka_unit_test(the_run_has_the_name_of_the_innermost_that_names_it),
	cmocka_unit_test(none_is_no_run_id_of_torchruns), cmocka_unit_test(long_values_are_cut),
	cmocka_unit_test(the_same_rank_is_of_the_same_launcher_and_attempt),
	cmocka_unit_test(a_leaders_parent_was_not_started_as_the_same_rank),
	cmocka_unit_test(a_worker_below_srun_and_torchrun_is_a_leader),
	cmocka_unit_test(a_parent_without_an_environment_has_no_rank))
