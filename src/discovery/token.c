/*
 * discovery/token.c - both sides of token discovery: reading the list, and being on it.
 */
#include "discovery/token.h"

#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "discovery/discovery_private.h"
#include "discovery/entry.h"
#include "discovery/hub_client.h"
#include "discovery/registration_private.h"
#include "kv/kv.h"

enum {
	BLOCK_S = 30,           /* how long a hub may hold an answer back */
	BLOCK_GRACE_MS = 10000, /* ... and how much later it may come */
	ASK_AGAIN_MS = 100,     /* between blocking reads, whatever the hub answers */
	RELEASE_MS = 4000,      /* for taking an entry away */
	INDEX_MAX_LEN = 32,
};

/* Where one discovery or registration of this scheme belongs. */
struct place {
	struct hub_client hub;
	char *token; /* owned */
};

static bool place_init(struct place *p, struct loop *loop, const struct discovery_url *url,
	const struct strv *options, struct error *err)
{
	auto_hub_url struct hub_url hub = { 0 };
	struct hub_options parsed;

	*p = (struct place){ 0 };
	return hub_options_parse(&parsed, options, err) &&
	       hub_url_parse_token(&hub, &p->token, url->scheme->is_tls, url->rest, &parsed, err) &&
	       hub_client_init(&p->hub, loop, &hub, &parsed, err);
}

static void place_finish(struct place *p)
{
	hub_client_finish(&p->hub);
	free(steal(p->token));
}

/* --- reading the list --- */

struct token {
	struct discovery base;
	struct place place;
	struct task task;
	struct call call;
	struct backoff backoff;
	char index[INDEX_MAX_LEN]; /* of the list that we have; "": the hub gives none */
};

STEP(token_ask);
STEP(token_answer);

static void read_element(yyjson_val *element, struct strv *members, struct strv *bad)
{
	auto_error struct error err = ERROR_INIT;
	const char *text = yyjson_get_str(element);

	if (yyjson_get_len(element) == 0)
		return;
	if (entry_check_bytes(text, yyjson_get_len(element), &err))
		strv_add(members, text);
	else
		strv_add(bad, err.text);
}

bool token_read_members(const char *text, size_t len, struct strv *ret_members,
	struct strv *ret_bad, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(text, len, err);
	yyjson_arr_iter iter;
	yyjson_val *element;

	if (!doc)
		return false;
	if (!yyjson_arr_iter_init(yyjson_doc_get_root(doc), &iter) &&
		!yyjson_is_arr(yyjson_doc_get_root(doc)))
		return error_set(err, ERROR_PROTOCOL, "not a list of addresses");
	while ((element = yyjson_arr_iter_next(&iter))) {
		if (!yyjson_is_str(element))
			return error_set(err, ERROR_PROTOCOL, "not a list of addresses");
		read_element(element, ret_members, ret_bad);
	}
	return true;
}

/* One bad address does not hide the good ones. */
static void report_bad(struct token *k, const struct strv *bad)
{
	auto_error struct error err = ERROR_INIT;

	if (bad->count == 0)
		return;
	error_set(&err, ERROR_INVALID, "%s", bad->items[0]);
	if (bad->count > 1)
		error_set(&err, ERROR_INVALID, "%s (and %zu more malformed addresses)",
			bad->items[0], bad->count - 1);
	discovery_tell_error(&k->base, &err);
}

static void note_index(struct token *k)
{
	const char *index = headers_get(&k->call.answer.headers, "X-Swarm-Index");

	snprintf(k->index, sizeof(k->index), "%s", index ? index : "");
	if (index && (strlen(index) >= sizeof(k->index) || !token_is_valid(index)))
		k->index[0] = '\0';
}

static bool read_answer(struct token *k, struct error *err)
{
	auto_strv struct strv members = STRV_INIT;
	auto_strv struct strv bad = STRV_INIT;
	size_t len;

	if (!hub_client_check(&k->call, err))
		return error_wrap(err, "Failed to fetch entries");
	len = evbuffer_get_length(k->call.in);
	if (!token_read_members(
		    (const char *)evbuffer_pullup(k->call.in, -1), len, &members, &bad, err))
		return error_wrap(err, "Failed to decode response");
	note_index(k);
	discovery_tell(&k->base, &members);
	report_bad(k, &bad);
	return true;
}

static enum task_turn token_ask(struct task *t)
{
	struct token *k = container_of(t, struct token, task);
	auto_free char *suffix =
		*k->index ? xasprintf("/%s?index=%s&wait=%ds", k->place.token, k->index, BLOCK_S)
			  : xasprintf("/%s", k->place.token);

	hub_client_call(&k->place.hub, &k->call, "GET", suffix);
	if (*k->index)
		k->call.head_timeout_ms = BLOCK_S * 1000 + BLOCK_GRACE_MS;
	hub_client_send(&k->place.hub, &k->call, t);
	return task_wait_for(t, &k->call.done, &token_answer_step);
}

static enum task_turn token_answer(struct task *t)
{
	struct token *k = container_of(t, struct token, task);
	auto_error struct error err = ERROR_INIT;

	bool ok = read_answer(k, &err);
	call_finish(&k->call);
	if (ok) {
		backoff_reset(&k->backoff);
		return task_wait_ms(
			t, &token_ask_step, *k->index ? ASK_AGAIN_MS : k->base.heartbeat_ms);
	}
	k->index[0] = '\0'; /* it may be another hub by now */
	discovery_tell_error(&k->base, &err);
	return task_wait_ms(
		t, &token_ask_step, min_of(backoff_next_ms(&k->backoff), k->base.heartbeat_ms));
}

/* A pause ends here, and a call under way does not. */
static void token_reload(struct discovery *d)
{
	struct token *k = container_of(d, struct token, base);
	auto_error struct error err = ERROR_INIT;

	if (!hub_client_reload(&k->place.hub, &err))
		discovery_tell_error(&k->base, &err);
	task_wake(&k->task);
}

static void token_destroy(struct discovery *d)
{
	struct token *k = container_of(d, struct token, base);

	task_finish(&k->task);
	call_finish(&k->call);
	place_finish(&k->place);
	discovery_finish(&k->base);
	free(k);
}

static const struct discovery_backend token_backend = {
	.destroy = token_destroy,
	.reload = token_reload,
};

struct discovery *token_create(const struct discovery_config *config)
{
	struct token *k = xnew(struct token);

	discovery_init(&k->base, &token_backend, config);
	task_init(&k->task, config->loop, &token_ask_step, NULL);
	if (!place_init(&k->place, config->loop, config->url, config->options, config->err)) {
		token_destroy(&k->base);
		return NULL;
	}
	task_start(&k->task);
	return &k->base;
}

bool token_check(const struct discovery_url *url, const struct strv *options, struct error *err)
{
	auto_hub_url struct hub_url hub = { 0 };
	auto_free char *token = NULL;
	struct hub_options parsed;

	return hub_options_parse(&parsed, options, err) &&
	       hub_url_parse_token(&hub, &token, url->scheme->is_tls, url->rest, &parsed, err);
}

/* --- being on the list --- */

struct enrollment {
	struct registration base;
	struct place place;
	struct task task;
	struct call call;
	struct backoff backoff;
	char *address; /* owned */
	int64_t heartbeat_ms, ttl_ms;
	const struct kv_lease_ops *ops;
	void *arg;
	bool held;
};

STEP(enrollment_beat);
STEP(enrollment_answer);
STEP(enrollment_leave);
STEP(enrollment_left);

static enum task_turn enrollment_beat(struct task *t)
{
	struct enrollment *e = container_of(t, struct enrollment, task);
	/* Rounded up: the whole seconds below it may be shorter than the heartbeat. */
	auto_free char *suffix =
		xasprintf("/%s?ttl=%lld", e->place.token, (long long)((e->ttl_ms + 999) / 1000));

	hub_client_call(&e->place.hub, &e->call, "POST", suffix);
	e->call.body = xstrdup(e->address);
	e->call.body_len = strlen(e->address);
	/* A kept connection has probably died by the next beat, and a POST is not repeated. */
	e->call.fresh_connection = true;
	headers_add(&e->call.head.headers, "Connection", "close");
	headers_add(&e->call.head.headers, "Content-Type", "text/plain");
	hub_client_send(&e->place.hub, &e->call, t);
	return task_wait_for(t, &e->call.done, &enrollment_answer_step);
}

static void note_held(struct enrollment *e)
{
	backoff_reset(&e->backoff);
	if (e->held)
		return;
	e->held = true;
	e->ops->handle_held(e->arg);
}

static enum task_turn enrollment_answer(struct task *t)
{
	struct enrollment *e = container_of(t, struct enrollment, task);
	auto_error struct error err = ERROR_INIT;

	bool ok = hub_client_check(&e->call, &err);
	call_finish(&e->call);
	if (ok) {
		note_held(e);
		/* At least two beats in the time to live: one may come late, or get lost. */
		return task_wait_ms(
			t, &enrollment_beat_step, min_of(e->heartbeat_ms, e->ttl_ms / 2));
	}
	e->held = false;
	e->ops->handle_error(e->arg, &err);
	return task_wait_ms(
		t, &enrollment_beat_step, min_of(backoff_next_ms(&e->backoff), e->heartbeat_ms));
}

static enum task_turn enrollment_leave(struct task *t)
{
	struct enrollment *e = container_of(t, struct enrollment, task);
	auto_strbuf struct strbuf suffix = STRBUF_INIT;

	strbuf_addf(&suffix, "/%s/", e->place.token);
	uri_encode_path(&suffix, e->address);
	hub_client_call(&e->place.hub, &e->call, "DELETE", suffix.buf);
	e->call.fresh_connection = true;
	e->call.head_timeout_ms = RELEASE_MS;
	hub_client_send(&e->place.hub, &e->call, t);
	return task_wait_for(t, &e->call.done, &enrollment_left_step);
}

static enum task_turn enrollment_left(struct task *t)
{
	struct enrollment *e = container_of(t, struct enrollment, task);
	auto_error struct error err = ERROR_INIT;

	/* 404: nobody can say that the entry is still there. */
	bool gone = e->call.answer.status == 404 || hub_client_check(&e->call, &err);
	call_finish(&e->call);
	e->ops->handle_released(e->arg, gone ? NULL : &err);
	return TASK_DONE;
}

static void enrollment_release(struct registration *r)
{
	struct enrollment *e = container_of(r, struct enrollment, base);
	struct loop *loop = e->task.loop;

	task_finish(&e->task);
	call_finish(&e->call);
	task_init(&e->task, loop, &enrollment_leave_step, NULL);
	task_start(&e->task);
}

static void enrollment_reload(struct registration *r)
{
	struct enrollment *e = container_of(r, struct enrollment, base);
	auto_error struct error err = ERROR_INIT;

	if (!hub_client_reload(&e->place.hub, &err))
		e->ops->handle_error(e->arg, &err);
}

static void enrollment_destroy(struct registration *r)
{
	struct enrollment *e = container_of(r, struct enrollment, base);

	task_finish(&e->task);
	call_finish(&e->call);
	place_finish(&e->place);
	free(e->address);
	free(e);
}

static const struct registration_backend enrollment_backend = {
	.release = enrollment_release,
	.reload = enrollment_reload,
	.destroy = enrollment_destroy,
};

struct registration *token_enroll(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config, struct error *err)
{
	struct enrollment *e = xnew(struct enrollment);

	e->base.backend = &enrollment_backend;
	e->address = xstrdup(config->address);
	e->heartbeat_ms = config->heartbeat_ms;
	e->ttl_ms = config->ttl_ms;
	e->ops = config->ops;
	e->arg = config->arg;
	task_init(&e->task, loop, &enrollment_beat_step, NULL);
	if (!place_init(&e->place, loop, url, options, err)) {
		enrollment_destroy(&e->base);
		return NULL;
	}
	task_start(&e->task);
	return &e->base;
}
