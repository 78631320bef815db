/* manager/progress.c - lines out of a stream, and their members edited. */
#include "manager/progress.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"

/* --- lines --- */

static const char *hand_out(struct progress_reader *r, size_t *ret_len)
{
	while (r->line.len > 0 && r->line.buf[r->line.len - 1] == '\r')
		r->line.buf[--r->line.len] = '\0';
	r->complete = true;
	*ret_len = r->line.len;
	return r->line.buf;
}

/* Moves len bytes into the line. */
static bool extend_line(
	struct progress_reader *r, struct evbuffer *in, size_t len, struct error *err)
{
	if (len > 0 && !strbuf_reserve(&r->line, len))
		return error_set(err, ERROR_TOO_LARGE, "a line of progress is longer than %zu MiB",
			PROGRESS_LINE_MAX >> 20);
	if (len > 0 && evbuffer_remove(in, r->line.buf + r->line.len, len) > 0)
		r->line.len += len;
	if (len > 0)
		r->line.buf[r->line.len] = '\0';
	return true;
}

const char *progress_reader_next(
	struct progress_reader *r, struct evbuffer *in, size_t *ret_len, struct error *err)
{
	struct evbuffer_ptr end;

	if (r->complete)
		strbuf_reset(&r->line);
	r->complete = false;
	end = evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF);
	if (end.pos < 0) {
		(void)extend_line(r, in, evbuffer_get_length(in), err);
		return NULL;
	}
	if (!extend_line(r, in, (size_t)end.pos, err))
		return NULL;
	evbuffer_drain(in, 1);
	return hand_out(r, ret_len);
}

const char *progress_reader_rest(struct progress_reader *r, size_t *ret_len)
{
	return r->complete || r->line.len == 0 ? NULL : hand_out(r, ret_len);
}

void progress_reader_finish(struct progress_reader *r)
{
	strbuf_finish(&r->line);
}

/* --- what they say --- */

static void add_status(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const char *title, const char *what)
{
	if (!title && !what)
		return;
	auto_free char *status =
		title && what ? xasprintf("%s : %s", title, what) : xstrdup(title ? title : what);

	yyjson_mut_obj_add_strcpy(doc, root, "status", status);
}

static void write_line(struct strbuf *to, yyjson_mut_val *root)
{
	json_mut_write(to, root);
	strbuf_add_str(to, "\r\n");
}

static void copy_other_members(yyjson_mut_doc *doc, yyjson_mut_val *to, yyjson_val *from)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(from, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		if (yyjson_equals_str(key, "status") || yyjson_equals_str(key, "id"))
			continue;
		yyjson_mut_obj_add(to, yyjson_val_mut_copy(doc, key),
			yyjson_val_mut_copy(doc, yyjson_obj_iter_get_val(key)));
	}
}

static const char *failure_of(yyjson_val *root)
{
	return json_get_str(
		json_get_obj(root, "errorDetail"), "message", json_get_str(root, "error", NULL));
}

bool progress_translate(struct strbuf *to, const char *line, size_t len, const char *title,
	const char *node, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(line, len, NULL);
	auto_json_mut yyjson_mut_doc *edited = NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_mut_val *shown;

	if (!yyjson_is_obj(root))
		return true;
	if (failure_of(root))
		return error_set_status(err, 500, "%s", failure_of(root));
	edited = yyjson_mut_doc_new(NULL);
	shown = yyjson_mut_obj(edited);
	add_status(edited, shown, title, json_get_str(root, "status", NULL));
	copy_other_members(edited, shown, root);
	yyjson_mut_obj_add_str(edited, shown, "id", node);
	write_line(to, shown);
	return true;
}

void progress_say(struct strbuf *to, const char *title, const char *what, const char *node)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	add_status(doc, root, title, what);
	if (node)
		yyjson_mut_obj_add_str(doc, root, "id", node);
	write_line(to, root);
}

void progress_say_failed(struct strbuf *to, const char *text)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *detail;

	yyjson_mut_obj_add_str(doc, root, "error", text);
	detail = yyjson_mut_obj_add_obj(doc, root, "errorDetail");
	yyjson_mut_obj_add_int(doc, detail, "code", 1);
	yyjson_mut_obj_add_str(doc, detail, "message", text);
	write_line(to, root);
}

bool progress_begins(const char *line, size_t len, const char *with)
{
	auto_json yyjson_doc *doc = json_parse(line, len, NULL);

	return str_starts_with(json_get_str(yyjson_doc_get_root(doc), "status", ""), with);
}

char *progress_skip_reason(const struct error *err, const char *what)
{
	static const char before[] = "cannot load ", between[] = " image on ";
	const char *image = error_is_set(err) ? strstr(err->text, before) : NULL;
	const char *middle = image ? strstr(image, between) : NULL;
	const char *engine = middle ? middle + strlen(between) : NULL;
	size_t image_len, engine_len;

	if (!middle)
		return NULL;
	image += strlen(before);
	image_len = middle > image ? (size_t)(middle - image) : 0;
	engine_len = strcspn(engine, " \t\r\n");
	if (image_len == 0 || engine_len == 0 || memchr(image, ' ', image_len))
		return NULL;
	return xasprintf("%s skipped because image is for %.*s and engine is running %.*s", what,
		(int)image_len, image, (int)engine_len, engine);
}
