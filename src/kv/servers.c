/* kv/servers.c - the next server when one fails, and workers with their pauses. */
#include "kv/servers.h"

#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

/*
 * A thousand agents shall not hold a thousand connections, whose keep-alive probes between two
 * heartbeats cost more than making one anew does: it is kept for the calls of one heartbeat.  A TLS
 * handshake costs more than the probes, so there it is kept until the next.
 */
enum {
	PLAIN_IDLE_MS = 5 * 1000,
	TLS_IDLE_MS = 90 * 1000,
};

static bool load_tls(struct servers *s, const struct kv_options *o, struct error *err)
{
	struct tls_files files = {
		.ca_file = o->ca_file,
		.cert_file = o->cert_file,
		.key_file = o->key_file,
	};

	if (!kv_options_want_tls(o))
		return true;
	s->tls = tls_client_create(&files, o->insecure ? TLS_VERIFY_NONE : TLS_VERIFY_SYSTEM, err);
	return s->tls != NULL;
}

static bool add_server(
	struct servers *s, const struct kv_config *store, const char *server, struct error *err)
{
	struct endpoint_config config = {
		.tls = s->tls,
		.tls_server_name = store->options->server_name,
		.connect_timeout_ms = WORKER_CONNECT_MS,
		.idle_timeout_ms = s->tls ? TLS_IDLE_MS : PLAIN_IDLE_MS,
	};

	if (!address_parse(&config.address, server, err))
		return false;
	bool ok = way_init(&s->items[s->count], store->loop, &config, err);
	s->count += ok;
	address_finish(&config.address);
	return ok;
}

bool servers_init(struct servers *s, const struct kv_config *config, struct error *err)
{
	const struct strv *names = &config->location->servers;

	*s = (struct servers){ .items = xcalloc(names->count, sizeof(*s->items)) };
	bool ok = load_tls(s, config->options, err);
	for (size_t i = 0; ok && i < names->count; i++)
		ok = add_server(s, config, names->items[i], err);
	if (!ok)
		servers_finish(s);
	else
		s->current = random_below(s->count);
	return ok;
}

void servers_finish(struct servers *s)
{
	for (size_t i = 0; i < s->count; i++)
		way_finish(&s->items[i], "store closed");
	free(s->items);
	if (s->tls)
		tls_context_unref(s->tls);
	headers_finish(&s->auth);
	*s = (struct servers){ 0 };
}

bool servers_reload(struct servers *s, struct error *err)
{
	return !s->tls || tls_context_reload(s->tls, err);
}

void servers_set_basic_auth(struct servers *s, const char *user_and_password)
{
	auto_strbuf struct strbuf value = STRBUF_INIT;

	strbuf_add_str(&value, "Basic ");
	base64_encode(&value, user_and_password, strlen(user_and_password));
	headers_set(&s->auth, "Authorization", value.buf);
}

static const struct way *current_server(const struct servers *s)
{
	return &s->items[s->current];
}

static void leave_server(struct servers *s, const struct way *bad)
{
	if (bad == current_server(s))
		s->current = (s->current + 1) % s->count;
}

/* --- workers --- */

void worker_start(
	struct worker *w, struct servers *servers, struct loop *loop, const struct task_step *first)
{
	w->servers = servers;
	task_init(&w->task, loop, first, NULL);
	task_start(&w->task);
}

void worker_finish(struct worker *w)
{
	task_finish(&w->task);
	call_finish(&w->call);
}

void worker_divert(struct worker *w, const struct task_step *step)
{
	struct loop *loop = w->task.loop;

	worker_finish(w);
	task_init(&w->task, loop, step, NULL);
	task_start(&w->task);
}

enum task_turn worker_ask(
	struct worker *w, const struct worker_request *request, const struct task_step *next)
{
	struct call *c = &w->call;

	call_finish(c);
	w->server = current_server(w->servers);
	way_call_init(w->server, c, request->method, request->target);
	free(request->target);
	headers_copy(&c->head.headers, &w->servers->auth);
	if (request->body) {
		headers_set(&c->head.headers, "Content-Type", request->content_type);
		c->body = request->body;
		c->body_len = strlen(c->body);
	}
	c->mode = request->mode;
	c->max_body = WORKER_MAX_ANSWER;
	c->stream_mark = WORKER_MAX_LINE;
	c->fresh_connection = request->stream;
	c->head_timeout_ms =
		request->head_timeout_ms ? request->head_timeout_ms : (int64_t)WORKER_TIMEOUT_MS;
	c->idle_timeout_ms =
		request->idle_timeout_ms ? request->idle_timeout_ms : (int64_t)WORKER_TIMEOUT_MS;
	w->sent_ms = clock_mono_ms();
	call_send(c, w->server->endpoint, &w->task);
	/* The call has deadlines of its own. */
	return c->mode == CALL_STREAM ? task_wait(&w->task, next)
				      : task_wait_for(&w->task, &c->done, next);
}

bool worker_blame(const struct worker *w, struct error *err)
{
	const char *server = w->server->name;

	if (err && strncmp(err->text, server, strlen(server)) != 0)
		error_wrap(err, "%s", server);
	return false;
}

bool worker_answered(const struct worker *w, bool absent_is_fine, struct error *err)
{
	const struct call *c = &w->call;
	int status = c->answer.status;

	if (error_is_set(&c->err)) {
		error_copy(err, &c->err);
		return worker_blame(w, err);
	}
	if ((status >= 200 && status < 300) || (status == 404 && absent_is_fine))
		return true;

	auto_free char *text = call_error_text(c);
	error_set_status(err, status, "%d %s", status, text);
	return worker_blame(w, err);
}

void worker_leave_server(const struct worker *w)
{
	leave_server(w->servers, w->server);
}

enum task_turn worker_retry(struct worker *w, const struct task_step *step)
{
	worker_leave_server(w);
	call_finish(&w->call);
	return task_wait_ms(&w->task, step, backoff_next_ms(&w->backoff));
}
