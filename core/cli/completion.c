/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include <stdio.h>
#include <string.h>

/* core/cli/completion.bash, taken in by the assembler: it completes by the table. */
__asm__(".pushsection .rodata\n"
	"completion_script:\n"
	".incbin \"core/cli/completion.bash\"\n"
	"completion_script_end:\n"
	".popsection\n");
extern const char completion_script[] __attribute__((visibility("hidden")));
extern const char completion_script_end[] __attribute__((visibility("hidden")));

static void print_words(const struct command *command, const char *option)
{
	const struct option_words *words = command->words;
	const char *word;

	while (words != NULL && words->option != NULL && strcmp(words->option, option) != 0)
		words++;
	if (words == NULL || words->option == NULL)
		return;
	for (unsigned i = 0; (word = words->word_at(i)) != NULL; i++)
		printf(" %s", word);
}

static void print_option(const struct command *command, const struct option_spec *option)
{
	printf("%s --%s", command->name, option->name);
	if (option->letter != '\0')
		printf(" -%c", option->letter);
	else
		printf(" -");
	if (option->argument != NULL)
		printf(" %s", option->argument);
	print_words(command, option->name);
	putchar('\n');
}

void completion_print(const struct command *const *commands, size_t count)
{
	const struct option_spec *option;

	printf("# Made by vigil --bash-completion.\n"
	       "# A line an option: COMMAND --NAME -LETTER [VALUE [WORD…]]; and one for the "
	       "operands, if there are any.\n_vigil_table='\n");
	for (size_t i = 0; i < count; i++) {
		printf("%s operands - %s\n", commands[i]->name,
			commands[i]->operand == NULL ? "-" : commands[i]->operand);
		for (int j = 0; (option = option_at(commands[i], j)) != NULL; j++)
			print_option(commands[i], option);
	}
	printf("'\n\n");
	fwrite(completion_script, 1, (size_t)(completion_script_end - completion_script), stdout);
}
