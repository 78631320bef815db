/*
 * `swarm create`: a new token for token:// discovery.
 */
#include "cmd/command.h"

static bool create_run(const struct invocation *in, maybe_unused const void *values,
	const struct strv *words, struct error *err)
{
	if (words->count)
		return error_set(err, ERROR_INVALID,
			"the `create` command takes no arguments. See '%s create --help'.",
			in->program);
	return error_set(err, ERROR_UNSUPPORTED,
		"tokens are not available in this version: there is no public hub any more, "
		"and the manager does not serve them yet");
}

const struct command command_create = {
	.name = "create",
	.alias = "c",
	.summary = "Create a cluster",
	.usage = "",
	.run = create_run,
};
