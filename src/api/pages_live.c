/* api/pages_live.c - one task writes all views, one in a turn, the one that waits longest first. */
#include "api/pages_live.h"

#include <inttypes.h>
#include <string.h>

#include "api/page_stream.h"
#include "api/pages.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
	LOOK_MS = 2000,   /* what no listener tells is looked for */
	BEAT_MS = 5000,   /* an open page hears at least so often, also that nothing has changed */
	REST = 40,        /* times as long as writing took nothing is written */
	URGENT_MS = 1000, /* a change that does not wait comes at most so often */
};

struct view {
	struct list link; /* pages_live::views */
	const struct page_screen *screen;
	char *raw_query;        /* owned */
	struct query query;     /* owned */
	struct list listeners;  /* struct live_page::in_view */
	struct fragments parts; /* as told last */
	uint64_t seen;          /* change, when it was written */
	int64_t written_ms;     /* monotonic; 0: not yet */
	int64_t told_ms;
	bool has_new; /* a page that was told nothing yet */
};

struct live_page {
	struct page_stream stream;
	struct list in_view;
	struct view *view;
	bool is_behind; /* it has to be told all */
};

struct pages_live {
	struct api *api;
	struct list views;
	struct task task;
	struct engine_listener engines;
	uint64_t change;    /* counts what listeners told */
	uint64_t looked_at; /* ... when the task ran last */
	int64_t urgent_ms;  /* of the newest change that does not wait */
	int64_t rest_until_us;
};

STEP(live_round);
STEP(live_page_look);

/* --- what happens --- */

static void note_change(struct pages_live *l)
{
	if (l->change++ == l->looked_at)
		task_wake(&l->task);
}

static void handle_state(struct engine_listener *el, maybe_unused struct engine *e,
	maybe_unused enum engine_state before)
{
	struct pages_live *l = container_of(el, struct pages_live, engines);
	int64_t now_ms = clock_mono_ms();

	if (now_ms - l->urgent_ms >= URGENT_MS)
		l->urgent_ms = now_ms;
	note_change(l);
}

static void handle_engine(struct engine_listener *el, maybe_unused struct engine *e)
{
	note_change(container_of(el, struct pages_live, engines));
}

/* --- which view, and when --- */

static bool is_urgent(const struct pages_live *l, const struct view *v)
{
	return v->has_new || v->written_ms < l->urgent_ms;
}

static int64_t due_ms(const struct pages_live *l, const struct view *v)
{
	int64_t pause_ms = v->seen == l->change ? LOOK_MS : v->screen->pause_ms;

	return is_urgent(l, v) ? 0 : v->written_ms + pause_ms;
}

static struct view *next_view(const struct pages_live *l)
{
	struct view *v, *first = NULL;

	list_for_each (v, &l->views, link) {
		if (!first || due_ms(l, v) < due_ms(l, first))
			first = v;
	}
	return first;
}

/* --- telling --- */

struct telling {
	const struct strbuf *text;
	struct strbuf *to;
};

static void tell_part(void *arg, const struct fragment *part)
{
	struct telling *t = arg;
	auto_strbuf struct strbuf data = STRBUF_INIT;

	strbuf_addf(&data, "%s\n", part->id);
	strbuf_add(&data, t->text->buf + part->from, part->to - part->from);
	while (data.len > 0 && data.buf[data.len - 1] == '\n')
		data.len--;
	page_stream_add(t->to, "part", data.buf, data.len);
}

static void add_time(struct strbuf *to)
{
	auto_free char *now = xasprintf("%" PRId64, clock_wall_ns() / 1000000);

	page_stream_add(to, "now", now, strlen(now));
}

static void tell_pages(struct view *v, const struct fragments *now, const struct strbuf *text)
{
	auto_strbuf struct strbuf all = STRBUF_INIT, changed = STRBUF_INIT;
	int64_t now_ms = clock_mono_ms();
	struct live_page *page;

	fragments_compare(now, &v->parts, tell_part, &(struct telling){ text, &changed });
	if (changed.len == 0 && !v->has_new && now_ms - v->told_ms < BEAT_MS)
		return;
	v->told_ms = now_ms;
	add_time(&changed);
	list_for_each (page, &v->listeners, in_view) {
		struct exchange *x = page->stream.errand.rq->x;
		struct strbuf *message = page->is_behind ? &all : &changed;

		if (page->is_behind && all.len == 0) {
			fragments_compare(now, NULL, tell_part, &(struct telling){ text, &all });
			add_time(&all);
		}
		page->is_behind = exchange_is_full(x);
		if (!page->is_behind)
			exchange_write(x, message->buf, message->len);
	}
	v->has_new = false;
}

static void write_view(struct pages_live *l, struct view *v)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct fragments now = { 0 };
	struct page p = {
		.sb = &text,
		.query = &v->query,
		.raw_query = v->raw_query,
		.screen = v->screen,
		.is_live = true,
		.parts = &now,
	};

	pages_learn(l->api, &p);
	v->seen = l->change;
	v->written_ms = clock_mono_ms();
	p.screen->write(&p);
	fragments_seal(&now, &text);
	tell_pages(v, &now, &text);
	fragments_finish(&v->parts);
	v->parts = now;
}

static enum task_turn live_round(struct task *t)
{
	struct pages_live *l = container_of(t, struct pages_live, task);
	struct view *v = next_view(l);
	int64_t began_us = clock_mono_us(), wait_ms;

	l->looked_at = l->change;
	if (!v)
		return task_wait(t, &live_round_step); /* for a page to open */
	wait_ms = due_ms(l, v) - began_us / 1000;
	if (!is_urgent(l, v))
		wait_ms = max_of(wait_ms, (l->rest_until_us - began_us) / 1000 + 1);
	if (wait_ms > 0)
		return task_wait_ms(t, &live_round_step, wait_ms);
	write_view(l, v);
	l->rest_until_us = clock_mono_us() + REST * (clock_mono_us() - began_us);
	return task_wait_ms(t, &live_round_step, 0);
}

/* --- views, which live as long as a page shows them --- */

static struct view *join_view(
	struct pages_live *l, const struct page_screen *screen, const struct request *rq)
{
	struct view *v;

	list_for_each (v, &l->views, link) {
		if (v->screen == screen && strcmp(v->raw_query, rq->raw_query) == 0)
			return v;
	}
	v = xnew(struct view);
	v->screen = screen;
	v->raw_query = xstrdup(rq->raw_query);
	query_copy(&v->query, &rq->query);
	list_init(&v->listeners);
	list_push_back(&l->views, &v->link);
	return v;
}

static void leave_view(struct live_page *page)
{
	struct view *v = page->view;

	list_remove(&page->in_view);
	if (!list_empty(&v->listeners))
		return;
	list_remove(&v->link);
	query_finish(&v->query);
	fragments_finish(&v->parts);
	free(v->raw_query);
	free(v);
}

static void finish_page(struct errand *e)
{
	struct live_page *page = container_of(e, struct live_page, stream.errand);

	leave_view(page);
	page_stream_leave(&page->stream);
}

/* Woken when there is room again, or when the client has gone. */
static enum task_turn live_page_look(struct task *t)
{
	struct live_page *page = container_of(t, struct live_page, stream.errand.task);

	if (page->stream.errand.rq->x->gone)
		return errand_end(&page->stream.errand);
	/* It ends with its client, whose reading is of no hurry: the next beat tries again. */
	return task_wait(t, &live_page_look_step);
}

void pages_live_stream(struct request *rq)
{
	const struct page_screen *screen = page_find_screen(request_name(rq));
	struct pages_live *l = rq->api->pages_live;
	struct live_page *page;

	if (!screen) {
		reply_unknown(rq);
		return;
	}
	page = page_stream_create(rq, sizeof(*page), &live_page_look_step, finish_page);
	if (!page)
		return;
	page->view = join_view(l, screen, rq);
	list_push_back(&page->view->listeners, &page->in_view);
	page->is_behind = page->view->has_new = true;
	errand_start(&page->stream.errand);
	task_wake(&l->task);
}

/* --- life --- */

struct pages_live *pages_live_create(struct api *api)
{
	struct pages_live *l = xnew(struct pages_live);

	l->api = api;
	list_init(&l->views);
	task_init(&l->task, api->loop, &live_round_step, NULL);
	l->engines = (struct engine_listener){
		.handle_state = handle_state,
		.handle_failure = handle_engine,
		.handle_lost = handle_engine,
		.handle_containers = handle_engine,
	};
	cluster_listen(api->cluster, &l->engines);
	task_start(&l->task);
	return l;
}

void pages_live_destroy(struct pages_live *l)
{
	if (!l)
		return;
	engine_unlisten(&l->engines);
	task_finish(&l->task);
	free(l);
}
