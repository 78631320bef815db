/*
 * api/images_fleet.c - a fleet, fed from the client or from an engine, and its lines as the
 * answer.
 */
#include "api/images_fleet.h"

#include <string.h>
#include <strings.h>

#include "api/reply.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"

STEP(fleet_pump);

static void images_fleet_finish(struct errand *e)
{
	struct images_fleet *is = container_of(e, struct images_fleet, errand);

	fleet_finish(&is->fleet);
	call_finish(&is->download);
	if (is->source)
		engine_unref(is->source);
	strv_finish(&is->constraints);
	free(is->title);
	free(is->failure);
	free(is->pulled);
	free(is->last_line);
}

static void read_constraints(const struct request *rq, struct strv *ret)
{
	for (size_t i = 0; i < rq->query.count; i++) {
		if (strcmp(rq->query.params[i].key, "constraint") == 0)
			strv_add(ret, rq->query.params[i].value);
	}
	/* The docker command has no option for it, but sends fields of one's choice. */
	for (size_t i = 0; i < rq->x->head.headers.count; i++) {
		const struct header *h = &rq->x->head.headers.items[i];

		if (strcasecmp(h->name, "X-Swarm-Constraint") == 0)
			strv_add(ret, h->value);
	}
}

struct images_fleet *images_fleet_create(struct request *rq)
{
	struct images_fleet *is =
		errand_create(rq, sizeof(*is), &fleet_pump_step, images_fleet_finish);

	fleet_init(&is->fleet, &is->errand.task);
	read_constraints(rq, &is->constraints);
	return is;
}

void images_fleet_fail(struct images_fleet *is, const struct error *err)
{
	errand_fail(&is->errand, err);
}

/* --- who --- */

static int compare_names(const void *a, const void *b)
{
	const struct engine *x = *(struct engine *const *)a, *y = *(struct engine *const *)b;

	return compare_natural(x->name, y->name);
}

static struct engine **choose_open(struct manager *m, size_t *ret_count, struct error *err)
{
	size_t all, healthy = 0, open = 0;
	struct engine **engines = cluster_sorted_engines(m->cluster, &all);

	for (size_t i = 0; i < all; i++) {
		healthy += engine_is_healthy(engines[i]);
		if (engine_is_healthy(engines[i]) && manager_is_open(m, engines[i]))
			engines[open++] = engines[i];
	}
	if (open == 0) {
		free(engines);
		error_set(err, ERROR_UNAVAILABLE,
			healthy ? "All healthy nodes are paused or drained: docker node update "
				  "--availability active NODE"
				: "No healthy node available in the cluster");
		return NULL;
	}
	*ret_count = open;
	return engines;
}

struct engine **images_fleet_choose(struct images_fleet *is, size_t *ret_count, struct error *err)
{
	struct manager *m = is->errand.rq->api->manager;
	struct engine **engines;
	struct wish *wish;

	if (is->constraints.count == 0)
		return choose_open(m, ret_count, err);
	wish = wish_create_expressions(NULL, &is->constraints, NULL, 0, 0, err);
	engines = wish ? manager_place_all(m, wish, ret_count, err) : NULL;
	wish_destroy(wish);
	if (engines)
		qsort(engines, *ret_count, sizeof(struct engine *), compare_names);
	return engines;
}

/* NULL: it is not. */
static const char *why_skipped(const struct manager *m, const struct engine *e)
{
	if (e->state == ENGINE_UNHEALTHY)
		return "skipped, the node is unhealthy";
	return engine_is_healthy(e) && !manager_is_open(m, e)
		       ? "skipped, the node is paused or drained"
		       : NULL;
}

void images_fleet_tell_skipped(struct images_fleet *is)
{
	const struct manager *m = is->errand.rq->api->manager;
	size_t count;
	struct engine **engines = cluster_sorted_engines(is->errand.rq->api->cluster, &count);

	for (size_t i = 0; i < count && is->constraints.count == 0; i++) {
		auto_strbuf struct strbuf line = STRBUF_INIT;

		if (!why_skipped(m, engines[i]))
			continue;
		progress_say(&line, is->title, why_skipped(m, engines[i]), engines[i]->name);
		evbuffer_add(is->fleet.out, line.buf, line.len);
	}
	free(engines);
}

/* --- what --- */

static void format_query(const struct request *rq, struct strbuf *to)
{
	for (size_t i = 0; i < rq->query.count; i++) {
		const struct query_param *p = &rq->query.params[i];

		if (strcmp(p->key, "constraint") == 0)
			continue;
		strbuf_add_char(to, to->len ? '&' : '?');
		uri_encode_query(to, p->key);
		strbuf_add_char(to, '=');
		uri_encode_query(to, p->value);
	}
}

static void copy_fields(struct headers *to, const struct headers *from)
{
	headers_copy(to, from);
	headers_remove_hop_by_hop(to);
	headers_remove(to, "Host");
	headers_remove(to, "Content-Length");
	headers_remove(to, "Expect"); /* answered by us */
	headers_remove(to, "X-Swarm-Constraint");
}

void images_fleet_forward(struct images_fleet *is, struct engine *e, const char *path)
{
	struct request *rq = is->errand.rq;
	struct leg *leg = fleet_add(&is->fleet, e);
	auto_strbuf struct strbuf query = STRBUF_INIT;

	format_query(rq, &query);
	remote_call_init(&leg->call, &e->remote, rq->version, "POST", "%s%s", path, query.buf);
	copy_fields(&leg->call.head.headers, &rq->x->head.headers);
	leg->call.stream_body = rq->x->body_length != 0;
	leg->call.stream_length = rq->x->body_length;
}

void images_fleet_start(struct images_fleet *is)
{
	is->fleet.title = is->title;
	is->fleet.failure = is->failure;
	errand_watch_client(&is->errand);
	exchange_want_body(is->errand.rq->x);
	exchange_continue(is->errand.rq->x);
	fleet_start(&is->fleet);
	errand_start(&is->errand);
}

/* --- the course --- */

static void feed_from_client(struct images_fleet *is)
{
	struct exchange *x = is->errand.rq->x;

	if (evbuffer_get_length(x->body) > 0 && fleet_has_room(&is->fleet))
		fleet_write(&is->fleet, x->body);
	if (x->body_complete && evbuffer_get_length(x->body) == 0)
		fleet_end_body(&is->fleet);
}

static void feed(struct images_fleet *is)
{
	if (is->source)
		fleet_feed(&is->fleet, is->source, &is->download);
	else if (!is->fleet.body_ended && fleet_wants_body(&is->fleet))
		feed_from_client(is);
}

static void start_answer(struct images_fleet *is)
{
	struct exchange *x = is->errand.rq->x;

	headers_set(&x->answer, "Content-Type", "application/json");
	reply_decorate(is->errand.rq->api, &x->answer);
	exchange_start(x, 200, -1);
}

static void flush(struct images_fleet *is)
{
	struct exchange *x = is->errand.rq->x;

	if (!x->answer_started) {
		if (!is->source && !is->fleet.body_ended && fleet_wants_body(&is->fleet))
			return;
		if (!fleet_has_begun(&is->fleet))
			return;
		start_answer(is);
	}
	if (!exchange_is_full(x))
		exchange_write_buffer(x, is->fleet.out);
}

/* Clients look for the line that begins with "Status: ": it says whether anything came. */
static void close_pull(const struct images_fleet *is, struct strbuf *to)
{
	auto_free char *status = xasprintf("Status: %s for %s",
		fleet_is_up_to_date(&is->fleet) ? "Image is up to date" : "Downloaded newer image",
		is->pulled);

	progress_say(to, NULL, status, NULL);
}

/* False with what failed, in the words of the engines when they have the same. */
static bool check(const struct images_fleet *is, struct error *err)
{
	const struct error *refusal = fleet_refusal(&is->fleet);

	if (!refusal)
		return fleet_check(&is->fleet, err);
	error_copy(err, refusal);
	return false;
}

static enum task_turn finish(struct images_fleet *is)
{
	struct exchange *x = is->errand.rq->x;
	auto_error struct error err = ERROR_INIT;
	auto_strbuf struct strbuf last = STRBUF_INIT;
	bool fine = check(is, &err);

	if (!x->answer_started && fleet_refusal(&is->fleet))
		return errand_fail(&is->errand, &err);
	if (!x->answer_started)
		start_answer(is);
	if (is->last_line)
		strbuf_addf(&last, "%s\r\n", is->last_line);
	if (!fine)
		progress_say_failed(&last, error_text(&err));
	else if (is->pulled)
		close_pull(is, &last);
	exchange_write_buffer(x, is->fleet.out);
	exchange_write(x, last.buf, last.len);
	exchange_end(x);
	return errand_end(&is->errand);
}

static enum task_turn fleet_pump(struct task *t)
{
	struct images_fleet *is = container_of(t, struct images_fleet, errand.task);
	bool over;

	if (is->errand.rq->x->gone)
		return errand_end(&is->errand);
	feed(is);
	over = fleet_advance(&is->fleet);
	flush(is);
	if (!over)
		return task_wait_ms(t, &fleet_pump_step, FLEET_LOOK_MS);
	if (is->go_on && fleet_check(&is->fleet, NULL) && is->go_on(is))
		return task_go(t, &fleet_pump_step);
	return finish(is);
}
