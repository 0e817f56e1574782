/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/identity.h"

#include "core/base/arena.h"
#include "core/base/memory.h"
#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/text.h"

#include <string.h>

/* Longer values are cut: none of the variables below is ever this long. */
#define VALUE_SIZE 256

/* Every variable that identity looks at. */
#define VARIABLES(X)                                                  \
	X(V_TORCHELASTIC_RUN_ID, "TORCHELASTIC_RUN_ID")               \
	X(V_RANK, "RANK")                                             \
	X(V_LOCAL_RANK, "LOCAL_RANK")                                 \
	X(V_WORLD_SIZE, "WORLD_SIZE")                                 \
	X(V_GROUP_RANK, "GROUP_RANK")                                 \
	X(V_NODE_RANK, "NODE_RANK")                                   \
	X(V_LOCAL_WORLD_SIZE, "LOCAL_WORLD_SIZE")                     \
	X(V_TORCHELASTIC_RESTART_COUNT, "TORCHELASTIC_RESTART_COUNT") \
	X(V_MASTER_ADDR, "MASTER_ADDR")                               \
	X(V_MASTER_PORT, "MASTER_PORT")                               \
	X(V_OMPI_COMM_WORLD_RANK, "OMPI_COMM_WORLD_RANK")             \
	X(V_OMPI_COMM_WORLD_LOCAL_RANK, "OMPI_COMM_WORLD_LOCAL_RANK") \
	X(V_OMPI_COMM_WORLD_SIZE, "OMPI_COMM_WORLD_SIZE")             \
	X(V_PMIX_RANK, "PMIX_RANK")                                   \
	X(V_PMIX_NAMESPACE, "PMIX_NAMESPACE")                         \
	X(V_PMI_RANK, "PMI_RANK")                                     \
	X(V_MPI_LOCALRANKID, "MPI_LOCALRANKID")                       \
	X(V_PMI_SIZE, "PMI_SIZE")                                     \
	X(V_PMI_PORT, "PMI_PORT")                                     \
	X(V_PMI_ID, "PMI_ID")                                         \
	X(V_FLUX_TASK_RANK, "FLUX_TASK_RANK")                         \
	X(V_FLUX_TASK_LOCAL_ID, "FLUX_TASK_LOCAL_ID")                 \
	X(V_FLUX_JOB_SIZE, "FLUX_JOB_SIZE")                           \
	X(V_FLUX_JOB_ID, "FLUX_JOB_ID")                               \
	X(V_PALS_RANKID, "PALS_RANKID")                               \
	X(V_PALS_LOCAL_RANKID, "PALS_LOCAL_RANKID")                   \
	X(V_PALS_NODEID, "PALS_NODEID")                               \
	X(V_JSM_NAMESPACE_RANK, "JSM_NAMESPACE_RANK")                 \
	X(V_JSM_NAMESPACE_LOCAL_RANK, "JSM_NAMESPACE_LOCAL_RANK")     \
	X(V_JSM_NAMESPACE_SIZE, "JSM_NAMESPACE_SIZE")                 \
	X(V_SLURM_PROCID, "SLURM_PROCID")                             \
	X(V_SLURM_LOCALID, "SLURM_LOCALID")                           \
	X(V_SLURM_NTASKS, "SLURM_NTASKS")                             \
	X(V_SLURM_NODEID, "SLURM_NODEID")                             \
	X(V_SLURM_JOB_ID, "SLURM_JOB_ID")                             \
	X(V_SLURM_STEP_ID, "SLURM_STEP_ID")                           \
	X(V_SLURM_RESTART_COUNT, "SLURM_RESTART_COUNT")               \
	X(V_MV2_COMM_WORLD_RANK, "MV2_COMM_WORLD_RANK")               \
	X(V_MV2_COMM_WORLD_LOCAL_RANK, "MV2_COMM_WORLD_LOCAL_RANK")   \
	X(V_MV2_COMM_WORLD_SIZE, "MV2_COMM_WORLD_SIZE")               \
	X(V_HOROVOD_RANK, "HOROVOD_RANK")                             \
	X(V_HOROVOD_LOCAL_RANK, "HOROVOD_LOCAL_RANK")                 \
	X(V_HOROVOD_SIZE, "HOROVOD_SIZE")                             \
	X(V_HOROVOD_CROSS_RANK, "HOROVOD_CROSS_RANK")                 \
	X(V_PADDLE_TRAINER_ID, "PADDLE_TRAINER_ID")                   \
	X(V_PADDLE_TRAINERS_NUM, "PADDLE_TRAINERS_NUM")               \
	X(V_PADDLE_RANK_IN_NODE, "PADDLE_RANK_IN_NODE")               \
	X(V_VIGIL_RUN_ID, "VIGIL_RUN_ID")

enum variable {
	V_NOTHING, /* a launcher has no variable for this */
#define VARIABLE(variable, name) variable,
	VARIABLES(VARIABLE)
#undef VARIABLE
		V_COUNT_
};

/* No pointers, which the loader would have to relocate in every program. */
static const char variable_names[][sizeof "TORCHELASTIC_RESTART_COUNT"] = {"",
#define VARIABLE(variable, name) name,
	VARIABLES(VARIABLE)
#undef VARIABLE
};

/* slurm/slurm.h, SLURM_MAX_NORMAL_STEP_ID: what lies above are steps of other kinds. */
#define SLURM_STEP_SPECIAL 0xfffffff0

/* The rules, the first match wins: a launcher is there when MARK is set (and a number below
 * MARK_BELOW, unless that is 0) and RANK is set. torchrun's own agent inherits the variables of a
 * launcher around it, so torchrun comes first; Slurm's batch and extern steps set SLURM_PROCID too,
 * but no SLURM_STEP_ID, or one that is a word or a number of SLURM_STEP_SPECIAL and above. */
struct rule {
	enum launcher launcher;
	enum variable mark;
	int64_t mark_below;
	enum variable rank, local_id, world_size, group_rank, attempt;
};

static const struct rule rules[] = {
	{LAUNCHER_TORCHRUN, V_TORCHELASTIC_RUN_ID, 0, V_RANK, V_LOCAL_RANK, V_WORLD_SIZE,
		V_GROUP_RANK, V_TORCHELASTIC_RESTART_COUNT},
	{LAUNCHER_OPENMPI, V_OMPI_COMM_WORLD_RANK, 0, V_OMPI_COMM_WORLD_RANK,
		V_OMPI_COMM_WORLD_LOCAL_RANK, V_OMPI_COMM_WORLD_SIZE, V_NOTHING, V_NOTHING},
	{LAUNCHER_OPENMPI, V_PMIX_RANK, 0, V_PMIX_RANK, V_NOTHING, V_NOTHING, V_NOTHING, V_NOTHING},
	/* PALS sets PMI_RANK too, but its own mark distinguishes it from MPICH; its PMI_SIZE is the
	   world's. */
	{LAUNCHER_PALS, V_PALS_RANKID, 0, V_PALS_RANKID, V_PALS_LOCAL_RANKID, V_PMI_SIZE,
		V_PALS_NODEID, V_NOTHING},
	{LAUNCHER_MPICH, V_PMI_RANK, 0, V_PMI_RANK, V_MPI_LOCALRANKID, V_PMI_SIZE, V_NOTHING,
		V_NOTHING},
	/* mpiexec.hydra -pmi-port */
	{LAUNCHER_MPICH, V_PMI_PORT, 0, V_PMI_ID, V_MPI_LOCALRANKID, V_NOTHING, V_NOTHING,
		V_NOTHING},
	{LAUNCHER_FLUX, V_FLUX_TASK_RANK, 0, V_FLUX_TASK_RANK, V_FLUX_TASK_LOCAL_ID,
		V_FLUX_JOB_SIZE, V_NOTHING, V_NOTHING},
	{LAUNCHER_JSM, V_JSM_NAMESPACE_RANK, 0, V_JSM_NAMESPACE_RANK, V_JSM_NAMESPACE_LOCAL_RANK,
		V_JSM_NAMESPACE_SIZE, V_NOTHING, V_NOTHING},
	{LAUNCHER_SLURM, V_SLURM_STEP_ID, SLURM_STEP_SPECIAL, V_SLURM_PROCID, V_SLURM_LOCALID,
		V_SLURM_NTASKS, V_SLURM_NODEID, V_SLURM_RESTART_COUNT},
	{LAUNCHER_NONE, V_WORLD_SIZE, INT64_MAX, V_RANK, V_LOCAL_RANK, V_WORLD_SIZE, V_GROUP_RANK,
		V_NOTHING},
	/* scripts that get the address of the first, but not how many there are */
	{LAUNCHER_NONE, V_MASTER_ADDR, 0, V_RANK, V_LOCAL_RANK, V_NOTHING, V_NOTHING, V_NOTHING},
	{LAUNCHER_NONE, V_HOROVOD_RANK, 0, V_HOROVOD_RANK, V_HOROVOD_LOCAL_RANK, V_HOROVOD_SIZE,
		V_HOROVOD_CROSS_RANK, V_NOTHING},
	{LAUNCHER_NONE, V_MV2_COMM_WORLD_RANK, 0, V_MV2_COMM_WORLD_RANK,
		V_MV2_COMM_WORLD_LOCAL_RANK, V_MV2_COMM_WORLD_SIZE, V_NOTHING, V_NOTHING},
	{LAUNCHER_NONE, V_PADDLE_TRAINER_ID, 0, V_PADDLE_TRAINER_ID, V_PADDLE_RANK_IN_NODE,
		V_PADDLE_TRAINERS_NUM, V_NOTHING, V_NOTHING},
	/* PyTorch Lightning: the first rank of each node starts the others, and has its own
	   variables only inside. There is no RANK: see rank_of_node(). */
	{LAUNCHER_NONE, V_WORLD_SIZE, INT64_MAX, V_LOCAL_RANK, V_LOCAL_RANK, V_WORLD_SIZE,
		V_NODE_RANK, V_NOTHING},
};

/* Where each variable's value begins, in memory that may not be there; 0: not set. */
struct found {
	struct memory_reader reader;
	uintptr_t values[V_COUNT_];
};

/* Cheap first look, so that most of an environment costs two bytes: those that names begin with. */
static bool may_matter(const char *entry)
{
	static const char beginnings[][3] = {"TO", "RA", "LO", "WO", "GR", "MA", "OM", "PM", "MP",
		"FL", "PA", "JS", "SL", "HO", "MV", "NO", "VI"};

	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (memcmp(entry, beginnings[i], 2) == 0)
			return true;
	return false;
}

/* How many bytes of an entry are read for the second look, which leaves hardly any but ours. */
#define HEAD_SIZE 8

/* No name is shorter: a comparison of so many bytes is one instruction. */
#define NAME_LEAST 4

/* Whether ENTRY begins with NAME and '='; unless it is there as a WHOLE, as far as it goes. */
static bool is_of(const char *entry, const char *name, bool whole)
{
	if (memcmp(entry, name, NAME_LEAST) != 0)
		return false;
	while (*name != '\0' && *entry == *name) {
		entry++;
		name++;
	}
	return (*name == '\0' && *entry == '=') || (!whole && *entry == '\0');
}

/* The first variable from FROM on that ENTRY is_of(); V_NOTHING: none. */
static enum variable variable_of(const char *entry, enum variable from, bool whole)
{
	const char(*end)[sizeof *variable_names] = &variable_names[V_COUNT_];

	for (const char(*name)[sizeof *variable_names] = &variable_names[from]; name < end; name++)
		if (is_of(entry, *name, whole))
			return (enum variable)(name - variable_names);
	return V_NOTHING;
}

/* Note where the value of ENTRY is, if it is one of VARIABLES; as for getenv(), the first
 * counts. */
static void note_entry(struct found *found, uintptr_t entry)
{
	char head[48] = {0};
	enum variable variable;

	if (!memory_read_exact(&found->reader, entry, head, 2) || !may_matter(head) ||
		!memory_read_string(&found->reader, entry, head, HEAD_SIZE + 1))
		return;
	variable = variable_of(head, V_NOTHING + 1, false);
	if (variable == V_NOTHING || !memory_read_string(&found->reader, entry, head, sizeof head))
		return;
	variable = variable_of(head, variable, true);
	if (variable != V_NOTHING && found->values[variable] == 0)
		found->values[variable] = entry + strlen(variable_names[variable]) + 1;
}

static void find_all(struct found *found, char *const *environ)
{
	uintptr_t at = (uintptr_t)environ, entry;

	for (; environ != NULL && memory_read_exact(&found->reader, at, &entry, sizeof entry);
		at += sizeof entry) {
		if (entry == 0)
			return;
		note_entry(found, entry);
	}
}

/* The value, or "" when it is not set. */
static const char *value_of(struct found *found, enum variable variable, char value[VALUE_SIZE])
{
	value[0] = '\0';
	if (variable != V_NOTHING && found->values[variable] != 0)
		memory_read_string(&found->reader, found->values[variable], value, VALUE_SIZE);
	return value;
}

/* The value of VARIABLE, a number from 0; RANK_UNKNOWN where it is not set, or is something else,
 * which sets *MALFORMED. */
static int64_t number_of(struct found *found, enum variable variable, bool *malformed)
{
	char value[VALUE_SIZE];
	int64_t number;

	value_of(found, variable, value);
	if (value[0] == '\0')
		return RANK_UNKNOWN;
	if (number_parse(value, &number) && number >= 0)
		return number;
	*malformed = true;
	return RANK_UNKNOWN;
}

static bool applies(struct found *found, const struct rule *rule)
{
	bool malformed = false;
	int64_t mark;

	if (found->values[rule->mark] == 0 || found->values[rule->rank] == 0)
		return false;
	if (rule->mark_below == 0)
		return true;
	mark = number_of(found, rule->mark, &malformed);
	return mark != RANK_UNKNOWN && mark < rule->mark_below;
}

/* The rank of the process ID, whose rule has only its number on its node: the nodes before have as
 * many ranks each. RANK_UNKNOWN where nothing says how many; the report counts them. */
static int64_t rank_of_node(struct found *found, const struct identity *id)
{
	bool other = false;
	int64_t ranks = number_of(found, V_LOCAL_WORLD_SIZE, &other);

	if (id->group_rank <= 0)
		return id->rank < id->world_size ? id->rank : RANK_UNKNOWN;
	return ranks > id->rank && id->group_rank < id->world_size / ranks
		       ? id->group_rank * ranks + id->rank
		       : RANK_UNKNOWN;
}

static void take_rule(struct found *found, const struct rule *rule, struct identity *id)
{
	bool other = false;
	int64_t attempt = number_of(found, rule->attempt, &other);

	id->launcher = rule->launcher;
	id->rank = number_of(found, rule->rank, &id->malformed);
	id->local_id = number_of(found, rule->local_id, &other);
	id->world_size = number_of(found, rule->world_size, &other);
	id->group_rank = number_of(found, rule->group_rank, &other);
	if (rule->rank == rule->local_id && id->rank != RANK_UNKNOWN)
		id->rank = rank_of_node(found, id);
	id->rank_source = id->rank == RANK_UNKNOWN ? NULL : variable_names[rule->rank];
	id->attempt = attempt == RANK_UNKNOWN ? 0 : attempt;
}

static void read_rank(struct found *found, struct identity *id)
{
	for (size_t i = 0; i < NAMES_COUNT(rules); i++)
		if (applies(found, &rules[i])) {
			take_rule(found, &rules[i], id);
			return;
		}
	for (size_t i = 0; i < NAMES_COUNT(rules) && id->unmarked == LAUNCHER_NONE; i++)
		if (rules[i].mark_below != 0 && found->values[rules[i].rank] != 0)
			id->unmarked = rules[i].launcher;
}

static bool take_run_id(struct found *found, enum variable variable, char run_id[RUN_ID_SIZE])
{
	char value[VALUE_SIZE];

	if (value_of(found, variable, value)[0] == '\0')
		return false;
	/* torchrun sets this without --rdzv_id. */
	if (variable == V_TORCHELASTIC_RUN_ID && strcmp(value, "none") == 0)
		return false;
	text_format(run_id, RUN_ID_SIZE, "%s", value);
	return true;
}

static bool take_slurm_step(struct found *found, char run_id[RUN_ID_SIZE])
{
	char job[VALUE_SIZE], step[VALUE_SIZE];

	if (value_of(found, V_SLURM_JOB_ID, job)[0] == '\0' ||
		value_of(found, V_SLURM_STEP_ID, step)[0] == '\0')
		return false;
	text_format(run_id, RUN_ID_SIZE, "%s.%s", job, step);
	return true;
}

static void read_run_id(struct found *found, char run_id[RUN_ID_SIZE])
{
	(void)(take_run_id(found, V_VIGIL_RUN_ID, run_id) ||
		take_run_id(found, V_TORCHELASTIC_RUN_ID, run_id) ||
		take_slurm_step(found, run_id) || take_run_id(found, V_PMIX_NAMESPACE, run_id) ||
		take_run_id(found, V_FLUX_JOB_ID, run_id));
}

static void read_endpoint(struct found *found, char *endpoint, size_t size)
{
	char host[VALUE_SIZE], port[VALUE_SIZE];

	if (value_of(found, V_MASTER_ADDR, host)[0] != '\0')
		text_format(endpoint, size, "%s:%s", host, value_of(found, V_MASTER_PORT, port));
}

void identity_read(char *const *environ, struct identity *ret_identity)
{
	struct found found = {0};

	*ret_identity = (struct identity){
		.launcher = LAUNCHER_NONE,
		.unmarked = LAUNCHER_NONE,
		.rank = RANK_UNKNOWN,
		.local_id = RANK_UNKNOWN,
		.world_size = RANK_UNKNOWN,
		.group_rank = RANK_UNKNOWN,
	};
	find_all(&found, environ);
	read_rank(&found, ret_identity);
	read_run_id(&found, ret_identity->run_id);
	read_endpoint(&found, ret_identity->master_endpoint, sizeof ret_identity->master_endpoint);
}

bool identity_same_rank(const struct identity *one, const struct identity *other)
{
	return one->rank != RANK_UNKNOWN && one->rank == other->rank &&
	       one->launcher == other->launcher && one->attempt == other->attempt;
}

/* How much of an environment is read: the variables of launchers stand far before that end. */
#define ENVIRON_MAX ((size_t)256 * 1024)

static void find_in_block(struct found *found, const char *block, size_t size)
{
	for (size_t at = 0; at < size; at += strlen(block + at) + 1)
		note_entry(found, (uintptr_t)(block + at));
}

bool identity_is_leader(const struct identity *own, pid_t ppid)
{
	struct identity parent = {.launcher = LAUNCHER_NONE, .rank = RANK_UNKNOWN};
	struct found found = {0};
	struct arena arena = {0};
	char path[40];
	char *block = own->rank == RANK_UNKNOWN ? NULL : arena_alloc(&arena, ENVIRON_MAX);
	ssize_t size;

	if (block == NULL)
		return true;
	text_format(path, sizeof path, "/proc/%d/environ", ppid);
	size = file_read(path, block, ENVIRON_MAX);
	if (size > 0)
		find_in_block(&found, block, (size_t)size);
	read_rank(&found, &parent);
	arena_release(&arena);
	return !identity_same_rank(own, &parent);
}
