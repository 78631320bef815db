/* discovery/hub.c - routes, bodies and watches of the hub. */
#include "discovery/hub.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "discovery/hub_url.h"
#include "http/router.h"
#include "http/status.h"

#define CLUSTERS "/v1/clusters"
#define HEALTH   "/v1/health"

enum {
	BODY_MAX = REGISTRY_MAX_ADDRESS_LEN + 16, /* quotes and blanks around it */
	BODY_MS = 30 * 1000,
	WAIT_DEFAULT_MS = 30 * 1000,
	WAIT_MAX_MS = 60 * 1000,
	LISTS_PER_TURN = 16,
};

struct hub_request {
	struct list link;
	struct hub *hub;
	struct exchange *x; /* owned */
	struct task task;
	struct registry_wait wait;

	char *captures[ROUTER_CAPTURES]; /* of the path: a token, an address; owned; NULL: not in it
					  */
	struct query query;

	uint64_t generation; /* a change waits for this */
	char *reply;         /* ... and is then answered with this; owned */

	uint64_t index;   /* a held back answer waits until this is old */
	int64_t until_ms; /* monotonic; ... or until then */
};

STEP(hub_body);
STEP(hub_saved);
STEP(hub_list);
STEP(hub_answer_list);

static const char *token_of(const struct hub_request *q)
{
	return q->captures[0];
}

/* --- answers --- */

static void hub_request_destroy(struct hub_request *q)
{
	list_remove(&q->link);
	list_remove(&q->wait.link);
	task_finish(&q->task);
	exchange_finish(q->x);
	query_finish(&q->query);
	for (size_t i = 0; i < ROUTER_CAPTURES; i++)
		free(q->captures[i]);
	free(q->reply);
	free(q);
}

/* The request is gone afterwards. */
static enum task_turn answer(struct hub_request *q, int status, const char *type, const char *text)
{
	exchange_reply(q->x, status, type, text, strlen(text));
	hub_request_destroy(q);
	return TASK_WAIT;
}

static enum task_turn answer_text(struct hub_request *q, int status, const char *text)
{
	return answer(q, status, "text/plain; charset=utf-8", text);
}

static enum task_turn refuse(struct hub_request *q, int status, const char *text)
{
	auto_strbuf struct strbuf line = STRBUF_INIT;

	strbuf_add_escaped(&line, text); /* it may quote what the client sent */
	strbuf_add_char(&line, '\n');
	return answer_text(q, status, line.buf);
}

static enum task_turn refuse_error(struct hub_request *q, const struct error *err)
{
	return refuse(q, status_of_error(err, &q->x->answer), error_text(err));
}

/* --- changes --- */

static enum task_turn hub_saved(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	auto_error struct error err = ERROR_INIT;

	switch (registry_state(q->hub->registry, q->generation, &err)) {
	case REGISTRY_SAVED: return answer_text(q, 200, q->reply);
	case REGISTRY_FAILED: return refuse(q, 503, error_text(&err));
	case REGISTRY_SAVING: break;
	}
	registry_wait_saved(q->hub->registry, &q->wait, t);
	return task_wait(t, &hub_saved_step); /* every save ends */
}

static enum task_turn answer_when_saved(struct hub_request *q, const char *reply)
{
	q->generation = registry_generation(q->hub->registry);
	q->reply = xstrdup(reply);
	return task_go(&q->task, &hub_saved_step);
}

static enum task_turn create_token(struct hub_request *q)
{
	auto_error struct error err = ERROR_INIT;
	char token[REGISTRY_TOKEN_LEN + 1];

	if (!registry_add_token(q->hub->registry, token, &err))
		return refuse_error(q, &err);
	return answer_when_saved(q, token);
}

static enum task_turn remove_all(struct hub_request *q)
{
	registry_clear(q->hub->registry, token_of(q));
	return answer_when_saved(q, "OK");
}

static enum task_turn remove_one(struct hub_request *q)
{
	auto_error struct error err = ERROR_INIT;

	if (!registry_remove(q->hub->registry, token_of(q), q->captures[1], &err))
		return refuse_error(q, &err);
	return answer_when_saved(q, "OK");
}

/* --- registration --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks and the quotes of a JSON string around it are tolerated.  NULL for a NUL byte in it. */
static char *read_address(struct evbuffer *body)
{
	size_t len = evbuffer_get_length(body);
	const char *text = len ? (const char *)evbuffer_pullup(body, -1) : "";

	while (len > 0 && is_blank(text[len - 1]))
		len--;
	while (len > 0 && is_blank(*text))
		text++, len--;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		text++, len -= 2;
	return memchr(text, '\0', len) ? NULL : xstrndup(text, len);
}

/* Absent: the default. */
static bool read_ttl(const struct hub_request *q, int64_t *ret_s, struct error *err)
{
	const char *text = query_get(&q->query, "ttl");
	uint64_t ttl_s = REGISTRY_DEFAULT_TTL_S;

	if (text && !parse_u64(text, &ttl_s))
		return error_set(err, ERROR_INVALID, "invalid ttl '%s'", text);
	*ret_s = (int64_t)min_of(ttl_s, (uint64_t)REGISTRY_MAX_TTL_S);
	return true;
}

static enum task_turn put_member(struct hub_request *q)
{
	struct registry *registry = q->hub->registry;
	auto_free char *address = read_address(q->x->body);
	auto_error struct error err = ERROR_INIT;
	int64_t ttl_s;

	if (!address)
		return refuse(q, 400, "a NUL byte in the address");
	if (!read_ttl(q, &ttl_s, &err))
		return refuse_error(q, &err);
	if (ttl_s == 0)
		registry_remove(registry, token_of(q), address, NULL); /* it may be gone already */
	else if (!registry_put(registry, token_of(q), address, ttl_s, &err))
		return refuse_error(q, &err);
	return answer_when_saved(q, "OK");
}

static enum task_turn hub_body(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	auto_error struct error err = ERROR_INIT;

	if (q->x->gone) {
		hub_request_destroy(q);
		return TASK_WAIT;
	}
	if (exchange_body_ready(q->x, BODY_MAX, &err))
		return put_member(q);
	if (error_is_set(&err))
		return refuse_error(q, &err);
	if (t->timed_out)
		return refuse(q, 408, "the address does not come");
	return task_wait_ms(t, &hub_body_step, BODY_MS);
}

/* --- the list --- */

static void release_text(maybe_unused const void *data, maybe_unused size_t len, void *text)
{
	registry_text_unref(text);
}

/* All who wait for a change get the same bytes, wherever they are on their way. */
static void send_text(struct hub_request *q, struct registry_text *text)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add_reference(body, text->text, text->len, release_text, text);
	headers_set(&q->x->answer, "Content-Type", "application/json");
	exchange_start(q->x, 200, (int64_t)text->len);
	exchange_write_buffer(q->x, body);
	exchange_end(q->x);
	evbuffer_free(body);
}

static void handle_pause(struct timer *t)
{
	struct hub *hub = container_of(t, struct hub, pause);
	struct registry_wait *w;

	hub->answered = 0;
	list_for_each (w, &hub->breathing, link)
		task_wake(w->task);
}

/* A thousand who wait for the same change are no turn of a second: others want something, too. */
static bool must_pause(struct hub_request *q)
{
	struct hub *hub = q->hub;

	if (hub->answered < LISTS_PER_TURN)
		return false;
	if (!timer_pending(&hub->pause))
		timer_start(&hub->pause, 1);
	registry_wait_in(&hub->breathing, &q->wait, &q->task);
	return true;
}

static enum task_turn hub_answer_list(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	struct registry *registry = q->hub->registry;

	if (must_pause(q))
		return task_wait(t, &hub_answer_list_step); /* the pause is a millisecond */
	q->hub->answered++;
	headers_setf(&q->x->answer, "X-Swarm-Index", "%llu",
		(unsigned long long)registry_index(registry, token_of(q)));
	send_text(q, registry_list_text(registry, token_of(q)));
	hub_request_destroy(q);
	return TASK_WAIT;
}

static enum task_turn hub_list(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	int64_t left_ms = q->until_ms - clock_mono_ms();

	if (q->x->gone) {
		hub_request_destroy(q);
		return TASK_WAIT;
	}
	if (registry_index(q->hub->registry, token_of(q)) != q->index || left_ms <= 0 ||
		q->hub->draining)
		return task_go(t, &hub_answer_list_step);
	registry_wait_change(q->hub->registry, &q->wait, t);
	return task_wait_ms(t, &hub_list_step, left_ms);
}

static bool read_wait(const char *text, int64_t *ret_ms, struct error *err)
{
	int64_t ns = (int64_t)WAIT_DEFAULT_MS * 1000000;

	if (text && !parse_duration(text, &ns, err))
		return error_wrap(err, "invalid wait");
	*ret_ms = min_of(max_of(ns / 1000000, (int64_t)0), (int64_t)WAIT_MAX_MS);
	return true;
}

static enum task_turn list_members(struct hub_request *q)
{
	const char *index = query_get(&q->query, "index");
	auto_error struct error err = ERROR_INIT;
	int64_t wait_ms;

	if (!index)
		return task_go(&q->task, &hub_answer_list_step);
	if (!parse_u64(index, &q->index))
		return refuse(q, 400, "invalid index");
	if (!read_wait(query_get(&q->query, "wait"), &wait_ms, &err))
		return refuse_error(q, &err);
	q->until_ms = clock_mono_ms() + wait_ms;
	return task_go(&q->task, &hub_list_step);
}

static enum task_turn register_member(struct hub_request *q)
{
	return task_go(&q->task, &hub_body_step);
}

static enum task_turn answer_health(struct hub_request *q)
{
	struct registry *registry = q->hub->registry;
	auto_error struct error err = ERROR_INIT;

	if (registry_state(registry, registry_generation(registry), &err) == REGISTRY_FAILED)
		return refuse(q, 503, error_text(&err));
	return answer_text(q, 200, "OK");
}

/* --- which request it is --- */

struct hub_route {
	const char *method, *path;
	enum task_turn (*handle)(struct hub_request *q);
};

static const struct hub_route hub_routes[] = {
	{ "POST", CLUSTERS, create_token },
	{ "POST", CLUSTERS "/", create_token },
	{ "GET", CLUSTERS "/:token", list_members },
	{ "HEAD", CLUSTERS "/:token", list_members },
	{ "POST", CLUSTERS "/:token", register_member },
	{ "DELETE", CLUSTERS "/:token", remove_all },
	{ "DELETE", CLUSTERS "/:token/{address}", remove_one },
	{ "GET", HEALTH, answer_health },
	{ "HEAD", HEALTH, answer_health },
};
static const struct router hub_router = ROUTER(hub_routes);

/* Whether the target is this path, or something below it. */
static bool is_below(const char *target, const char *path)
{
	size_t len = strlen(path);

	return strncmp(target, path, len) == 0 &&
	       strchr("/?#", target[len]); /* strchr finds the end of the text, too */
}

bool hub_owns(const char *target)
{
	return is_below(target, CLUSTERS) || is_below(target, HEALTH);
}

static enum task_turn refuse_method(struct hub_request *q, const char *path)
{
	auto_strbuf struct strbuf allow = STRBUF_INIT;

	router_list_methods(&hub_router, path, &allow);
	if (!allow.len)
		return refuse(q, 404, "page not found");
	headers_set(&q->x->answer, "Allow", allow.buf);
	return refuse(q, 405, "method not allowed");
}

static bool read_target(
	struct hub_request *q, const char *path, const struct hub_route **ret, struct error *err)
{
	const char *query = q->x->head.target + strlen(path);
	auto_error struct error why = ERROR_INIT;

	if (*query == '?' && !query_parse(&q->query, query + 1, strcspn(query + 1, "#"), err))
		return false;
	*ret = router_find(&hub_router, q->x->head.method, path, q->captures, &why);
	if (error_is_set(&why))
		error_move(err, &why);
	else if (token_of(q) && !token_is_valid(token_of(q)))
		error_set(err, ERROR_INVALID, "malformed token");
	else
		return true;
	return false;
}

static enum task_turn hub_begin(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	const char *target = q->x->head.target;
	auto_free char *path = xstrndup(target, strcspn(target, "?#"));
	auto_error struct error err = ERROR_INIT;
	const struct hub_route *route;

	if (!read_target(q, path, &route, &err))
		return refuse_error(q, &err);
	return route ? route->handle(q) : refuse_method(q, path);
}

STEP(hub_begin);

void hub_handle(struct hub *hub, struct exchange *x)
{
	struct hub_request *q = xnew(struct hub_request);

	q->hub = hub;
	q->x = x;
	list_init(&q->wait.link);
	list_push_back(&hub->requests, &q->link);
	task_init(&q->task, hub->loop, &hub_begin_step, NULL);
	exchange_set_waiter(x, &q->task);
	task_start(&q->task);
}

void hub_init(struct hub *hub, struct loop *loop, struct registry *registry)
{
	*hub = (struct hub){ .loop = loop, .registry = registry };
	list_init(&hub->requests);
	list_init(&hub->breathing);
	timer_init(&hub->pause, loop, handle_pause);
}

void hub_drain(struct hub *hub)
{
	struct hub_request *q;

	hub->draining = true;
	list_for_each (q, &hub->requests, link)
		task_wake(&q->task);
}

void hub_finish(struct hub *hub)
{
	struct hub_request *q, *next;

	timer_stop(&hub->pause);
	list_for_each_safe (q, next, &hub->requests, link)
		hub_request_destroy(q);
}
