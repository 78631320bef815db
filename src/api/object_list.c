/* api/object_list.c - the pieces, the label filter and the engine's own members. */
#include "api/object_list.h"

#include <string.h>

#include "api/errand.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"

enum {
	AT_ONCE = 16,            /* objects; then the clock is asked */
	PIECE_BYTES = 48 * 1024, /* with the last object it still fits a block of 64 KiB */
	LOOK_MS = 5 * 1000,      /* for a client to read before it is looked for newer lists */
};

struct object_list *object_list_create(const struct object_list_kind *kind, struct cluster *cluster,
	const struct query *query, struct api_version client, struct error *err)
{
	struct object_list *l = xcalloc(1, kind->size);

	l->kind = kind;
	l->cluster = cluster;
	l->client = client;
	strbuf_init(&l->row, 0);
	if (kind->init(l, query, err)) {
		held_lists_init(&l->held, cluster, kind->objects);
		return l;
	}
	object_list_destroy(l);
	return NULL;
}

/* --- rows --- */

struct object_row *object_list_row(struct object_list *l, const char *key, const struct engine *e)
{
	struct object_row *row;

	HASH_FIND_STR(l->rows, key, row);
	if (!row) {
		row = xnew(struct object_row);
		row->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, l->rows, row->key, strlen(row->key), row);
		l->bytes += sizeof(*row) + strlen(row->key);
	}
	strv_add(&row->nodes, e->name);
	return row;
}

bool object_row_is_named(
	const struct object_row *row, const struct list_filters *f, const char *name)
{
	for (size_t i = 0; i < row->nodes.count; i++) {
		if (list_filters_match_name(f, row->nodes.items[i], name))
			return true;
	}
	return false;
}

static void free_row(struct object_list *l, struct object_row *row)
{
	HASH_DEL(l->rows, row);
	strv_finish(&row->nodes);
	free(row->key);
	free(row);
}

static bool write_first_row(struct object_list *l, struct strbuf *to)
{
	struct object_row *row = l->rows;

	if (!row)
		return false;
	l->kind->write_row(l, row, to);
	free_row(l, row);
	return true;
}

/* --- the pieces --- */

void object_list_destroy(struct object_list *l)
{
	struct object_row *row, *tmp;

	if (!l)
		return;
	l->kind->finish(l);
	HASH_ITER (hh, l->rows, row, tmp) {
		free_row(l, row);
	}
	held_lists_finish(&l->held);
	strbuf_finish(&l->row);
	free(l);
}

static void gather_some(struct object_list *l)
{
	const struct held_list *of = &l->held.items[l->engine];

	if (!l->entered && l->kind->enter)
		l->kind->enter(l, of);
	l->entered = true;
	for (int n = 0; n < AT_ONCE && l->item < of->count; n++)
		l->kind->gather(l, of, l->item++);
	if (l->item < of->count)
		return;
	l->engine++;
	l->item = 0;
	l->entered = false;
}

static bool write_some(struct object_list *l, struct strbuf *to)
{
	bool (*write)(struct object_list * l, struct strbuf * to) =
		l->kind->write_row ? write_first_row : l->kind->write;

	for (int n = 0; n < AT_ONCE; n++) {
		strbuf_reset(&l->row);
		if (!write(l, &l->row)) {
			strbuf_add_str(to, l->kind->after);
			return false;
		}
		if (l->row.len == 0)
			continue;
		if (l->separate)
			strbuf_add_char(to, ',');
		l->separate = true;
		strbuf_add(to, l->row.buf, l->row.len);
	}
	return true;
}

bool object_list_more(struct object_list *l, struct strbuf *to)
{
	if (l->engine < l->held.count) {
		gather_some(l);
		return true;
	}
	if (l->begun)
		return write_some(l, to);
	if (l->kind->order && l->kind->order(l))
		return true;
	l->begun = true;
	strbuf_add_str(to, l->kind->before);
	return true;
}

/* --- the reply --- */

struct list_reply {
	struct errand errand;
	struct object_list *list;
	struct strbuf text; /* what has not been given to the client */
	bool begun;
};

STEP(list_reply_write);
STEP(list_reply_rest);

static void list_reply_finish(struct errand *e)
{
	struct list_reply *r = container_of(e, struct list_reply, errand);

	object_list_destroy(r->list);
	strbuf_finish(&r->text);
}

static void begin(struct list_reply *r)
{
	struct exchange *x = r->errand.rq->x;

	if (r->begun)
		return;
	r->begun = true;
	headers_set(&x->answer, "Content-Type", "application/json");
	reply_decorate(r->errand.rq->api, &x->answer);
	exchange_start(x, 200, -1);
}

static enum task_turn end(struct list_reply *r)
{
	struct exchange *x = r->errand.rq->x;
	auto_strbuf struct strbuf text = r->text; /* it outlives the errand */

	strbuf_init(&r->text, 0);
	if (r->begun) {
		exchange_write(x, text.buf, text.len);
		exchange_end(x);
		return errand_end(&r->errand);
	}
	reply_json(errand_detach(&r->errand), 200, text.buf, text.len);
	return TASK_WAIT;
}

static enum task_turn list_reply_write(struct task *task)
{
	struct list_reply *r = container_of(task, struct list_reply, errand.task);
	struct exchange *x = r->errand.rq->x;
	bool more = true;

	if (x->gone)
		return errand_end(&r->errand);
	if (exchange_is_full(x) && held_lists_are_current(&r->list->held))
		return task_wait_ms(task, &list_reply_rest_step, LOOK_MS);
	while (more && r->text.len < PIECE_BYTES && loop_has_time(task->loop))
		more = object_list_more(r->list, &r->text);
	if (!more)
		return end(r);
	exchange_charge(x, r->list->bytes);
	if (r->text.len) {
		begin(r);
		exchange_write(x, r->text.buf, r->text.len);
		strbuf_finish(&r->text);
	}
	return task_yield(task, &list_reply_write_step);
}

/* Hundreds of clients may have asked at once, have read, or left. */
static enum task_turn list_reply_rest(struct task *task)
{
	return task_yield(task, &list_reply_write_step);
}

void object_list_reply(struct request *rq, const struct object_list_kind *kind)
{
	auto_error struct error err = ERROR_INIT;
	struct object_list *list =
		object_list_create(kind, rq->api->cluster, &rq->query, rq->version, &err);
	struct list_reply *r;

	if (!list) {
		reply_error(rq, &err);
		return;
	}
	r = errand_create(rq, sizeof(*r), &list_reply_rest_step, list_reply_finish);
	r->list = list;
	strbuf_init(&r->text, 0);
	errand_watch_client(&r->errand);
	errand_start(&r->errand);
}

/* --- what several lists have in common --- */

bool object_list_has_labels(
	const struct list_filters *f, const char *key, const struct labels *labels)
{
	const struct strv *wanted = list_filters_get(f, key);

	for (size_t i = 0; wanted && i < wanted->count; i++) {
		if (!labels_match(labels, wanted->items[i]))
			return false;
	}
	return true;
}

static bool is_excepted(yyjson_val *key, const char *const *except)
{
	for (size_t i = 0; except[i]; i++) {
		if (yyjson_equals_str(key, except[i]))
			return true;
	}
	return false;
}

void object_list_write_members(struct strbuf *sb, const char *entry, const char *const *except)
{
	auto_json yyjson_doc *doc = json_parse(entry, strlen(entry), NULL);
	yyjson_val *key, *value;
	size_t i, max;

	yyjson_obj_foreach(yyjson_doc_get_root(doc), i, max, key, value)
	{
		if (is_excepted(key, except))
			continue;
		strbuf_add_char(sb, ',');
		json_write(sb, key);
		strbuf_add_char(sb, ':');
		json_write(sb, value);
	}
}
