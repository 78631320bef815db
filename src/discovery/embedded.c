/* discovery/embedded.c - a watcher of the registry's own cluster. */
#include "discovery/embedded.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "discovery/discovery_private.h"
#include "discovery/entry.h"
#include "http/client.h"

#define ENGINE_OPTION "registry.engine="

enum { PING_MS = 5000 };

/* Asks the local engine until it answers; how it fares afterwards is the cluster's business. */
struct local_engine {
	char *address;             /* owned; NULL: there shall be none */
	struct endpoint *endpoint; /* owned */
	struct task task;
	struct call ping;
	int64_t pause_ms;
	bool asked, answers;
};

struct embedded {
	struct discovery base;
	struct registry *registry; /* borrowed */
	struct registry_wait wait;
	struct task task;
	struct local_engine local;
	uint64_t index; /* of the members last reported */
	bool reported, reported_local;
};

STEP(local_ask);
STEP(local_answer);
STEP(embedded_look);

/* --- the local engine --- */

static enum task_turn local_ask(struct task *t)
{
	struct embedded *e = container_of(t, struct embedded, local.task);

	call_init(&e->local.ping, "GET", "/_ping");
	e->local.ping.mode = CALL_DRAIN;
	e->local.ping.head_timeout_ms = PING_MS;
	call_send(&e->local.ping, e->local.endpoint, t);
	return task_wait_for(t, &e->local.ping.done, &local_answer_step);
}

static enum task_turn local_answer(struct task *t)
{
	struct embedded *e = container_of(t, struct embedded, local.task);
	struct local_engine *local = &e->local;

	local->answers = local->ping.answer.status == 200;
	local->asked = true;
	call_finish(&local->ping);
	task_wake(&e->task);
	return local->answers ? TASK_DONE : task_wait_ms(t, &local_ask_step, local->pause_ms);
}

static const char *local_address(const struct strv *options)
{
	const char *address = EMBEDDED_LOCAL_ENGINE;

	for (size_t i = 0; i < options->count; i++) {
		if (str_starts_with(options->items[i], ENGINE_OPTION))
			address = options->items[i] + strlen(ENGINE_OPTION);
	}
	return strcmp(address, "none") == 0 ? NULL : address;
}

static void local_start(struct embedded *e, const char *text)
{
	struct local_engine *local = &e->local;
	struct address address = { 0 };

	task_init(&local->task, e->base.loop, &local_ask_step, NULL);
	local->asked = !text;
	if (!text || !address_parse(&address, text, NULL))
		return;
	local->address = xstrdup(text);
	local->pause_ms = e->base.heartbeat_ms;
	local->endpoint = endpoint_create(e->base.loop, &(struct endpoint_config){
								.address = address,
								.connect_timeout_ms = PING_MS,
							});
	address_finish(&address);
	task_start(&local->task);
}

static void local_finish(struct local_engine *local)
{
	task_finish(&local->task);
	call_finish(&local->ping);
	if (local->endpoint)
		endpoint_destroy(local->endpoint, "not needed any more");
	free(local->address);
}

/* --- all members --- */

static bool is_news(const struct embedded *e, uint64_t index)
{
	return !e->reported || e->index != index || e->reported_local != e->local.answers;
}

static void report(struct embedded *e, const char *token)
{
	auto_strv struct strv members = STRV_INIT;

	if (e->local.answers)
		strv_add(&members, e->local.address);
	registry_list(e->registry, token, &members);
	e->index = registry_index(e->registry, token);
	e->reported = true;
	e->reported_local = e->local.answers;
	discovery_tell(&e->base, &members);
}

static enum task_turn embedded_look(struct task *t)
{
	struct embedded *e = container_of(t, struct embedded, task);
	const char *token = registry_own_token(e->registry);

	/* The first list waits for the local engine, so that it does not come second. */
	if (e->local.asked && is_news(e, registry_index(e->registry, token)))
		report(e, token);
	registry_wait_change(e->registry, &e->wait, t);
	return task_wait(t, &embedded_look_step); /* for as long as nothing changes */
}

static void embedded_destroy(struct discovery *d)
{
	struct embedded *e = container_of(d, struct embedded, base);

	list_remove(&e->wait.link);
	task_finish(&e->task);
	local_finish(&e->local);
	discovery_finish(&e->base);
	free(e);
}

static const struct discovery_backend embedded_backend = { .destroy = embedded_destroy };

bool embedded_check(const struct strv *options, struct error *err)
{
	for (size_t i = 0; i < options->count; i++) {
		if (str_starts_with(options->items[i], "registry.") &&
			!str_starts_with(options->items[i], ENGINE_OPTION))
			return error_set(err, ERROR_INVALID,
				"unknown --discovery-opt '%s': there is registry.engine",
				options->items[i]);
	}
	const char *address = local_address(options);
	if (address && !entry_check(address, err))
		return error_wrap(err, "registry.engine");
	return true;
}

struct discovery *embedded_create(struct loop *loop, struct registry *registry,
	const struct strv *options, int64_t heartbeat_ms, const struct discovery_ops *ops,
	void *arg)
{
	struct embedded *e = xnew(struct embedded);

	discovery_init(&e->base, &embedded_backend,
		&(struct discovery_config){
			.loop = loop,
			.heartbeat_ms = heartbeat_ms,
			.ops = ops,
			.arg = arg,
		});
	e->registry = registry;
	list_init(&e->wait.link);
	task_init(&e->task, loop, &embedded_look_step, NULL);
	task_start(&e->task);
	local_start(e, local_address(options));
	return &e->base;
}
