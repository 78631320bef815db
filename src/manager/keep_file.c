/*
 * manager/keep_file.c - what is kept, as one file of the state folder.
 *
 *   {"SwarmKept":1,"Entries":{"nodes/node-1":"..."}}
 *
 * Each save writes all of it anew, and all changes that came meanwhile are the next one.
 */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "manager/keep_private.h"
#include "net/state_file.h"

#define FILE_NAME "kept"

enum {
	FORMAT = 1,
	SAVE_AGAIN_MS = 1000,
	/* JSON may write a byte as six. */
	FILE_MAX_BYTES = 6 * KEEP_MAX_BYTES + 1024 * 1024,
};

struct keep_file {
	struct keep_rest rest;
	struct state_file *file; /* owned */
	struct deferred save;    /* at the end of the turn: all its changes are one write */
	struct timer save_again;
	uint64_t saving; /* keep::version that the save under way has */
	bool failed;     /* said in the log once */
};

static struct keep_file *file_of(struct keep_rest *r)
{
	return container_of(r, struct keep_file, rest);
}

/* --- saving --- */

static char *format(const struct keep *k, size_t *ret_len)
{
	struct strbuf sb = STRBUF_INIT;
	bool first = true;

	strbuf_addf(&sb, "{\"SwarmKept\":%d,\"Entries\":{", FORMAT);
	for (size_t i = 0; i < k->count; i++) {
		const struct kept *e = k->items[i];

		if (!e->value)
			continue;
		strbuf_add_str(&sb, first ? "\n" : ",\n");
		first = false;
		strbuf_add_json_str(&sb, e->key, strlen(e->key));
		strbuf_add_char(&sb, ':');
		strbuf_add_json_str(&sb, e->value, strlen(e->value));
	}
	strbuf_add_str(&sb, "}}\n");
	*ret_len = sb.len;
	return strbuf_steal(&sb);
}

static void tell_failure(struct keep_file *f, const struct error *err)
{
	struct kept *e;

	if (!f->failed)
		log_error("What must be kept is not saved, trying again: %s", error_text(err));
	f->failed = true;
	list_for_each (e, &f->rest.keep->dirty, dirty)
		keep_fail(e, err);
}

static void handle_saved(void *arg, const struct error *err)
{
	struct keep_file *f = arg;
	struct keep *k = f->rest.keep;
	struct kept *e, *next;

	if (err) {
		tell_failure(f, err);
		timer_start(&f->save_again, SAVE_AGAIN_MS);
		return;
	}
	f->failed = false;
	list_for_each_safe (e, next, &k->dirty, dirty)
		keep_settle(k, e, f->saving);
	if (!list_empty(&k->dirty))
		loop_defer(k->loop, &f->save);
}

static void handle_save(struct deferred *d)
{
	struct keep_file *f = container_of(d, struct keep_file, save);
	struct keep *k = f->rest.keep;
	size_t len;

	if (state_file_saving(f->file) || list_empty(&k->dirty))
		return;
	timer_stop(&f->save_again);
	f->saving = k->version;
	char *text = format(k, &len);
	state_file_save(f->file, text, len, handle_saved, f);
}

static void handle_save_again(struct timer *t)
{
	struct keep_file *f = container_of(t, struct keep_file, save_again);

	loop_defer(f->rest.keep->loop, &f->save);
}

static void write_soon(struct keep_rest *r)
{
	struct keep_file *f = file_of(r);

	if (!timer_pending(&f->save_again))
		loop_defer(r->keep->loop, &f->save);
}

static bool check(const struct keep_rest *r maybe_unused, struct error *err maybe_unused)
{
	return true;
}

/* --- reading --- */

static bool load_entries(struct keep *k, yyjson_val *entries, struct error *err)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(entries, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);

		if (!yyjson_is_str(value))
			return error_set(err, ERROR_INVALID, "%s is no text", yyjson_get_str(key));
		keep_learn(k, yyjson_get_str(key), yyjson_get_str(value));
	}
	return true;
}

static bool load(struct keep_file *f, struct error *err)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_init(&text, FILE_MAX_BYTES);
	if (!state_file_read(f->file, &text, err))
		return false;
	if (text.len == 0)
		return true; /* none yet */
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, err);
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_val *entries = json_get_obj(root, "Entries");

	if (!doc)
		return false;
	if (json_get_int(root, "SwarmKept", 0) != FORMAT || !entries)
		return error_set(err, ERROR_INVALID, "not in a form that this version knows");
	return load_entries(f->rest.keep, entries, err);
}

/* --- life --- */

static void close_file(struct keep_rest *r)
{
	struct keep_file *f = file_of(r);
	auto_error struct error err = ERROR_INIT;

	if (f->file && !list_empty(&r->keep->dirty)) {
		size_t len;
		auto_free char *text = format(r->keep, &len);

		if (!state_file_save_now(f->file, text, len, &err))
			log_error("What must be kept is not saved: %s", error_text(&err));
	}
	state_file_close(f->file);
	deferred_cancel(&f->save);
	timer_stop(&f->save_again);
	free(f);
}

static const struct keep_rest_ops file_ops = {
	.write = write_soon,
	.check = check,
	.destroy = close_file,
};

bool keep_open_folder(struct keep *k, const char *folder, struct error *err)
{
	struct keep_file *f = xnew(struct keep_file);

	assert(!k->rest && k->count == 0);
	f->rest = (struct keep_rest){ .ops = &file_ops, .keep = k };
	deferred_init(&f->save, handle_save);
	timer_init(&f->save_again, k->loop, handle_save_again);
	f->file = state_file_open(k->loop, folder, FILE_NAME, err);
	if (f->file && load(f, err)) {
		k->rest = &f->rest;
		keep_set_whole(k, true);
		return true;
	}
	if (f->file)
		error_wrap(
			err, "%s/" FILE_NAME " (move it away to start with nothing kept)", folder);
	close_file(&f->rest);
	return false;
}
