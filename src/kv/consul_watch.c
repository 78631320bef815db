/*
 * kv/consul_watch.c - a directory of Consul, by blocking queries.
 *
 * Every answer is the whole list and an index; the next query carries the index and is answered
 * when something has changed, or when its time is over.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "kv/consul.h"
#include "kv/consul_answer.h"

enum {
	WAIT_S = 30,
	/* Consul adds up to a sixteenth to a wait, so that not all return at once. */
	WAIT_LIMIT_MS = WAIT_S * 1000 + WAIT_S * 1000 / 16 + 5000,
};

struct consul_watch {
	struct kv_watch base;
	struct worker worker;
	uint64_t index; /* of the list we know; 0: answer at once */
};

STEP(watch_ask);
STEP(watch_answer);

static struct consul_watch *watch_of(struct task *t)
{
	return container_of(t, struct consul_watch, worker.task);
}

/* The slash keeps "nodes2/x" out. */
static char *list_target(const struct consul_watch *w)
{
	auto_free char *suffix =
		w->index ? xasprintf("/?recurse=&wait=%ds&index=%" PRIu64, WAIT_S, w->index)
			 : xstrdup("/?recurse=");

	return consul_key_target(w->base.directory, suffix);
}

static enum task_turn watch_ask(struct task *t)
{
	struct consul_watch *w = watch_of(t);

	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = "GET",
			.target = list_target(w),
			.mode = CALL_JSON,
			.head_timeout_ms = w->index ? (int64_t)WAIT_LIMIT_MS : 0,
		},
		&watch_answer_step);
}

static bool read_list(const struct consul_watch *w, struct kv_entries *ret, uint64_t *ret_index,
	struct error *err)
{
	const struct call *c = &w->worker.call;

	if (!worker_answered(&w->worker, true, err))
		return false;
	if (!consul_read_index(c, ret_index, err))
		return worker_blame(&w->worker, err);
	if (c->answer.status == 404)
		return true; /* nothing below the directory */
	if (!consul_parse_entries(yyjson_doc_get_root(c->json), w->base.directory, ret, err))
		return worker_blame(&w->worker, err);
	return true;
}

/*
 * An index that goes backwards is another history: a store restored or made anew.  What came with
 * it was true at some time or other, so it is asked again rather than believed.
 */
static enum task_turn watch_answer(struct task *t)
{
	struct consul_watch *w = watch_of(t);
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	auto_error struct error err = ERROR_INIT;
	uint64_t index = 0;

	if (!read_list(w, &entries, &index, &err)) {
		w->index = 0;
		kv_watch_note_error(&w->base, &err);
		return worker_retry(&w->worker, &watch_ask_step);
	}
	worker_succeeded(&w->worker);
	if (index < w->index) {
		w->index = 0;
		kv_watch_note_break(&w->base);
	} else {
		w->index = max_of(index, (uint64_t)1);
		kv_watch_report(&w->base, &entries);
	}
	return task_wait_ms(t, &watch_ask_step, WORKER_SETTLE_MS);
}

struct kv_watch *consul_watch_create(maybe_unused struct kv *kv)
{
	return &xnew(struct consul_watch)->base;
}

void consul_watch_start(struct kv_watch *watch)
{
	struct consul_watch *w = container_of(watch, struct consul_watch, base);
	struct consul *c = container_of(watch->kv, struct consul, base);

	worker_start(&w->worker, &c->servers, watch->kv->loop, &watch_ask_step);
}

void consul_watch_destroy(struct kv_watch *watch)
{
	struct consul_watch *w = container_of(watch, struct consul_watch, base);

	worker_finish(&w->worker);
	free(w);
}
