/*
 * cmd/status.c - `swarm status`: one screen, and an exit status for scripts.
 *
 * 0: all is well; 1: there are problems; 2: no manager answers, or none leads.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/status_view.h"
#include "cmd/table.h"
#include "cmd/talk.h"

struct status_args {
	struct talk_args talk;
	bool watch, json;
};

static const struct option_spec status_options[] = {
	TALK_OPTIONS(struct status_args, talk),
	{
		"watch",
		"w",
		OPTION(BOOL, struct status_args, watch),
		.help = "again every two seconds, until it is interrupted",
	},
	{
		"json",
		OPTION(BOOL, struct status_args, json),
		.help = "as an object in JSON",
	},
};

enum { WATCH_MS = 2000 };

static void ask_nodes(struct talk *talk, struct status_view *v)
{
	auto_json yyjson_doc *nodes = NULL;
	auto_error struct error err = ERROR_INIT;

	talk_ask(talk, "GET", "/nodes", NULL, &nodes, &err);
	status_view_nodes(v, yyjson_doc_get_root(nodes), error_text(&err));
}

static void ask_containers(
	struct talk *talk, struct status_view *v, const char *filter, const char *state)
{
	auto_json yyjson_doc *list = NULL;
	/* {"health":["unhealthy"]} */
	auto_free char *target =
		xasprintf("/containers/json?all=1&filters=%%7B%%22%s%%22%%3A%%5B%%22%s%%22%%5D%%7D",
			filter, state);

	if (talk_ask(talk, "GET", target, NULL, &list, NULL))
		status_view_containers(v, yyjson_doc_get_root(list), state);
}

static void ask_all(struct talk *talk, struct status_view *v)
{
	auto_json yyjson_doc *info = NULL;
	auto_error struct error err = ERROR_INIT;

	talk_ask(talk, "GET", "/info", NULL, &info, &err);
	status_view_init(v, talk->host, yyjson_doc_get_root(info), error_text(&err));
	if (v->state == STATUS_NOBODY)
		return;
	ask_nodes(talk, v);
	if (v->state == STATUS_NOBODY)
		return;
	ask_containers(talk, v, "health", "unhealthy");
	ask_containers(talk, v, "status", "restarting");
	ask_containers(talk, v, "status", "dead");
}

static void print_view(const struct status_args *args, const struct status_view *v)
{
	auto_json_mut yyjson_mut_doc *doc = NULL;

	if (!args->json) {
		if (args->watch && isatty(STDOUT_FILENO))
			fputs("\x1b[H\x1b[2J", stdout);
		status_view_print(v, stdout);
	} else {
		doc = yyjson_mut_doc_new(NULL);
		table_print_mut_json(stdout, status_view_json(v, doc), !args->watch);
	}
	fflush(stdout);
}

static bool status_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct status_args *args = values;
	struct talk talk;
	bool good;

	*in->failure = STATUS_NOBODY; /* also for what keeps it from asking */
	if (words->count)
		return error_set(err, ERROR_INVALID, "status takes no arguments");
	if (!talk_open(&talk, &args->talk, err))
		return false;
	for (;;) {
		struct status_view v;

		ask_all(&talk, &v);
		print_view(args, &v);
		*in->failure = (int)v.state;
		good = v.state == STATUS_GOOD;
		status_view_finish(&v);
		/* who reads it has gone */
		if (!args->watch || ferror(stdout))
			break;
		talk_rest(&talk, WATCH_MS);
	}
	talk_close(&talk);
	return good;
}

const struct command command_status = {
	.name = "status",
	.summary = "Show how the cluster fares, what is wrong and what to do",
	.details = "   The exit status is 0 when all is well, 1 when there are problems, and 2 "
		   "when no "
		   "manager\n   answers or none leads.\n",
	.usage = "[OPTIONS]",
	.options = status_options,
	.options_count = ARRAY_SIZE(status_options),
	.values_size = sizeof(struct status_args),
	.run = status_run,
};
