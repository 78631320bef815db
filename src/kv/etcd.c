/*
 * kv/etcd.c - which etcd it is, logging in, and what v2 and v3 have in common.
 */
#include "kv/etcd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "kv/etcd2_answer.h"
#include "kv/etcd3_answer.h"

static enum task_turn open_begin(struct task *t);
const struct task_step etcd_step_open = { .name = "open_begin", .run = open_begin };
STEP(open_version);
STEP(open_classic);
STEP(open_login);
STEP(open_token);

void etcd_worker_start(struct etcd_worker *w, struct kv *kv)
{
	w->etcd = container_of(kv, struct etcd, base);
	worker_start(&w->worker, &w->etcd->servers, kv->loop, &etcd_step_open);
}

enum task_turn etcd_worker_failed(struct etcd_worker *w, struct error *err)
{
	/* The reason may be a login that is no longer valid; v3 shows that in several ways. */
	if (w->etcd->logged_in)
		headers_remove(&w->etcd->servers.auth, "Authorization");
	w->etcd->logged_in = false;
	worker_blame(&w->worker, err);
	w->handle_error(w, err);
	return worker_retry(&w->worker, &etcd_step_open);
}

/* --- v2 or v3 --- */

char *etcd2_target(const char *key, const char *suffix)
{
	auto_strbuf struct strbuf target = STRBUF_INIT;

	strbuf_add_str(&target, "/v2/keys/");
	uri_encode_path(&target, key);
	strbuf_add_str(&target, suffix);
	return strbuf_steal(&target);
}

bool etcd2_read_index(const struct call *c, uint64_t *ret, struct error *err)
{
	const char *index = headers_get(&c->answer.headers, "X-Etcd-Index");

	if (!index || !parse_u64(index, ret))
		return error_set(err, ERROR_PROTOCOL,
			"answers %d without X-Etcd-Index: is it etcd, with its v2 API enabled?",
			c->answer.status);
	return true;
}

int etcd2_call_error(const struct call *c)
{
	size_t len = c->in ? evbuffer_get_length(c->in) : 0;

	if (c->answer.status < 400 || len == 0)
		return 0;
	return etcd2_error_code((const char *)evbuffer_pullup(c->in, -1), len);
}

static void settle(struct etcd *e, enum etcd_api api)
{
	if (e->api != ETCD_API_UNKNOWN)
		return; /* another worker was faster */
	e->api = api;
	log_info("etcd: using the %s API", api == ETCD_API_V2 ? "v2" : "v3");
	if (api == ETCD_API_V2 && e->username) {
		auto_free char *pair = xasprintf("%s:%s", e->username, e->password);
		servers_set_basic_auth(&e->servers, pair);
	}
}

static enum task_turn get(struct etcd_worker *w, char *target, const struct task_step *next)
{
	return worker_ask(&w->worker,
		&(struct worker_request){ .method = "GET", .target = target, .mode = CALL_TEXT },
		next);
}

static enum task_turn open_begin(struct task *t)
{
	struct etcd_worker *w = etcd_worker_of(t);
	struct etcd *e = w->etcd;

	if (e->api == ETCD_API_UNKNOWN && e->wanted == KV_ETCD_V2)
		settle(e, ETCD_API_V2);
	if (e->api == ETCD_API_UNKNOWN)
		return get(w, xstrdup("/version"), &open_version_step);
	return task_go(t, e->api == ETCD_API_V2 ? w->first_v2 : &open_login_step);
}

/* "3.4.23" */
static bool parse_version(const char *text, int *ret_major, int *ret_minor)
{
	char *dot, *end;
	long major = strtol(text, &dot, 10);

	if (dot == text || *dot != '.')
		return false;
	long minor = strtol(dot + 1, &end, 10);
	if (end == dot + 1 || major < 0 || major > INT_MAX || minor < 0 || minor > INT_MAX)
		return false;
	*ret_major = (int)major;
	*ret_minor = (int)minor;
	return true;
}

static bool read_version(const struct call *c, int *ret_major, int *ret_minor, struct error *err)
{
	size_t len = evbuffer_get_length(c->in);
	auto_json yyjson_doc *doc = json_parse((const char *)evbuffer_pullup(c->in, -1), len, NULL);
	const char *version = json_get_str(yyjson_doc_get_root(doc), "etcdserver", "");

	if (!parse_version(version, ret_major, ret_minor))
		return error_set(err, ERROR_PROTOCOL,
			"answers /version without an etcd version: is it etcd?");
	return true;
}

/* The gateway is at /v3beta in 3.3, and at /v3 from 3.4 on. */
static const char *gateway_path(int major, int minor)
{
	if (major > 3 || (major == 3 && minor >= 4))
		return "/v3";
	return major == 3 && minor == 3 ? "/v3beta" : NULL;
}

static enum task_turn open_version(struct task *t)
{
	struct etcd_worker *w = etcd_worker_of(t);
	struct etcd *e = w->etcd;
	auto_error struct error err = ERROR_INIT;
	int major, minor;

	if (!worker_answered(&w->worker, false, &err) ||
		!read_version(&w->worker.call, &major, &minor, &err))
		return etcd_worker_failed(w, &err);
	e->v3_path = gateway_path(major, minor);
	if (!e->v3_path && e->wanted == KV_ETCD_V3) {
		error_set(&err, ERROR_UNSUPPORTED,
			"etcd %d.%d has no v3 JSON gateway: use kv.etcd=v2", major, minor);
		return etcd_worker_failed(w, &err);
	}
	if (!e->v3_path || e->wanted == KV_ETCD_V3) {
		settle(e, e->v3_path ? ETCD_API_V3 : ETCD_API_V2);
		return task_go(t, &etcd_step_open);
	}
	auto_free char *classic = kv_join(e->base.prefix, "docker/swarm");
	return get(w, etcd2_target(classic, ""), &open_classic_step);
}

/* A classic cluster lives in v2, and never sees what is written to v3. */
static enum task_turn open_classic(struct task *t)
{
	struct etcd_worker *w = etcd_worker_of(t);
	const struct call *c = &w->worker.call;
	auto_error struct error err = ERROR_INIT;

	if (!worker_answered(&w->worker, true, &err))
		return etcd_worker_failed(w, &err);
	settle(w->etcd, c->answer.status == 200 ? ETCD_API_V2 : ETCD_API_V3);
	return task_go(t, &etcd_step_open);
}

/* --- logging in (v3) --- */

enum task_turn etcd3_ask_within(struct etcd_worker *w, int64_t ms, const char *path, char *body,
	const struct task_step *next)
{
	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = "POST",
			.target = xasprintf("%s%s", w->etcd->v3_path, path),
			.body = body,
			.content_type = "application/json",
			.mode = CALL_JSON,
			.head_timeout_ms = ms,
		},
		next);
}

enum task_turn etcd3_ask(
	struct etcd_worker *w, const char *path, char *body, const struct task_step *next)
{
	return etcd3_ask_within(w, 0, path, body, next);
}

char *etcd3_take_line(struct etcd_worker *w, size_t *ret_len)
{
	return lines_take(&w->lines, w->worker.call.in, ret_len);
}

enum task_turn etcd3_ask_stream(
	struct etcd_worker *w, const char *path, char *body, const struct task_step *next)
{
	w->lines = (struct lines){ 0 };
	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = "POST",
			.target = xasprintf("%s%s", w->etcd->v3_path, path),
			.body = body,
			.content_type = "application/json",
			.mode = CALL_STREAM,
			.idle_timeout_ms = ETCD_WATCH_IDLE_MS,
			.stream = true,
		},
		next);
}

static enum task_turn open_login(struct task *t)
{
	struct etcd_worker *w = etcd_worker_of(t);
	const struct etcd *e = w->etcd;
	auto_strbuf struct strbuf body = STRBUF_INIT;

	if (!e->username || e->logged_in)
		return task_go(t, w->first_v3);
	strbuf_add_str(&body, "{\"name\":");
	strbuf_add_json_str(&body, e->username, strlen(e->username));
	strbuf_add_str(&body, ",\"password\":");
	strbuf_add_json_str(&body, e->password, strlen(e->password));
	strbuf_add_char(&body, '}');
	return etcd3_ask(w, "/auth/authenticate", strbuf_steal(&body), &open_token_step);
}

static enum task_turn open_token(struct task *t)
{
	struct etcd_worker *w = etcd_worker_of(t);
	const struct call *c = &w->worker.call;
	auto_error struct error err = ERROR_INIT;
	const char *token;

	if (!worker_answered(&w->worker, false, &err) ||
		!etcd3_parse_token(yyjson_doc_get_root(c->json), &token, &err))
		return etcd_worker_failed(w, &err);
	headers_set(&w->etcd->servers.auth, "Authorization", token);
	w->etcd->logged_in = true;
	return task_go(t, w->first_v3);
}

/* --- the driver --- */

static bool etcd_check(const struct kv_options *o, struct error *err)
{
	if (o->token)
		return error_set(err, ERROR_INVALID,
			"etcd:// has no kv.token: use kv.username and kv.password");
	return true;
}

static struct kv *etcd_open(const struct kv_config *config, struct error *err)
{
	const struct kv_options *o = config->options;
	struct etcd *e = xnew(struct etcd);

	if (!servers_init(&e->servers, config, err)) {
		free(e);
		return NULL;
	}
	e->wanted = o->etcd_api;
	e->v3_path = "/v3";
	e->username = xstrdup_null(o->username);
	e->password = xstrdup(o->password ? o->password : "");
	return &e->base;
}

static void etcd_close(struct kv *kv)
{
	struct etcd *e = container_of(kv, struct etcd, base);

	servers_finish(&e->servers);
	free(e->username);
	free(e->password);
	free(e);
}

static bool etcd_reload(struct kv *kv, struct error *err)
{
	return servers_reload(&container_of(kv, struct etcd, base)->servers, err);
}

bool etcd_watch_was_quiet(const struct call *c)
{
	return c->done && c->head_done && c->answer.status == 200 &&
	       (c->err.code == ERROR_TIMEOUT || !error_is_set(&c->err));
}

void etcd_watch_listed(struct etcd_watch *w, struct kv_entries *entries, uint64_t seen)
{
	worker_succeeded(&w->worker.worker);
	if (seen < w->seen)
		kv_watch_note_break(&w->base);
	w->seen = seen;
	kv_watch_report(&w->base, entries);
}

static void watch_handle_error(struct etcd_worker *w, const struct error *err)
{
	kv_watch_note_error(&container_of(w, struct etcd_watch, worker)->base, err);
}

static struct kv_watch *etcd_watch_create(maybe_unused struct kv *kv)
{
	struct etcd_watch *w = xnew(struct etcd_watch);

	w->worker.first_v2 = &etcd2_watch_first;
	w->worker.first_v3 = &etcd3_watch_first;
	w->worker.handle_error = watch_handle_error;
	return &w->base;
}

static void etcd_watch_start(struct kv_watch *watch)
{
	etcd_worker_start(&container_of(watch, struct etcd_watch, base)->worker, watch->kv);
}

static void etcd_watch_destroy(struct kv_watch *watch)
{
	struct etcd_watch *w = container_of(watch, struct etcd_watch, base);

	worker_finish(&w->worker.worker);
	free(w);
}

static void lease_handle_error(struct etcd_worker *w, const struct error *err)
{
	kv_lease_note_error(&container_of(w, struct etcd_lease, worker)->base, err);
}

static struct kv_lease *etcd_lease_create(maybe_unused struct kv *kv)
{
	struct etcd_lease *l = xnew(struct etcd_lease);

	l->worker.first_v2 = &etcd2_lease_first;
	l->worker.first_v3 = &etcd3_lease_first;
	l->worker.handle_error = lease_handle_error;
	return &l->base;
}

static void etcd_lease_start(struct kv_lease *lease)
{
	etcd_worker_start(&container_of(lease, struct etcd_lease, base)->worker, lease->kv);
}

/* Before the API is settled nothing can have been written. */
static void etcd_lease_release(struct kv_lease *lease)
{
	struct etcd_lease *l = container_of(lease, struct etcd_lease, base);
	enum etcd_api api = l->worker.etcd->api;

	worker_divert(
		&l->worker.worker, api == ETCD_API_V2 ? &etcd2_lease_last : &etcd3_lease_last);
}

static void etcd_lease_destroy(struct kv_lease *lease)
{
	struct etcd_lease *l = container_of(lease, struct etcd_lease, base);

	worker_finish(&l->worker.worker);
	free(l);
}

/* At least two heartbeats in the time to live: one may get lost. */
enum task_turn etcd_lease_rest(struct etcd_lease *l, const struct task_step *step)
{
	worker_succeeded(&l->worker.worker);
	kv_lease_note_held(&l->base);
	return task_wait_ms(
		&l->worker.worker.task, step, min_of(l->base.heartbeat_ms, l->base.ttl_ms / 2));
}

static enum task_turn lease_released(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_error struct error err = ERROR_INIT;

	worker_answered(&l->worker.worker, true, &err);
	l->base.ops->handle_released(l->base.arg, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}
const struct task_step etcd_step_released = { .name = "lease_released", .run = lease_released };

static void lock_handle_error(struct etcd_worker *w, const struct error *err)
{
	kv_lock_note_error(&container_of(w, struct etcd_lock, worker)->base, err);
}

static struct kv_lock *etcd_lock_create(maybe_unused struct kv *kv)
{
	struct etcd_lock *l = xnew(struct etcd_lock);

	l->worker.first_v2 = &etcd2_lock_first;
	l->worker.first_v3 = &etcd3_lock_first;
	l->worker.handle_error = lock_handle_error;
	return &l->base;
}

static void etcd_lock_start(struct kv_lock *lock)
{
	etcd_worker_start(&container_of(lock, struct etcd_lock, base)->worker, lock->kv);
}

static void etcd_lock_release(struct kv_lock *lock)
{
	struct etcd_lock *l = container_of(lock, struct etcd_lock, base);
	enum etcd_api api = l->worker.etcd->api;

	worker_divert(&l->worker.worker, api == ETCD_API_V2 ? &etcd2_lock_last : &etcd3_lock_last);
}

static void etcd_lock_destroy(struct kv_lock *lock)
{
	struct etcd_lock *l = container_of(lock, struct etcd_lock, base);

	worker_finish(&l->worker.worker);
	free(l);
}

enum task_turn etcd_lock_rest(struct etcd_lock *l, const struct task_step *renew)
{
	struct worker *w = &l->worker.worker;

	worker_succeeded(w);
	kv_lock_note_held(&l->base, w->sent_ms, etcd_lock_seconds(l) * 1000);
	return task_wait_ms(&w->task, renew, kv_lock_beat_ms(l->base.ttl_ms));
}

static enum task_turn lock_released(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_error struct error err = ERROR_INIT;

	worker_answered(&l->worker.worker, true, &err);
	kv_lock_note_released(&l->base, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}
const struct task_step etcd_step_lock_released = { .name = "lock_released", .run = lock_released };

static struct kv_write *etcd_write_create(maybe_unused struct kv *kv)
{
	return &xnew(struct etcd_write)->base;
}

/* A lock that is held has found out which API it is, and logged in. */
static void etcd_write_start(struct kv_write *write)
{
	struct etcd_write *w = container_of(write, struct etcd_write, base);

	w->etcd = container_of(write->lock->kv, struct etcd, base);
	worker_start(&w->worker, &w->etcd->servers, write->lock->kv->loop,
		w->etcd->api == ETCD_API_V2 ? &etcd2_write_first : &etcd3_write_first);
}

static void etcd_write_destroy(struct kv_write *write)
{
	struct etcd_write *w = container_of(write, struct etcd_write, base);

	worker_finish(&w->worker);
	free(w);
}

enum task_turn etcd_write_failed(struct etcd_write *w, const struct error *err)
{
	worker_leave_server(&w->worker);
	return kv_write_end(&w->base, err);
}

int64_t etcd_lease_seconds(const struct etcd_lease *l)
{
	return (l->base.ttl_ms + 999) / 1000;
}

const struct kv_driver etcd_driver = {
	.name = "etcd",
	.default_port = "2379",
	.check = etcd_check,
	.open = etcd_open,
	.close = etcd_close,
	.reload = etcd_reload,
	.watch_create = etcd_watch_create,
	.watch_start = etcd_watch_start,
	.watch_destroy = etcd_watch_destroy,
	.lease_create = etcd_lease_create,
	.lease_start = etcd_lease_start,
	.lease_release = etcd_lease_release,
	.lease_destroy = etcd_lease_destroy,
	.lock_create = etcd_lock_create,
	.lock_start = etcd_lock_start,
	.lock_release = etcd_lock_release,
	.lock_destroy = etcd_lock_destroy,
	.write_create = etcd_write_create,
	.write_start = etcd_write_start,
	.write_destroy = etcd_write_destroy,
};
