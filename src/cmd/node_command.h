/*
 * cmd/node_command.h - `swarm node`: what `docker node` does, and more, without a docker command.
 */
#pragma once

#include "cmd/command.h"
#include "cmd/talk.h"

/* Of all actions; each has the rows that it needs. */
struct node_command_args {
	struct talk_args talk;
	bool quiet, json, pretty, no_trunc, force, detach;
	char *format;
	char *availability, *role; /* NULL: as it is */
	struct strv filters, label_add, label_rm;
};

extern const struct command command_node_ls, command_node_inspect, command_node_ps;
extern const struct command command_node_update, command_node_rm, command_node_lost;

/* --json or --format json; ERROR_UNSUPPORTED for a template. */
bool node_command_json(const struct node_command_args *args, bool *ret, struct error *err);
/* At least one word; "swarm node ps takes the name of a node ...". */
bool node_command_words(
	const struct invocation *in, const struct strv *words, size_t max, struct error *err);
