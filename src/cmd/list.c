/*
 * cmd/list.c - `swarm list`: the members as discovery sees them now, one a line.
 *
 * The first answer counts.  Good lines of a source that is bad in part are printed, and the exit
 * status still says that something was wrong.
 */
#include <stdio.h>

#include "base/log.h"
#include "cmd/command.h"
#include "cmd/values.h"
#include "discovery/schemes.h"
#include "net/loop.h"

struct list_args {
	char *timeout;
	struct strv discovery_options;
};

static const struct option_spec list_options[] = {
	{
		"timeout",
		OPTION(STRING, struct list_args, timeout),
		.initial = "10s",
		.help = "how long to wait for the discovery service",
	},
	{
		"discovery-opt",
		OPTION(LIST, struct list_args, discovery_options),
		.help = "option of the discovery service, key=value",
	},
};

struct listing {
	struct loop *loop;
	struct timer timeout;
	char *source;     /* the URL as it may be shown; owned */
	bool tries_again; /* the discovery does, soon */
	struct error err; /* set when something went wrong */
};

static void print_members(void *arg, const struct strv *members)
{
	struct listing *l = arg;

	error_clear(&l->err); /* of the tries before */
	for (size_t i = 0; i < members->count; i++)
		puts(members->items[i]);
	loop_stop(l->loop);
}

/* A store is tried again, perhaps with its next server, for as long as there is time. */
static void note_error(void *arg, const struct error *err)
{
	struct listing *l = arg;

	error_copy(&l->err, err);
	if (!l->tries_again)
		loop_stop(l->loop);
}

static void handle_timeout(struct timer *t)
{
	struct listing *l = container_of(t, struct listing, timeout);

	if (error_is_set(&l->err))
		error_wrap(&l->err, "Timed out");
	else
		error_set(&l->err, ERROR_TIMEOUT, "Timed out: no answer from %s", l->source);
	loop_stop(l->loop);
}

static const struct discovery_ops listing_ops = {
	.handle_members = print_members,
	.handle_error = note_error,
};

static bool list_members(const struct discovery_url *url, const char *text,
	const struct strv *options, int64_t timeout_ms, struct error *err)
{
	struct listing l = {
		.loop = loop_create(),
		.source = discovery_url_mask(url, text),
		.tries_again = url->scheme->can_register,
	};
	struct discovery *discovery =
		discovery_create(l.loop, url, options, timeout_ms, &listing_ops, &l, &l.err);

	if (discovery) {
		timer_init(&l.timeout, l.loop, handle_timeout);
		timer_start(&l.timeout, timeout_ms);
		loop_run(l.loop);
		timer_stop(&l.timeout);
	}
	discovery_destroy(discovery);
	loop_destroy(l.loop);
	free(l.source);
	if (!error_is_set(&l.err))
		return true;
	error_move(err, &l.err);
	return false;
}

static bool check_timeout(const char *text, int64_t *ret_ms, struct error *err)
{
	int64_t ns;

	if (!value_duration("timeout", text, &ns, err))
		return false;
	if (ns <= 0)
		return error_set(err, ERROR_INVALID, "--timeout should be a positive number");
	*ret_ms = value_ns_to_ms(ns);
	return true;
}

static bool list_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct list_args *args = values;
	struct discovery_url url = DISCOVERY_URL_INIT;
	const char *text;
	int64_t timeout_ms;

	log_set_sink(stderr); /* stdout is for the addresses alone */
	if (!value_discovery(in, words, "list a cluster", &text, err) ||
		!check_timeout(args->timeout, &timeout_ms, err) ||
		!value_discovery_options(&args->discovery_options, err) ||
		!schemes_parse_url(&url, text, err))
		return false;
	bool ok = list_members(&url, text, &args->discovery_options, timeout_ms, err);
	discovery_url_finish(&url);
	return ok;
}

const struct command command_list = {
	.name = "list",
	.alias = "l",
	.summary = "List nodes in a cluster",
	.usage = "[OPTIONS] <discovery>",
	.takes_discovery = true,
	.options = list_options,
	.options_count = ARRAY_SIZE(list_options),
	.values_size = sizeof(struct list_args),
	.run = list_run,
};
