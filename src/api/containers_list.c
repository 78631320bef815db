/*
 * api/containers_list.c - GET /containers/json, from memory.
 *
 * The list is written while its client reads: a bounded piece per turn, and nothing while so much
 * waits for the client already.  In between it holds no more than its place among all containers
 * in the order of their age, so what comes in the meantime is not in the answer, what goes is not
 * either, and the rest is in it once.
 */
#include "api/containers.h"

#include <string.h>

#include "api/asker.h"
#include "api/containers_filter.h"
#include "api/errand.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "cluster/find_network.h"
#include "manager/fanout.h"
#include "manager/refreshes.h"

enum {
	LIST_LOOK_AT_CLOCK = 16,      /* containers; then the clock is asked */
	LIST_PIECE_BYTES = 48 * 1024, /* with the last entry it still fits a block of 64 KiB */
	SIZE_TIMEOUT_MS = 120 * 1000,
};

/* With size=1: what the engines say about one container. */
struct list_size {
	char id[65];
	int64_t rw, root_fs;
	UT_hash_handle hh;
};

struct containers_list {
	struct errand errand;
	struct container_filter filter;
	struct lookup_place place;
	int64_t written;
	size_t looked_at; /* in this turn */
	int64_t now_ns;
	struct fanout fanout;
	struct list_size *sizes;    /* owned */
	struct refreshes refreshes; /* before the list, for classic's refresh options */
	struct strbuf text;         /* one piece, while it is written */
};

STEP(list_refreshed);
STEP(list_size);
STEP(list_sized);
STEP(list_ancestors);
STEP(list_begin);
STEP(list_write);
STEP(list_rest);

static void list_finish(struct errand *e)
{
	struct containers_list *l = container_of(e, struct containers_list, errand);
	struct list_size *size, *tmp;

	lookup_walk_end(&l->place);
	fanout_finish(&l->fanout);
	refreshes_finish(&l->refreshes);
	HASH_ITER (hh, l->sizes, size, tmp) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) the head has moved on */
		HASH_DEL(l->sizes, size);
		free(size);
	}
	containers_filter_finish(&l->filter);
	strbuf_finish(&l->text);
}

/* --- classic's refresh before the list --- */

static bool wants_refresh(const struct containers_list *l, const struct engine *e)
{
	const struct api_config *config = &l->errand.rq->api->config;
	const struct strv *nodes = list_filters_get(&l->filter.filters, "node");
	const struct strv *names = list_filters_get(&l->filter.filters, "name");

	if (!engine_is_healthy(e))
		return false;
	if (config->refresh_on_node_filter && nodes && strv_contains(nodes, e->name))
		return true;
	return config->container_name_refresh_filter && names &&
	       strv_contains(names, config->container_name_refresh_filter);
}

static enum task_turn start_refreshes(struct containers_list *l)
{
	struct cluster *cluster = l->errand.rq->api->cluster;

	refreshes_init(&l->refreshes, cluster->engines_count);
	for (size_t i = 0; i < cluster->engines_count; i++) {
		if (wants_refresh(l, cluster->engines[i]))
			refresh_containers(refreshes_next(&l->refreshes), cluster->engines[i],
				&l->errand.task);
	}
	return task_go(&l->errand.task, &list_refreshed_step);
}

static enum task_turn list_refreshed(struct task *task)
{
	struct containers_list *l = container_of(task, struct containers_list, errand.task);

	if (!refreshes_done(&l->refreshes))
		return task_wait(task, &list_refreshed_step); /* they have deadlines */
	return task_go(task, parse_query_bool(query_get(&l->errand.rq->query, "size"))
				     ? &list_size_step
				     : &list_ancestors_step);
}

/* --- sizes --- */

static bool take_size(void *arg, size_t i maybe_unused, const struct json_piece *piece,
	struct error *err maybe_unused)
{
	struct containers_list *l = arg;
	yyjson_val *entry = piece->value;
	const char *id = json_get_str(entry, "Id", "");
	struct list_size *size;

	HASH_FIND_STR(l->sizes, id, size);
	if (size || !*id || strlen(id) >= sizeof(size->id))
		return true;
	size = xnew(struct list_size);
	memcpy(size->id, id, strlen(id) + 1);
	size->rw = json_get_int(entry, "SizeRw", 0);
	size->root_fs = json_get_int(entry, "SizeRootFs", 0);
	HASH_ADD_STR(l->sizes, id, size);
	return true;
}

static void ask_sizes(struct containers_list *l)
{
	static const struct fanout_reader reader = { .take = take_size };

	fanout_add_healthy(&l->fanout, l->errand.rq->api->cluster);
	for (size_t i = 0; i < l->fanout.count; i++) {
		struct fanout_item *item = &l->fanout.items[i];

		remote_call_init(&item->call, &item->engine->remote, l->errand.rq->version, "GET",
			"/containers/json?all=1&size=1");
		item->call.head_timeout_ms = item->call.body_timeout_ms = SIZE_TIMEOUT_MS;
	}
	fanout_read(&l->fanout, &reader, l);
	fanout_send(&l->fanout, &l->errand.task);
}

static void charge(const struct containers_list *l)
{
	exchange_charge(l->errand.rq->x,
		fanout_bytes(&l->fanout) + HASH_COUNT(l->sizes) * sizeof(*l->sizes));
}

static enum task_turn list_size(struct task *task)
{
	ask_sizes(container_of(task, struct containers_list, errand.task));
	return task_go(task, &list_sized_step);
}

static enum task_turn list_sized(struct task *task)
{
	struct containers_list *l = container_of(task, struct containers_list, errand.task);

	charge(l);
	if (!fanout_done(&l->fanout))
		return task_wait(task, &list_sized_step);
	fanout_finish(&l->fanout);
	return task_go(task, &list_ancestors_step);
}

/* --- writing --- */

static enum task_turn list_ancestors(struct task *task)
{
	struct containers_list *l = container_of(task, struct containers_list, errand.task);

	if (ancestry_read(&l->filter.ancestry))
		return task_yield(task, &list_ancestors_step);
	return task_go(task, &list_begin_step);
}

static enum task_turn list_begin(struct task *task)
{
	struct containers_list *l = container_of(task, struct containers_list, errand.task);
	struct exchange *x = l->errand.rq->x;

	headers_set(&x->answer, "Content-Type", "application/json");
	reply_decorate(l->errand.rq->api, &x->answer);
	exchange_start(x, 200, -1);
	exchange_write(x, "[", 1);
	return task_go(task, &list_rest_step);
}

static void write_sizes(struct containers_list *l, const struct container *c)
{
	struct list_size *size;

	HASH_FIND_STR(l->sizes, c->id, size);
	if (!size)
		return;
	l->text.len--; /* the closing brace */
	strbuf_addf(&l->text, ",\"SizeRw\":%lld,\"SizeRootFs\":%lld}", (long long)size->rw,
		(long long)size->root_fs);
}

/* In the text from `start` on: the engine's id of a network becomes the one that clients know,
 * which is as long (docker/objects.c). */
static void tell_network(struct strbuf *text, size_t start, const char *from, const char *to)
{
	auto_free char *written = xasprintf("\"NetworkID\":\"%s\"", from);
	auto_free char *told = xasprintf("\"NetworkID\":\"%s\"", to);
	size_t len = strlen(written);
	char *at = memmem(text->buf + start, text->len - start, written, len);

	if (at)
		memcpy(at, told, len);
}

static void tell_networks(struct strbuf *text, size_t start, const struct container *c)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const char *own = c->networks[i].network_id;
		const char *id = network_told_id(c->engine, own);

		if (id != own) /* interned */
			tell_network(text, start, own, id);
	}
}

static void write_one(struct containers_list *l, const struct container *c)
{
	size_t start;

	if (c->state == CONTAINER_PENDING || !c->entry || !engine_is_validated(c->engine) ||
		!containers_filter_matches(&l->filter, c))
		return;
	if (l->written++ > 0)
		strbuf_add_char(&l->text, ',');
	start = l->text.len;
	container_write_entry(&l->text, c,
		&(struct container_listing){
			.node_name = c->engine->name,
			.node_ip = c->engine->ip,
			.host_down = !engine_is_healthy(c->engine),
			.version = l->errand.rq->version,
			.now_ns = l->now_ns,
		});
	tell_networks(&l->text, start, c);
	if (l->sizes)
		write_sizes(l, c);
}

static bool has_all_it_wants(const struct containers_list *l)
{
	return l->filter.limit > 0 && l->written >= l->filter.limit;
}

static bool visit(void *arg, struct container *c)
{
	struct containers_list *l = arg;

	write_one(l, c);
	if (has_all_it_wants(l) || l->text.len >= LIST_PIECE_BYTES)
		return false;
	return ++l->looked_at % LIST_LOOK_AT_CLOCK != 0 || loop_has_time(l->errand.task.loop);
}

/* True: that was the last one. */
static bool write_piece(struct containers_list *l)
{
	bool is_last;

	l->now_ns = clock_wall_ns();
	strbuf_init(&l->text, 0);
	is_last = lookup_walk(l->errand.rq->api->cluster->lookup, &l->place, visit, l) ||
		  has_all_it_wants(l);
	exchange_write(l->errand.rq->x, l->text.buf, l->text.len);
	strbuf_finish(&l->text);
	return is_last;
}

static enum task_turn list_write(struct task *task)
{
	struct containers_list *l = container_of(task, struct containers_list, errand.task);
	struct exchange *x = l->errand.rq->x;

	if (x->gone)
		return errand_end(&l->errand);
	if (exchange_is_full(x))
		return task_wait(task, &list_rest_step); /* until the client has read, or is gone */
	if (!write_piece(l))
		return task_yield(task, &list_write_step);
	exchange_write(x, "]\n", 2);
	exchange_end(x);
	return errand_end(&l->errand);
}

/* Hundreds of clients may have asked at once, have read, or left. */
static enum task_turn list_rest(struct task *task)
{
	return task_yield(task, &list_write_step);
}

void containers_list(struct request *rq)
{
	struct containers_list *l =
		errand_create(rq, sizeof(*l), &list_refreshed_step, list_finish);
	auto_error struct error err = ERROR_INIT;

	strbuf_init(&l->text, 0);
	if (!containers_filter_init(&l->filter, rq, &err)) {
		errand_fail(&l->errand, &err);
		return;
	}
	asker_note_filters(rq, list_filters_get(&l->filter.filters, "label"));
	errand_watch_client(&l->errand);
	start_refreshes(l);
	errand_start(&l->errand);
}
