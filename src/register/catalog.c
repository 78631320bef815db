/*
 * register/catalog.c - Consul's catalog, with every node of the pool as an external one.
 *
 * Such a node has no agent of Consul.  Where one has the same name, it looks after its own services
 * and takes all others away: the node of the pool is then called "<name>-swarm".
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "kv/consul.h"
#include "register/book.h"
#include "register/catalog_record.h"

#define SUFFIX "-swarm"

struct catalog {
	struct book base;
	struct worker worker;
	struct strv nodes;  /* ours, as last read */
	struct strv others; /* nodes of others */
	size_t at;          /* of nodes, the one that is read */
	yyjson_doc *node;   /* what is on it; owned */
	char *body;         /* to be written; owned */
};

STEP(read_nodes);
STEP(nodes_read);
STEP(read_node);
STEP(node_read);
STEP(checks_read);
STEP(node_removed);
STEP(write_changes);
STEP(changes_written);

static struct catalog *catalog_of(struct task *t)
{
	return container_of(t, struct catalog, worker.task);
}

/* The end of a reading or a writing. */
static enum task_turn end(struct catalog *c, struct error *err)
{
	if (err)
		worker_leave_server(&c->worker);
	call_finish(&c->worker.call);
	book_end(&c->base, err);
	return TASK_DONE;
}

static enum task_turn get(struct catalog *c, char *target, const struct task_step *next)
{
	return worker_ask(&c->worker,
		&(struct worker_request){ .method = "GET", .target = target, .mode = CALL_JSON },
		next);
}

static enum task_turn transact(struct catalog *c, char *body, const struct task_step *next)
{
	return worker_ask(&c->worker,
		&(struct worker_request){
			.method = "PUT",
			.target = xstrdup("/v1/txn"),
			.body = body,
			.content_type = "application/json",
			.mode = CALL_TEXT,
			.head_timeout_ms = KV_WRITE_MS,
			.idle_timeout_ms = KV_WRITE_MS,
		},
		next);
}

/* NULL: nothing may be written now. */
static const char *lock_session(const struct catalog *c)
{
	const struct kv_lock *lock = c->base.lock;

	return lock && kv_lock_is_held(lock) ? consul_lock_session(lock) : NULL;
}

/* --- reading --- */

static enum task_turn read_nodes(struct task *t)
{
	return get(catalog_of(t), xstrdup("/v1/catalog/nodes"), &nodes_read_step);
}

static enum task_turn nodes_read(struct task *t)
{
	struct catalog *c = catalog_of(t);
	auto_error struct error err = ERROR_INIT;
	uint64_t index;

	strv_finish(&c->nodes);
	strv_finish(&c->others);
	if (!worker_answered(&c->worker, false, &err) ||
		!consul_read_index(&c->worker.call, &index, &err) ||
		!catalog_parse_nodes(yyjson_doc_get_root(c->worker.call.json), c->base.cluster,
			&c->nodes, &c->others, &err))
		return end(c, &err);
	c->at = 0;
	return task_go(t, &read_node_step);
}

static enum task_turn read_node(struct task *t)
{
	struct catalog *c = catalog_of(t);
	auto_strbuf struct strbuf target = STRBUF_INIT;

	if (c->at == c->nodes.count) {
		kv_entries_sort(&c->base.found);
		return end(c, NULL);
	}
	strbuf_add_str(&target, "/v1/catalog/node/");
	uri_encode_query(&target, c->nodes.items[c->at]);
	return get(c, strbuf_steal(&target), &node_read_step);
}

/* One that has gone meanwhile is null. */
static enum task_turn node_read(struct task *t)
{
	struct catalog *c = catalog_of(t);
	auto_error struct error err = ERROR_INIT;
	auto_strbuf struct strbuf target = STRBUF_INIT;

	if (!worker_answered(&c->worker, true, &err))
		return end(c, &err);
	yyjson_doc_free(c->node);
	c->node = steal(c->worker.call.json);
	if (!yyjson_is_obj(yyjson_doc_get_root(c->node))) {
		c->at++;
		return task_go(t, &read_node_step);
	}
	strbuf_add_str(&target, "/v1/health/node/");
	uri_encode_query(&target, c->nodes.items[c->at]);
	return get(c, strbuf_steal(&target), &checks_read_step);
}

static enum task_turn checks_read(struct task *t)
{
	struct catalog *c = catalog_of(t);
	auto_error struct error err = ERROR_INIT;
	const char *session = lock_session(c), *name = c->nodes.items[c->at];
	int64_t index;

	if (!worker_answered(&c->worker, true, &err) ||
		!catalog_parse_node(yyjson_doc_get_root(c->node),
			yyjson_doc_get_root(c->worker.call.json), c->base.cluster, &c->base.found,
			&c->base.foreign, &index, &err))
		return end(c, &err);
	if (c->base.found.count > KV_MAX_ENTRIES) {
		error_set(&err, ERROR_TOO_LARGE, "more than %d services in the catalog",
			KV_MAX_ENTRIES);
		return end(c, &err);
	}
	c->at++;
	if (!index || !session || c->base.is_node(c->base.arg, name))
		return task_go(t, &read_node_step);
	return transact(c, catalog_format_removal(c->base.lock->key, session, name, index),
		&node_removed_step);
}

/* If somebody was faster, the next reading shows it. */
static enum task_turn node_removed(struct task *t)
{
	return task_go(t, &read_node_step);
}

static void begin(struct catalog *c, const struct task_step *first)
{
	struct consul *store = container_of(c->base.kv, struct consul, base);

	book_begin(&c->base);
	worker_finish(&c->worker);
	worker_start(&c->worker, &store->servers, c->base.loop, first);
}

static void catalog_read(struct book *r)
{
	kv_entries_finish(&r->found);
	strv_finish(&r->foreign);
	begin(container_of(r, struct catalog, base), &read_nodes_step);
}

/* --- writing --- */

static enum task_turn write_changes(struct task *t)
{
	struct catalog *c = catalog_of(t);

	return transact(c, steal(c->body), &changes_written_step);
}

/* 409 is Consul's word for a transaction of which nothing was done; 400 and 413 are about what was
 * sent. */
static void read_refusal(struct catalog *c, struct error *err)
{
	struct evbuffer *in = c->worker.call.in;
	const char *text = in ? (const char *)evbuffer_pullup(in, -1) : NULL;
	size_t len = in ? evbuffer_get_length(in) : 0;
	auto_json yyjson_doc *doc = text ? json_parse(text, len, NULL) : NULL;

	if (err->status == 409 && (!doc || catalog_lost_lock(yyjson_doc_get_root(doc))))
		err->code = ERROR_CONFLICT;
	else if (err->status == 409 || err->status == 400 || err->status == 413)
		err->code = ERROR_INVALID;
}

static enum task_turn changes_written(struct task *t)
{
	struct catalog *c = catalog_of(t);
	auto_error struct error err = ERROR_INIT;

	if (worker_answered(&c->worker, false, &err))
		return end(c, NULL);
	if (err.status)
		read_refusal(c, &err);
	return end(c, &err);
}

static void catalog_write(struct book *r, const struct book_change *changes, size_t count)
{
	struct catalog *c = container_of(r, struct catalog, base);
	auto_error struct error err = ERROR_INIT;
	const char *session = lock_session(c);

	book_begin(r);
	if (!session) {
		error_set(&err, ERROR_CONFLICT, "another manager writes to the registry");
		book_end(r, &err);
		return;
	}
	free(c->body);
	c->body = catalog_format_changes(r->lock->key, session, r->cluster, changes, count);
	begin(c, &write_changes_step);
}

/* --- life --- */

static void catalog_cancel(struct book *r)
{
	worker_finish(&container_of(r, struct catalog, base)->worker);
}

static char *catalog_node_name(const struct book *r, const char *name)
{
	const struct catalog *c = container_of(r, struct catalog, base);
	auto_free char *other = xasprintf("%s" SUFFIX, name);

	if (strchr(name, '/') || !*name)
		return NULL;
	if (!strv_contains(&c->others, name))
		return xstrdup(name);
	return strv_contains(&c->others, other) ? NULL : steal(other);
}

static void catalog_destroy(struct book *r)
{
	struct catalog *c = container_of(r, struct catalog, base);

	worker_finish(&c->worker);
	book_finish(r);
	strv_finish(&c->nodes);
	strv_finish(&c->others);
	yyjson_doc_free(c->node);
	free(c->body);
	free(c);
}

static const struct book_ops catalog_ops = {
	.read = catalog_read,
	.write = catalog_write,
	.cancel = catalog_cancel,
	.destroy = catalog_destroy,
	.node_name = catalog_node_name,
};

static char *node_of(const char *key)
{
	return xstrndup(key, strcspn(key, "/"));
}

static struct book *catalog_create(void)
{
	struct catalog *c = xnew(struct catalog);

	c->base.ops = &catalog_ops;
	return &c->base;
}

const struct layout catalog_layout = {
	.scheme = "consul",
	.driver = "consul",
	.batch = BOOK_BATCH,
	.create = catalog_create,
	.add = catalog_add,
	.node_of = node_of,
};
