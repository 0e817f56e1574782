# SPDX-License-Identifier: Apache-2.0
# A tiny project; the sources are in $(SRC).
all: program
	./program
program: main.o part.o
	cc -o $@ main.o part.o
%.o: $(SRC)/%.c
	cc -c -o $@ $<
broken:
	cc -c -o broken.o no-such-file.c
