/*
 * api/events.c - a client of /events reads the journal: what is there, then what comes.
 *
 * Nothing waits for it but its place in there.  Who reads so slowly that the journal has let go of
 * what it has not read is told so by a last event, and cut off, so that it cannot take what it has
 * for everything.
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
#include "cluster/past.h"

enum {
	RECORD_SEPARATOR = 0x1e, /* RFC 7464 */
	EVENTS_PER_TURN = 256,   /* looked at for one client, before others have theirs */
	BYTES_PER_TURN = 64 * 1024,
	LATE_MS = 10 * 1000, /* for a late client to take what was written, and why it ends */
	LATE_LOOK_MS = 100,
	PAST_MS = 5 * 1000, /* for what engines remember; what comes later is left out */
};

struct event_stream {
	struct errand errand;
	struct list link; /* api->event_streams */
	struct bus_listener listener;
	struct list_filters filters;
	bool has_since, has_until;
	int64_t since_ns, until_ns; /* where given */
	struct past_wait past;
	struct journal_reader reader;
	int64_t late_ms; /* monotonic; until then it may take the last event; 0: it is in time */
	bool told_late;
	bool sequence; /* application/json-seq: every object begins with a record separator */
};

STEP(stream_begin);
STEP(stream_pump);
STEP(stream_late);

static void stream_finish(struct errand *e)
{
	struct event_stream *s = container_of(e, struct event_stream, errand);

	list_remove(&s->link);
	past_wait_finish(&s->past);
	metric_add(METRIC_event_listeners, -1);
	bus_unsubscribe(&s->listener);
	list_filters_finish(&s->filters);
}

static void handle_event(struct bus_listener *l, const struct docker_event *e maybe_unused,
	struct engine *engine maybe_unused)
{
	task_wake(&container_of(l, struct event_stream, listener)->errand.task);
}

/* --- what a client is told --- */

/* Networks are told by the ids that clients know. */
static char *told_id(const struct event_stream *s, const struct journal_entry *entry)
{
	const struct engine *engine;

	if (entry->event.type != EVENT_NETWORK)
		return entry->event.actor_id;
	engine = cluster_find_engine(s->errand.rq->api->cluster, entry->node.id);
	return engine ? (char *)network_told_id(engine, entry->event.actor_id)
		      : entry->event.actor_id;
}

/* BuildKit makes images with an event that clients before 1.46 never saw. */
static bool is_news_to(const struct docker_event *e, struct api_version client)
{
	return e->type == EVENT_IMAGE && event_action_is(e, "create") &&
	       api_version_before(client, 1, 46);
}

static void add_event(struct event_stream *s, struct strbuf *to, const struct docker_event *e,
	const struct event_node *node)
{
	if (s->sequence)
		strbuf_add_char(to, RECORD_SEPARATOR);
	event_write(to, e, node, s->errand.rq->version);
}

static void add_entry(struct event_stream *s, struct strbuf *to, const struct journal_entry *entry)
{
	struct docker_event told = entry->event; /* borrows all of it */

	told.actor_id = told_id(s, entry);
	if (!is_news_to(&told, s->errand.rq->version) &&
		event_matches(&told, &entry->node, &s->filters))
		add_event(s, to, &told, &entry->node);
}

/* Out of the journal, as much as there is room for; true: there is more. */
static bool tell_some(struct event_stream *s)
{
	struct exchange *x = s->errand.rq->x;
	auto_strbuf struct strbuf text = STRBUF_INIT;
	const struct journal_entry *entry = NULL;
	int left = EVENTS_PER_TURN;

	if (exchange_is_full(x))
		return true;
	while (left-- > 0 && text.len < BYTES_PER_TURN && (entry = journal_read(&s->reader)))
		add_entry(s, &text, entry);
	exchange_write(x, text.buf, text.len);
	return entry != NULL;
}

/* --- its end --- */

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

static void tell_late(struct event_stream *s)
{
	static const struct event_own own = { EVENT_SWARM, "events_lost", NULL,
		{ { "reason", "this reader is too slow: events are gone that it has not read; read "
			      "again from the time of the last one" } } };
	static const struct event_node none = { "", "", "", "" };
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct docker_event e;

	event_init_own(&e, &own);
	add_event(s, &text, &e, &none);
	event_finish(&e);
	exchange_write(s->errand.rq->x, text.buf, text.len);
	s->told_late = true;
}

static enum task_turn begin_late(struct event_stream *s)
{
	log_fields(LOG_WARN, "Client of /events is too slow, cutting it off", "peer",
		exchange_peer(s->errand.rq->x), NULL);
	metric_inc(METRIC_event_listeners_dropped_total);
	bus_unsubscribe(&s->listener);
	s->late_ms = clock_mono_ms() + LATE_MS;
	return task_go(&s->errand.task, &stream_late_step);
}

/* Without an end: the client sees a broken stream. */
static enum task_turn stream_late(struct task *task)
{
	struct event_stream *s = container_of(task, struct event_stream, errand.task);
	struct exchange *x = s->errand.rq->x;

	if (!s->told_late && !exchange_is_full(x))
		tell_late(s);
	if (x->gone || (s->told_late && exchange_is_sent(x)) || clock_mono_ms() >= s->late_ms)
		return errand_end(&s->errand);
	return task_wait_ms(task, &stream_late_step, LATE_LOOK_MS);
}

/* --- its course --- */

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
	bool more;

	if (s->errand.rq->x->gone)
		return errand_end(&s->errand);
	if (journal_reader_is_late(&s->reader))
		return begin_late(s);
	more = tell_some(s);
	if (!more && until_is_over(s))
		return stream_end(s);
	if (more && !exchange_is_full(s->errand.rq->x))
		return task_wait_ms(task, &stream_pump_step, 0);
	return wait_on(s);
}

/* --- its beginning --- */

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

/* The head goes out before engines are asked: the command says nothing without it. */
static void open_stream(struct event_stream *s)
{
	struct request *rq = s->errand.rq;
	struct bus *bus = rq->api->cluster->bus;
	const char *type = content_type(rq);

	s->sequence = strcmp(type, "application/json-seq") == 0;
	headers_set(&rq->x->answer, "Content-Type", type);
	reply_decorate(rq->api, &rq->x->answer);
	exchange_start(rq->x, 200, -1);
	/* Engines take an end without a beginning for all of the past. */
	journal_reader_init(&s->reader, bus_journal(bus), s->has_since || s->has_until, s->since_ns,
		s->has_until ? s->until_ns : INT64_MAX);
	bus_subscribe(bus, &s->listener);
	errand_watch_client(&s->errand);
	errand_start(&s->errand);
}

static enum task_turn stream_begin(struct task *task)
{
	struct event_stream *s = container_of(task, struct event_stream, errand.task);

	if (s->reader.reads_past && past_ask(s->errand.rq->api->past, &s->past, task))
		return task_wait_for_ms(task, &s->past.done, &stream_pump_step, PAST_MS);
	return task_go(task, &stream_pump_step);
}

void events_stream(struct request *rq)
{
	struct event_stream *s = errand_create(rq, sizeof(*s), &stream_begin_step, stream_finish);
	auto_error struct error err = ERROR_INIT;

	s->listener.handle_event = handle_event;
	list_push_back(&rq->api->event_streams, &s->link);
	metric_inc(METRIC_event_listeners);
	if (parse_times(s, &err) &&
		list_filters_parse(&s->filters, query_get(&rq->query, "filters"), &err)) {
		open_stream(s);
		return;
	}
	reply_exchange_error(rq->api, rq->x, &err);
	errand_end(&s->errand);
}
