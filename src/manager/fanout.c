/* manager/fanout.c - an array of calls, over when all are. */
#include "manager/fanout.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { PIECE_MAX_BYTES = 16 * 1024 * 1024 }; /* as a client may have written it */

struct fanout_item *fanout_add(struct fanout *f, struct engine *e)
{
	struct fanout_item *item;

	assert(f->pending == 0); /* items move, and calls that are under way must not */
	array_reserve(f->items, f->count, f->cap);
	item = &f->items[f->count++];
	*item = (struct fanout_item){ .engine = engine_ref(e) };
	return item;
}

void fanout_add_healthy(struct fanout *f, struct cluster *cluster)
{
	struct engine *e;

	cluster_each (e, cluster, CLUSTER_HEALTHY)
		fanout_add(f, e);
}

void fanout_send_next(struct fanout *f, struct task *waiter)
{
	struct fanout_item *item = &f->items[f->sent++];

	assert(f->sent <= f->count);
	f->pending++;
	f->waiter = waiter;
	if (f->reader) {
		item->call.mode = CALL_STREAM;
		json_pieces_init(&item->pieces, f->reader->open, PIECE_MAX_BYTES);
	}
	remote_send(&item->call, &item->engine->remote, waiter);
}

static void send_more(struct fanout *f)
{
	while (f->sent < f->count && (f->at_once == 0 || f->pending < f->at_once))
		fanout_send_next(f, f->waiter);
}

void fanout_send(struct fanout *f, struct task *waiter)
{
	f->sends_all = true;
	f->waiter = waiter;
	send_more(f);
}

void fanout_read(struct fanout *f, const struct fanout_reader *reader, void *arg)
{
	f->reader = reader;
	f->reader_arg = arg;
}

static size_t answer_bytes(const struct call *call)
{
	size_t bytes = call->in ? evbuffer_get_length(call->in) : 0;

	/* the text, and 16 bytes for each value (yyjson.h) */
	if (call->json)
		bytes += yyjson_doc_get_read_size(call->json) +
			 16 * yyjson_doc_get_val_count(call->json);
	return bytes;
}

static void count_answer(struct fanout *f, struct fanout_item *item)
{
	assert(!item->counted && f->pending > 0);
	item->counted = true;
	f->pending--;
	engine_report_call(item->engine, &item->call);
	if (!error_is_set(&item->err))
		(void)remote_check(&item->call, &item->engine->remote, &item->err);
	if (f->reader)
		json_pieces_finish(&item->pieces);
	f->bytes += answer_bytes(&item->call);
}

/* --- answers that are taken as they come --- */

/* False: there is more to come, or others must have their turn. */
static bool read_pieces(struct fanout *f, struct fanout_item *item, struct error *err)
{
	struct json_piece piece = { 0 };

	while (loop_has_time(f->waiter->loop)) {
		switch (call_next_piece(&item->call, &item->pieces, &piece, err)) {
		case JSON_PIECES_PIECE:
			if (!f->reader->take(f->reader_arg, (size_t)(item - f->items), &piece, err))
				return true;
			break;
		case JSON_PIECES_MORE: return false;
		case JSON_PIECES_END:
		case JSON_PIECES_FAILED: return true;
		}
	}
	task_wake(f->waiter);
	return false;
}

static bool item_is_over(struct fanout *f, struct fanout_item *item)
{
	struct call *call = &item->call;
	bool is_json = call->head_done && call->answer.status < 300;
	bool over;

	if (!f->reader || !is_json || error_is_set(&call->err))
		return call->done || (f->reader && call_is_refused(call));
	over = read_pieces(f, item, &item->err);
	if (over && error_is_set(&item->err) && !error_is_set(&call->err))
		error_wrap(&item->err, "%s", item->engine->addr);
	return over;
}

bool fanout_done(struct fanout *f)
{
	for (size_t i = f->checked; i < f->sent && f->pending > 0; i++) {
		if (!f->items[i].counted && item_is_over(f, &f->items[i]))
			count_answer(f, &f->items[i]);
	}
	while (f->checked < f->sent && f->items[f->checked].counted)
		f->checked++;
	if (f->sends_all)
		send_more(f);
	return f->pending == 0;
}

bool fanout_item_succeeded(const struct fanout_item *item)
{
	return item->counted && !error_is_set(&item->err) && item->call.answer.status < 400;
}

static int common_status(const struct fanout *f)
{
	int status = 0;

	for (size_t i = 0; i < f->count; i++) {
		int other = f->items[i].err.status;

		if (other == 0) /* no failure, or no answer */
			continue;
		if (status == 0 || status == 404)
			status = other;
		else if (other != 404 && other != status)
			status = other == 409 || status == 409 ? 409 : 500;
	}
	return status;
}

static void list_failures(const struct fanout *f, struct strv *ret)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct fanout_item *item = &f->items[i];

		if (error_is_set(&item->err))
			strv_take(ret,
				xasprintf("%s: %s", item->engine->name, error_text(&item->err)));
	}
}

static void list_successes(const struct fanout *f, const char *done, struct strv *ret)
{
	auto_strv struct strv names = STRV_INIT;

	for (size_t i = 0; i < f->count; i++) {
		const struct fanout_item *item = &f->items[i];

		if (fanout_item_succeeded(item) && done)
			strv_take(ret, xasprintf("%s: %s", item->engine->name, done));
		else if (fanout_item_succeeded(item))
			strv_add(&names, item->engine->name);
	}
	strv_sort(&names);
	auto_free char *where = strv_join(&names, ", ");

	if (names.count)
		strv_take(ret, xasprintf("succeeded on %s", where));
}

const struct error *fanout_refusal(const struct fanout *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct error *err = &f->items[i].err, *first = &f->items[0].err;

		if (err->code != ERROR_ENGINE || err->status != first->status ||
			strcmp(error_text(err), error_text(first)) != 0)
			return NULL;
	}
	return f->count ? &f->items[0].err : NULL;
}

bool fanout_check(
	const struct fanout *f, const struct strv *more, const char *done, struct error *err)
{
	auto_strv struct strv lines = STRV_INIT;
	int status = common_status(f);

	if ((!more || more->count == 0) && fanout_refusal(f)) {
		error_copy(err, fanout_refusal(f));
		return false;
	}
	list_failures(f, &lines);
	if (more)
		strv_copy(&lines, more);
	if (lines.count == 0)
		return true;
	list_successes(f, done, &lines);
	auto_free char *text = strv_join(&lines, "\n");

	if (status)
		return error_set_status(err, status, "%s", text);
	return error_set(err, ERROR_UNAVAILABLE, "%s", text);
}

bool fanout_item_answered(const struct fanout_item *item)
{
	return item->counted && (!error_is_set(&item->err) || item->err.code == ERROR_ENGINE);
}

size_t fanout_bytes(const struct fanout *f)
{
	return f->bytes + (f->reader && f->reader->bytes ? f->reader->bytes(f->reader_arg) : 0);
}

void fanout_finish(struct fanout *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->reader)
			json_pieces_finish(&f->items[i].pieces);
		call_finish(&f->items[i].call);
		error_clear(&f->items[i].err);
		engine_unref(f->items[i].engine);
	}
	free(f->items);
	if (f->reader && f->reader->finish)
		f->reader->finish(f->reader_arg);
	*f = (struct fanout){ 0 };
}
