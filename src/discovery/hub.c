/* discovery/hub.c - routes, bodies and watches of the hub. */
#include "discovery/hub.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "discovery/hub_url.h"

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

	char *token, *address; /* of the path, decoded; NULL: not in it; owned */
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

/* --- answers --- */

static void hub_request_destroy(struct hub_request *q)
{
	list_remove(&q->link);
	list_remove(&q->wait.link);
	task_finish(&q->task);
	exchange_finish(q->x);
	query_finish(&q->query);
	free(q->token);
	free(q->address);
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

static const struct {
	enum error_code code;
	int status;
} statuses[] = {
	{ ERROR_INVALID, 400 }, { ERROR_NOT_FOUND, 404 }, { ERROR_TOO_LARGE, 413 },
	{ ERROR_UNAVAILABLE, 507 }, /* too many of something */
};

static enum task_turn refuse_error(struct hub_request *q, const struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i].code == err->code)
			return refuse(q, statuses[i].status, error_text(err));
	}
	return refuse(q, 500, error_text(err));
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
	registry_clear(q->hub->registry, q->token);
	return answer_when_saved(q, "OK");
}

static enum task_turn remove_one(struct hub_request *q)
{
	auto_error struct error err = ERROR_INIT;

	if (!registry_remove(q->hub->registry, q->token, q->address, &err))
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
		registry_remove(registry, q->token, address, NULL); /* it may be gone already */
	else if (!registry_put(registry, q->token, address, ttl_s, &err))
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
		(unsigned long long)registry_index(registry, q->token));
	send_text(q, registry_list_text(registry, q->token));
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
	if (registry_index(q->hub->registry, q->token) != q->index || left_ms <= 0 ||
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

enum place {
	PLACE_CLUSTERS,
	PLACE_TOKEN,
	PLACE_MEMBER,
	PLACE_HEALTH,
	PLACE_NOWHERE,
};

static const struct {
	const char *method;
	enum place place;
	enum task_turn (*handle)(struct hub_request *q);
} hub_routes[] = {
	{ "POST", PLACE_CLUSTERS, create_token },
	{ "GET", PLACE_TOKEN, list_members },
	{ "HEAD", PLACE_TOKEN, list_members },
	{ "POST", PLACE_TOKEN, register_member },
	{ "DELETE", PLACE_TOKEN, remove_all },
	{ "DELETE", PLACE_MEMBER, remove_one },
	{ "GET", PLACE_HEALTH, answer_health },
	{ "HEAD", PLACE_HEALTH, answer_health },
};

/* The path that follows prefix, when it ends there or with a slash; NULL otherwise. */
static const char *path_after(const char *target, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(target, prefix, len) != 0 || !strchr("/?#", target[len]))
		return NULL; /* strchr finds the end of the text, too */
	return target + len;
}

bool hub_owns(const char *target)
{
	return path_after(target, CLUSTERS) || path_after(target, HEALTH);
}

/* "/T" or "/T/A" into the request. */
static bool read_parts(struct hub_request *q, const char *path, size_t len, struct error *err)
{
	const char *token = path + 1;
	const char *slash = memchr(token, '/', len - 1);
	size_t token_len = slash ? (size_t)(slash - token) : len - 1;

	if (!uri_decode(token, token_len, false, &q->token, err))
		return false;
	if (!token_is_valid(q->token))
		return error_set(err, ERROR_INVALID, "malformed token");
	return !slash || uri_decode(slash + 1, len - token_len - 2, false, &q->address, err);
}

static bool read_target(struct hub_request *q, enum place *ret, struct error *err)
{
	const char *target = q->x->head.target;
	size_t len = strcspn(target, "?#");
	const char *path = path_after(target, CLUSTERS);

	if (target[len] == '?' &&
		!query_parse(&q->query, target + len + 1, strcspn(target + len + 1, "#"), err))
		return false;
	if (!path) {
		*ret = len == strlen(HEALTH) ? PLACE_HEALTH : PLACE_NOWHERE;
		return true;
	}
	len -= (size_t)(path - target);
	if (len > 1 && !read_parts(q, path, len, err))
		return false;
	*ret = q->address ? PLACE_MEMBER : q->token ? PLACE_TOKEN : PLACE_CLUSTERS;
	return true;
}

static enum task_turn refuse_method(struct hub_request *q, enum place place)
{
	auto_strbuf struct strbuf allow = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(hub_routes); i++) {
		if (hub_routes[i].place == place)
			strbuf_addf(&allow, "%s%s", allow.len ? ", " : "", hub_routes[i].method);
	}
	if (!allow.len)
		return refuse(q, 404, "page not found");
	headers_set(&q->x->answer, "Allow", allow.buf);
	return refuse(q, 405, "method not allowed");
}

static enum task_turn hub_begin(struct task *t)
{
	struct hub_request *q = container_of(t, struct hub_request, task);
	auto_error struct error err = ERROR_INIT;
	enum place place;

	if (!read_target(q, &place, &err))
		return refuse_error(q, &err);
	for (size_t i = 0; i < ARRAY_SIZE(hub_routes); i++) {
		if (hub_routes[i].place == place &&
			strcmp(hub_routes[i].method, q->x->head.method) == 0)
			return hub_routes[i].handle(q);
	}
	return refuse_method(q, place);
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
