/* cmd/node_command.c - the table of the actions, and what they share. */
#include "cmd/node_command.h"

#include <string.h>

static const struct command *const node_actions[] = {
	&command_node_ls,
	&command_node_inspect,
	&command_node_ps,
	&command_node_update,
	&command_node_rm,
	&command_node_lost,
	NULL,
};

const struct command command_node = {
	.name = "node",
	.summary = "See and change the nodes of a running manager",
	.usage = "COMMAND",
	.actions = node_actions,
};

bool node_command_json(const struct node_command_args *args, bool *ret, struct error *err)
{
	const char *format = args->format ? args->format : "table";

	*ret = args->json || strcmp(format, "json") == 0;
	return *ret || strcmp(format, "table") == 0 ||
	       error_set(err, ERROR_UNSUPPORTED,
		       "--format '%s': there are table and json; for templates use the docker "
		       "command, which has the same",
		       format);
}

bool node_command_words(
	const struct invocation *in, const struct strv *words, size_t max, struct error *err)
{
	const char *name = in->command->name, *program = in->program;

	if (words->count == 0)
		return error_set(err, ERROR_INVALID,
			"%s takes the name or id of a node, as in '%s %s node-1'.  See '%s %s "
			"--help'.",
			name, program, name, program, name);
	if (words->count > max)
		return error_set(err, ERROR_INVALID, "%s takes one node, and '%s' is another", name,
			words->items[1]);
	return true;
}
