/*
 * cmd/create.c - `swarm create`: a new token for token:// discovery, from a manager that serves
 * as hub.
 *
 * The token alone is on stdout, as scripts expect it; what to do with it is said on stderr.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/values.h"
#include "discovery/hub_client.h"

struct create_args {
	char *url;
	struct strv discovery_options;
};

static const struct option_spec create_options[] = {
	{
		"url",
		OPTION(STRING, struct create_args, url),
		.env = "SWARM_HUB_URL",
		.help = "a manager that serves tokens: http://10.0.0.1:2375, or https://...",
	},
	{
		"discovery-opt",
		OPTION(LIST, struct create_args, discovery_options),
		.help = "option for https, key=value: token.cacertfile, token.certfile, "
			"token.keyfile",
	},
};

struct creation {
	struct loop *loop;
	struct hub_client hub;
	struct task task;
	struct call call;
	char *token; /* owned */
	struct error err;
};

STEP(creation_ask);
STEP(creation_answer);

static enum task_turn creation_ask(struct task *t)
{
	struct creation *c = container_of(t, struct creation, task);

	hub_client_call(&c->hub, &c->call, "POST", "");
	c->call.max_body = 4096;
	hub_client_send(&c->hub, &c->call, t);
	return task_wait_for(t, &c->call.done, &creation_answer_step);
}

/* Whatever else answers 200 there is no hub. */
static bool read_token(struct creation *c)
{
	size_t len = evbuffer_get_length(c->call.in);
	char *text;

	if (!hub_client_check(&c->call, &c->err))
		return false;
	text = len ? xstrndup((const char *)evbuffer_pullup(c->call.in, -1), len) : xstrdup("");
	if (token_is_valid(text)) {
		c->token = text;
		return true;
	}
	free(text);
	return error_set(&c->err, ERROR_PROTOCOL, "the answer is not a token");
}

static enum task_turn creation_answer(struct task *t)
{
	struct creation *c = container_of(t, struct creation, task);

	read_token(c);
	loop_stop(c->loop);
	return TASK_DONE;
}

static void creation_run(
	struct creation *c, const struct hub_url *url, const struct hub_options *options)
{
	task_init(&c->task, c->loop, &creation_ask_step, NULL);
	if (hub_client_init(&c->hub, c->loop, url, options, &c->err)) {
		task_start(&c->task);
		loop_run(c->loop);
	}
	task_finish(&c->task);
	call_finish(&c->call);
	hub_client_finish(&c->hub);
}

static void print_token(const char *program, const struct hub_url *url, const char *token)
{
	auto_free char *address = address_format(&url->address);

	fprintf(stderr,
		"The hosts of this cluster run: %s join --advertise <address>:2375 %s://%s%s/%s\n",
		program, url->tls ? "token" : "token+http", address, url->base, token);
	puts(token);
}

static bool create_token(const struct invocation *in, const struct hub_url *url,
	const struct hub_options *options, struct error *err)
{
	struct creation c = { .loop = loop_create() };

	creation_run(&c, url, options);
	loop_destroy(c.loop);
	if (c.token)
		print_token(in->program, url, c.token);
	else
		error_move(err, &c.err);
	bool ok = c.token != NULL;
	free(c.token);
	return ok;
}

static bool create_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct create_args *args = values;
	auto_hub_url struct hub_url url = { 0 };
	struct hub_options options;

	log_set_sink(stderr);
	if (words->count)
		return error_set(err, ERROR_INVALID,
			"the `create` command takes no arguments. See '%s create --help'.",
			in->program);
	if (!args->url || !*args->url)
		return error_set(err, ERROR_INVALID,
			"the public hub is gone: start '%s manage' without a discovery argument, "
			"which makes a token of its own, or ask such a manager for another one "
			"with --url http://10.0.0.1:2375",
			in->program);
	return value_discovery_options(&args->discovery_options, err) &&
	       hub_options_parse(&options, &args->discovery_options, err) &&
	       hub_url_parse(&url, args->url, err) && create_token(in, &url, &options, err);
}

const struct command command_create = {
	.name = "create",
	.alias = "c",
	.summary = "Create a cluster",
	.usage = "[OPTIONS]",
	.options = create_options,
	.options_count = ARRAY_SIZE(create_options),
	.values_size = sizeof(struct create_args),
	.run = create_run,
};
