/*
 * api/events.c - a client of /events is a listener on the bus.  What it does not read in time
 * waits in a bounded queue; a client that falls further behind is cut off, so that it notices.
 */
#include "api/events.h"

#include <string.h>
#include <strings.h>

#include "api/errand.h"
#include "api/reply.h"
#include "api/time_param.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "cluster/bus.h"
#include "cluster/find_network.h"

enum { RECORD_SEPARATOR = 0x1e };            /* RFC 7464 */
enum { EVENTS_QUEUE_MAX = 8 * 1024 * 1024 }; /* bytes that one client may let wait */

struct event_stream {
	struct errand errand;
	struct list link; /* api->event_streams */
	struct bus_listener listener;
	struct list_filters filters;
	bool has_since, has_until;
	int64_t since_ns, until_ns; /* where given */
	struct evbuffer *queue;     /* waits for the client; owned */
	bool overflow;
	bool sequence; /* application/json-seq: every object begins with a record separator */
};

STEP(stream_pump);

static void stream_finish(struct errand *e)
{
	struct event_stream *s = container_of(e, struct event_stream, errand);

	list_remove(&s->link);
	metric_add(METRIC_event_listeners, -1);
	bus_unsubscribe(&s->listener);
	list_filters_finish(&s->filters);
	evbuffer_free(s->queue);
}

/* Networks are told by the ids that clients know. */
static char *told_id(const struct docker_event *e, const struct engine *engine)
{
	if (e->type != EVENT_NETWORK || !engine)
		return e->actor_id;
	return (char *)network_told_id(engine, e->actor_id);
}

/* BuildKit makes images with an event that clients before 1.46 never saw. */
static bool is_news_to(const struct docker_event *e, struct api_version client)
{
	return e->type == EVENT_IMAGE && event_action_is(e, "create") &&
	       api_version_before(client, 1, 46);
}

static void queue_event(struct event_stream *s, const struct docker_event *e,
	const struct engine *engine, const struct event_node *node)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct docker_event told = *e; /* borrows all of it */

	told.actor_id = told_id(e, engine);
	if (s->overflow || is_news_to(e, s->errand.rq->version) ||
		!event_matches(&told, node, &s->filters))
		return;
	if (s->sequence)
		strbuf_add_char(&text, RECORD_SEPARATOR);
	event_write(&text, &told, node, s->errand.rq->version);
	if (evbuffer_get_length(s->queue) + text.len > EVENTS_QUEUE_MAX)
		s->overflow = true;
	else
		evbuffer_add(s->queue, text.buf, text.len);
	exchange_charge(s->errand.rq->x, evbuffer_get_length(s->queue));
	task_wake(&s->errand.task);
}

static void handle_event(
	struct bus_listener *l, const struct docker_event *e, struct engine *engine)
{
	struct event_stream *s = container_of(l, struct event_stream, listener);
	struct event_node node = { "", "", "", "" };

	if (engine)
		node = engine_event_node(engine);
	queue_event(s, e, engine, &node);
}

static void handle_past_event(
	void *arg, const struct docker_event *e, const struct event_node *node)
{
	struct event_stream *s = arg;

	queue_event(s, e, cluster_find_engine(s->errand.rq->api->cluster, node->name), node);
}

static bool until_is_over(const struct event_stream *s)
{
	return s->has_until && clock_wall_ns() >= s->until_ns;
}

static enum task_turn stream_end(struct event_stream *s)
{
	exchange_end(s->errand.rq->x);
	return errand_end(&s->errand);
}

void events_end_all(struct api *api)
{
	struct event_stream *s, *tmp;

	list_for_each_safe (s, tmp, &api->event_streams, link)
		stream_end(s);
}

static enum task_turn wait_on(struct event_stream *s)
{
	int64_t now_ns = clock_wall_ns();

	/* Without `until` the stream ends with its client only; so it does after it, as long as the
	 * client does not take what waits for it. */
	if (!s->has_until || s->until_ns <= now_ns)
		return task_wait(&s->errand.task, &stream_pump_step);
	return task_wait_ms(
		&s->errand.task, &stream_pump_step, (s->until_ns - now_ns) / 1000000 + 1);
}

static enum task_turn stream_pump(struct task *task)
{
	struct event_stream *s = container_of(task, struct event_stream, errand.task);
	struct exchange *x = s->errand.rq->x;

	if (x->gone) {
		return errand_end(&s->errand);
	}
	if (s->overflow) {
		log_fields(LOG_WARN, "Client of /events is too slow, cutting it off", "peer",
			exchange_peer(x), NULL);
		metric_inc(METRIC_event_listeners_dropped_total);
		return errand_end(&s->errand); /* without an end: the client sees a broken stream */
	}
	if (!exchange_is_full(x) && evbuffer_get_length(s->queue) > 0)
		exchange_write_buffer(x, s->queue);
	exchange_charge(x, evbuffer_get_length(s->queue));
	if (until_is_over(s) && evbuffer_get_length(s->queue) == 0)
		return stream_end(s);
	return wait_on(s);
}

static bool parse_times(struct event_stream *s, struct error *err)
{
	const char *since = query_get(&s->errand.rq->query, "since");
	const char *until = query_get(&s->errand.rq->query, "until");

	s->has_since = since && *since;
	s->has_until = until && *until;
	if (s->has_since && !time_param_parse("since", since, &s->since_ns, err))
		return false;
	if (s->has_until && !time_param_parse("until", until, &s->until_ns, err))
		return false;
	if (s->has_since && s->has_until && s->until_ns < s->since_ns)
		return error_set(err, ERROR_INVALID,
			"`since` time (%s) cannot be after `until` time (%s)", since, until);
	return true;
}

/* In any of the fields, or for any type. */
static bool accepts(const struct request *rq, const char *type)
{
	const struct headers *h = &rq->x->head.headers;

	for (size_t i = 0; i < h->count; i++) {
		if (strcasecmp(h->items[i].name, "Accept") == 0 && strstr(h->items[i].value, type))
			return true;
	}
	return false;
}

/* Objects end with a newline for everybody; what that is called changed, and some want a separator
 * before them, too. */
static const char *content_type(const struct request *rq)
{
	static const char *const types[] = { "application/jsonl", "application/x-ndjson",
		"application/json-seq" };

	if (api_version_before(rq->version, 1, 52))
		return "application/json";
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (accepts(rq, types[i]))
			return types[i];
	}
	return types[0];
}

static void stream_begin(struct event_stream *s)
{
	struct request *rq = s->errand.rq;
	struct bus *bus = rq->api->cluster->bus;

	const char *type = content_type(rq);

	s->sequence = strcmp(type, "application/json-seq") == 0;
	headers_set(&rq->x->answer, "Content-Type", type);
	reply_decorate(rq->api, &rq->x->answer);
	exchange_start(rq->x, 200, -1);
	/* Engines take an end without a beginning for all of the past. */
	if (s->has_since || s->has_until)
		bus_replay(bus, s->since_ns, s->has_until ? s->until_ns : INT64_MAX,
			handle_past_event, s);
	bus_subscribe(bus, &s->listener);
	errand_watch_client(&s->errand);
	errand_start(&s->errand);
}

void events_stream(struct request *rq)
{
	struct event_stream *s = errand_create(rq, sizeof(*s), &stream_pump_step, stream_finish);
	auto_error struct error err = ERROR_INIT;

	s->listener.handle_event = handle_event;
	s->queue = evbuffer_new();
	list_push_back(&rq->api->event_streams, &s->link);
	metric_inc(METRIC_event_listeners);
	if (parse_times(s, &err) &&
		list_filters_parse(&s->filters, query_get(&rq->query, "filters"), &err)) {
		stream_begin(s);
		return;
	}
	reply_exchange_error(rq->api, rq->x, &err);
	errand_end(&s->errand);
}
