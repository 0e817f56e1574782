/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solver.c - solves A t = heat by Jacobi's method on all ranks of an MPI job, A from a Matrix
 * Market file.
 *
 * Each rank keeps a block of rows. It trusts the file: a column number that is out of range makes
 * the rank that has that row read far outside of the vector. That is the bug that `make demo`
 * shows.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define SWEEPS 5000
#define TOLERANCE 1e-8

struct entry {
	int row, column; /* from 0 */
	double value;
};

struct block {
	int size;	  /* unknowns in all */
	int first, count; /* the rows of this rank */
	int entries;
	struct entry *entry;
	double *diagonal; /* of its rows */
};

static void give_up(const char *what)
{
	fprintf(stderr, "solver: %s\n", what);
	MPI_Abort(MPI_COMM_WORLD, 2);
}

static void *allocate(int count, size_t size)
{
	void *memory = calloc((size_t)count, size);

	if (memory == NULL)
		give_up("no memory");
	return memory;
}

/* The line with the sizes, behind the comments. */
static int read_sizes(FILE *file, int *rows, int *entries)
{
	char line[1024];
	int columns;

	while (fgets(line, sizeof line, file) != NULL)
		if (line[0] != '%')
			return sscanf(line, "%d %d %d", rows, &columns, entries) == 3 &&
			       *rows == columns;
	return 0;
}

static void keep(struct block *block, const struct entry *entry)
{
	if (entry->row < block->first || entry->row >= block->first + block->count)
		return;
	if (entry->row == entry->column)
		block->diagonal[entry->row - block->first] = entry->value;
	else
		block->entry[block->entries++] = *entry;
}

static void read_block(struct block *block, const char *path, int rank, int ranks)
{
	FILE *file = fopen(path, "r");
	struct entry entry;
	int entries;

	if (file == NULL || !read_sizes(file, &block->size, &entries) || block->size % ranks != 0)
		give_up("cannot read the matrix, or its rows do not divide by the ranks");
	block->count = block->size / ranks;
	block->first = rank * block->count;
	block->entry = allocate(entries, sizeof *block->entry);
	block->diagonal = allocate(block->count, sizeof *block->diagonal);
	while (fscanf(file, "%d %d %lf", &entry.row, &entry.column, &entry.value) == 3) {
		entry.row--;
		entry.column--;
		keep(block, &entry);
	}
	fclose(file);
}

/* One step for the rows of BLOCK, from T to NEXT; returns the largest change. */
static double sweep(const struct block *block, const double *t, double *next)
{
	double change = 0;

	for (int i = 0; i < block->count; i++)
		next[i] = 1; /* the heat that comes in */
	for (int i = 0; i < block->entries; i++) {
		const struct entry *entry = &block->entry[i];

		next[entry->row - block->first] -= entry->value * t[entry->column];
	}
	for (int i = 0; i < block->count; i++) {
		next[i] /= block->diagonal[i];
		change = fmax(change, fabs(next[i] - t[block->first + i]));
	}
	return change;
}

static int solve(const struct block *block, double *t)
{
	double *next = allocate(block->count, sizeof *next);
	double change = 1;
	int sweeps = 0;

	while (change > TOLERANCE && sweeps++ < SWEEPS) {
		change = sweep(block, t, next);
		MPI_Allgather(next, block->count, MPI_DOUBLE, t, block->count, MPI_DOUBLE,
			MPI_COMM_WORLD);
		MPI_Allreduce(MPI_IN_PLACE, &change, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
	}
	free(next);
	return sweeps;
}

int main(int argc, char **argv)
{
	struct block block = {0};
	int rank, ranks, sweeps;
	double *t;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (argc != 2)
		give_up("usage: solver MATRIX");
	read_block(&block, argv[1], rank, ranks);
	if (rank == 0)
		printf("solver: %d unknowns on %d ranks\n", block.size, ranks);
	t = allocate(block.size, sizeof *t);
	sweeps = solve(&block, t);
	if (rank == 0)
		printf("solver: %d sweeps, %.4f in the middle\n", sweeps,
			t[block.size / 2 + block.size / 32]);
	free(t);
	free(block.entry);
	free(block.diagonal);
	MPI_Finalize();
	return 0;
}
