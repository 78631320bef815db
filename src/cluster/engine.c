/*
 * cluster/engine.c - life, state and failures of one engine.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/engine_private.h"
#include "cluster/refresh_log.h"

static const char gone_text[] = "Engine no longer exists";

enum {
	CONNECT_TIMEOUT_MS = 5 * 1000,
	/* Many clients of one engine come and go by the millisecond: what they needed a moment ago
	 * they need again, and what they no longer need goes soon. */
	IDLE_CONNECTIONS = 16,
	IDLE_TIMEOUT_MS = 15 * 1000,
	FAILURES_MAX = 1000000,
};

/* --- life --- */

static char *literal_ip(const struct address *a)
{
	return xstrdup(a->kind == ADDRESS_UNIX ? "127.0.0.1" : "");
}

/* An engine does not speak TLS on its socket, whatever it does on its ports. */
static struct tls_context *tls_for(const struct engine_terms *terms, const struct address *address)
{
	return address->kind == ADDRESS_UNIX ? NULL : terms->tls;
}

struct engine *engine_create(
	struct cluster *cluster, struct engine_terms *terms, const char *addr, struct error *err)
{
	struct address address;
	struct engine *e;

	if (!address_parse(&address, addr, err))
		return NULL;
	e = xnew(struct engine);
	e->refs = 1;
	e->cluster = cluster;
	e->terms = terms;
	list_init(&e->behind);
	e->addr = xstrdup(addr);
	e->ip = literal_ip(&address);
	e->last_error = xstrdup("");
	char **const texts[] = { &e->daemon_id, &e->id, &e->name, &e->server_version, &e->os,
		&e->os_name, &e->arch, &e->kernel, &e->storage_driver };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = xstrdup("");
	e->known_since_ns = e->updated_at_ns = clock_wall_ns();
	e->remote.address = xstrdup(addr);
	e->remote.endpoint =
		endpoint_create(terms->loop, &(struct endpoint_config){
						     .address = address,
						     .tls = tls_for(terms, &address),
						     .max_idle = IDLE_CONNECTIONS,
						     .idle_timeout_ms = IDLE_TIMEOUT_MS,
						     .connect_timeout_ms = CONNECT_TIMEOUT_MS,
					     });
	e->refresh_log = refresh_log_create();
	touches_init(&e->touches, e->refresh_log);
	address_finish(&address);
	metric_add(METRIC_engines, 1);
	listeners_init(&e->listeners);
	return e;
}

struct engine *engine_ref(struct engine *e)
{
	e->refs++;
	return e;
}

static void engine_destroy(struct engine *e)
{
	assert(e->state == ENGINE_DISCONNECTED && !e->monitor);
	listeners_finish(&e->listeners);
	while (e->containers_count)
		engine_remove_container(e, e->containers[e->containers_count - 1]);
	free(e->containers);
	strv_finish(&e->pulled);
	label_tallies_finish(&e->label_tallies);
	volume_uses_finish(&e->volume_uses);
	touches_finish(&e->touches);
	refresh_log_destroy(e->refresh_log);
	endpoint_destroy(e->remote.endpoint, gone_text);
	free(e->remote.address);
	labels_finish(&e->labels);
	yyjson_doc_free(e->info);
	char *const texts[] = { e->addr, e->ip, e->daemon_id, e->id, e->name, e->server_version,
		e->os, e->os_name, e->arch, e->kernel, e->storage_driver, e->last_error };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	free(e);
}

void engine_unref(struct engine *e)
{
	if (!e)
		return;
	assert(e->refs > 0);
	if (--e->refs == 0)
		engine_destroy(e);
}

/* --- state --- */

static const char *const state_texts[] = {
	[ENGINE_PENDING] = "Pending",
	[ENGINE_HEALTHY] = "Healthy",
	[ENGINE_UNHEALTHY] = "Unhealthy",
	[ENGINE_DISCONNECTED] = "Disconnected",
};

const char *engine_state_text(const struct engine *e)
{
	return state_texts[e->state];
}

bool engine_is_healthy(const struct engine *e)
{
	return e->state == ENGINE_HEALTHY;
}

bool engine_state_is_validated(enum engine_state state)
{
	return state == ENGINE_HEALTHY || state == ENGINE_UNHEALTHY;
}

bool engine_is_validated(const struct engine *e)
{
	return engine_state_is_validated(e->state);
}

static const char *shown_name(const struct engine *e)
{
	return *e->name ? e->name : e->addr;
}

static void log_state(const struct engine *e, enum engine_state before, const char *reason)
{
	auto_free char *msg = NULL;
	enum log_level level = LOG_INFO;

	if (e->state == ENGINE_HEALTHY && before == ENGINE_PENDING) {
		msg = xasprintf("Registered Engine %s at %s", e->name, e->addr);
	} else if (e->state == ENGINE_HEALTHY) {
		msg = xasprintf("Engine came back to life after %u retries. Hooray!", e->failures);
	} else if (e->state == ENGINE_UNHEALTHY) {
		level = LOG_ERROR;
		msg = xasprintf(
			"Flagging engine as unhealthy. Connect failed %u times", e->failures);
	} else if (e->state == ENGINE_DISCONNECTED) {
		msg = xasprintf("Removed Engine %s", shown_name(e));
	} else {
		level = LOG_WARN;
		msg = xasprintf("Engine %s is pending again", e->name);
	}
	if (reason && *reason)
		log_fields(level, msg, "addr", e->addr, "error", reason, "id", e->id, "name",
			e->name, NULL);
	else
		log_fields(level, msg, "addr", e->addr, "id", e->id, "name", e->name, NULL);
}

/*
 * Listeners.  Who keeps counts over all engines comes first, then who looks after this one.
 */

void engine_listen(struct engine *e, struct engine_listener *l)
{
	listeners_add(&e->listeners, &l->link);
}

void engine_unlisten(struct engine_listener *l)
{
	listeners_remove(&l->link);
}

enum news {
	NEWS_STATE,
	NEWS_FAILURE,
	NEWS_CONTAINERS,
	NEWS_DOUBT,
	NEWS_LOST,
};

static void call(
	struct engine_listener *l, struct engine *e, enum news news, enum engine_state before)
{
	if (news == NEWS_STATE && l->handle_state)
		l->handle_state(l, e, before);
	else if (news == NEWS_FAILURE && l->handle_failure)
		l->handle_failure(l, e);
	else if (news == NEWS_CONTAINERS && l->handle_containers)
		l->handle_containers(l, e);
	else if (news == NEWS_DOUBT && l->handle_doubt)
		l->handle_doubt(l, e);
	else if (news == NEWS_LOST && l->handle_lost)
		l->handle_lost(l, e);
}

static void tell(struct engine *e, enum news news, enum engine_state before)
{
	struct listeners *const all[] = { &e->terms->listeners, &e->listeners };
	struct listeners_round round;
	struct listeners_link *link;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		listeners_begin(all[i], &round);
		while ((link = listeners_next(&round)))
			call(container_of(link, struct engine_listener, link), e, news, before);
	}
}

void engine_tell_containers(struct engine *e)
{
	if (e->terms) /* else nobody listens any more */
		tell(e, NEWS_CONTAINERS, e->state);
}

void engine_doubt(struct engine *e)
{
	if (e->state != ENGINE_DISCONNECTED)
		tell(e, NEWS_DOUBT, e->state);
}

/* What may follow what; nobody comes back from DISCONNECTED. */
static const bool legal[][ENGINE_DISCONNECTED + 1] = {
	[ENGINE_PENDING] = { [ENGINE_HEALTHY] = true, [ENGINE_DISCONNECTED] = true },
	[ENGINE_HEALTHY] = { [ENGINE_PENDING] = true,
		[ENGINE_UNHEALTHY] = true,
		[ENGINE_DISCONNECTED] = true },
	[ENGINE_UNHEALTHY] = { [ENGINE_PENDING] = true,
		[ENGINE_HEALTHY] = true,
		[ENGINE_DISCONNECTED] = true },
	[ENGINE_DISCONNECTED] = { 0 },
};

/* The only place that assigns the state. */
static void engine_set_state(struct engine *e, enum engine_state state, const char *reason)
{
	enum engine_state before = e->state;

	assert(legal[before][state]);
	e->state = state;
	e->lost = false;
	log_state(e, before, reason);
	if (state == ENGINE_HEALTHY)
		e->failures = 0;
	tell(e, NEWS_STATE, before);
}

void engine_declare_lost(struct engine *e)
{
	assert(e->state == ENGINE_UNHEALTHY);
	e->lost = true;
	log_fields(LOG_WARN, "Engine is declared lost", "addr", e->addr, "name", e->name, NULL);
	tell(e, NEWS_LOST, e->state);
}

void engine_register(struct engine *e)
{
	engine_set_error(e, "");
	engine_set_state(e, ENGINE_HEALTHY, NULL);
}

void engine_suspend(struct engine *e, const char *reason)
{
	engine_set_error(e, reason);
	engine_set_state(e, ENGINE_PENDING, reason);
	e->maybe_twin = false;
	engine_drop_containers(e);
	engine_drop_objects(e);
}

void engine_disconnect(struct engine *e)
{
	if (e->state == ENGINE_DISCONNECTED)
		return;
	endpoint_close(e->remote.endpoint, gone_text);
	engine_set_error(e, gone_text);
	engine_set_state(e, ENGINE_DISCONNECTED, NULL);
	engine_drop_containers(e);
	engine_drop_objects(e);
	engine_hide_reservations(e);
	metric_add(METRIC_engines, -1);
	e->cluster = NULL;
	e->terms = NULL;
}

/* --- complaints --- */

void engine_warn(struct engine *e, const char *msg, const char *field, const char *value)
{
	uint32_t left_out;
	bool allowed = log_limit_allows(&e->warnings, &left_out);

	if (left_out > 0) {
		auto_free char *count = xasprintf("%u", left_out);

		log_fields(LOG_WARN, "Warnings about an engine were left out", "addr", e->addr,
			"count", count, "name", e->name, NULL);
	}
	if (allowed)
		log_fields(LOG_WARN, msg, "addr", e->addr, field, value, "name", e->name, NULL);
}

/* --- outcome of calls --- */

void engine_note_heard(struct engine *e)
{
	e->heard_ms = clock_mono_ms();
}

void engine_set_error(struct engine *e, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	free(e->last_error);
	e->last_error = xstrndup(text, len);
	e->updated_at_ns = clock_wall_ns();
}

void engine_report_success(struct engine *e)
{
	if (e->state == ENGINE_DISCONNECTED)
		return;
	engine_note_heard(e);
	if (e->state == ENGINE_PENDING) {
		/* why it is still pending stays to be read until it no longer is */
		e->failures = 0;
		return;
	}
	engine_set_error(e, "");
	if (e->state == ENGINE_UNHEALTHY)
		engine_set_state(e, ENGINE_HEALTHY, NULL);
	e->failures = 0;
}

/* By code, not by text. */
static bool is_connection_error(const struct error *err)
{
	switch (err->code) {
	case ERROR_CONNECT:
	case ERROR_TIMEOUT:
	case ERROR_TLS:
	case ERROR_CLOSED:
	case ERROR_PROTOCOL: return true;
	default: return false;
	}
}

void engine_report_failure(struct engine *e, const struct error *err)
{
	if (e->state == ENGINE_DISCONNECTED || !is_connection_error(err))
		return;
	if (e->failures < FAILURES_MAX)
		e->failures++;
	engine_set_error(e, err->text);
	if (engine_is_healthy(e) && e->failures >= e->terms->failure_retry) {
		engine_set_state(e, ENGINE_UNHEALTHY, err->text);
		return;
	}
	tell(e, NEWS_FAILURE, e->state);
}

void engine_report_call(struct engine *e, const struct call *c)
{
	auto_error struct error err = ERROR_INIT;

	/* An answer proves life, whatever it says; but 5xx may be written by something between. */
	if (c->head_done && c->answer.status < 500)
		engine_report_success(e);
	if (!error_is_set(&c->err))
		return;
	/* What broke off after the head may be the end of a stream; only silence counts there. */
	if (c->connection_failed || !c->head_done) {
		remote_check(c, &e->remote, &err);
		engine_report_failure(e, &err);
	}
}

/* --- what it is worth --- */

int engine_health_indicator(const struct engine *e)
{
	uint32_t retry;

	if (!engine_is_healthy(e))
		return 0;
	retry = e->terms->failure_retry;
	if (e->failures >= retry)
		return 0;
	return 100 - (int)((uint64_t)e->failures * 100 / retry);
}

/* Hundreds first, so that nothing needs more than 64 bits. */
static int64_t with_overcommit(const struct engine *e, int64_t n)
{
	int64_t percent = e->terms ? e->terms->overcommit_percent : 0;
	int64_t more, rest, total;

	if (__builtin_mul_overflow(n / 100, percent, &more) ||
		__builtin_mul_overflow(n % 100, percent, &rest) ||
		__builtin_add_overflow(more, rest / 100, &more) ||
		__builtin_add_overflow(n, more, &total))
		return INT64_MAX;
	return total;
}

int64_t engine_total_nano_cpus(const struct engine *e)
{
	int64_t cpus = with_overcommit(e, e->cpus);

	return cpus > INT64_MAX / NS_PER_S ? INT64_MAX : cpus * INT64_C(1000000000);
}

int64_t engine_total_memory(const struct engine *e)
{
	return with_overcommit(e, e->memory_bytes);
}

struct node_names engine_names(const struct engine *e)
{
	return (struct node_names){ .name = e->name, .id = e->id, .daemon_id = e->daemon_id };
}

const char *engine_node_id(const struct engine *e)
{
	return *e->daemon_id ? e->daemon_id : e->addr;
}

const char *engine_node_state(enum engine_state state)
{
	if (state == ENGINE_HEALTHY)
		return "ready";
	return engine_state_is_validated(state) ? "down" : "unknown";
}

struct event_node engine_event_node(const struct engine *e)
{
	return (struct event_node){ .name = e->name, .id = e->id, .addr = e->addr, .ip = e->ip };
}

struct container_view engine_container_view(const struct engine *e)
{
	return (struct container_view){
		.engine_ip = *e->ip ? e->ip : NULL,
		.clock_shift_ns = e->clock_shift_ns,
		.engine_cpus = e->cpus,
		.keeps_services = e->terms && e->terms->keeps_services,
	};
}
