/* Changes made in the text are those made in a tree: the same document comes out. */
#include <string.h>

#include "base/json_splice.h"
#include "fuzz.h"

static yyjson_mut_doc *tree; /* the same document, changed the other way */
static const char other[] = "10.0.0.1\"\n\\";

/* One way and the other, side by side. */
static void change(struct json_splice *s, yyjson_val *val, yyjson_mut_val *mut);

static void change_str(struct json_splice *s, yyjson_val *val, yyjson_mut_val *mut)
{
	if (yyjson_get_len(val) % 2)
		return;
	json_splice_set_str(s, val, other);
	yyjson_mut_set_str(mut, other);
}

static bool ends_with_str(yyjson_val *obj)
{
	yyjson_val *key, *val, *last = NULL;
	size_t i, max;

	yyjson_obj_foreach(obj, i, max, key, val)
	{
		last = val;
	}
	return yyjson_is_str(last);
}

/* Not by the iterator's own removal, which skips what comes next. */
static void change_arr(struct json_splice *s, yyjson_val *arr, yyjson_mut_val *mut)
{
	yyjson_val *val, *before = NULL;
	yyjson_mut_val *item = yyjson_mut_arr_get_first(mut), *next;
	size_t i, max, kept = 0;

	yyjson_arr_foreach(arr, i, max, val)
	{
		next = item->next;
		change(s, val, item);
		if (i % 2 && ends_with_str(before) && ends_with_str(val)) {
			json_splice_remove(s, before, val);
			yyjson_mut_arr_remove(mut, kept);
		} else {
			kept++;
		}
		before = val;
		item = next;
	}
}

static void put_first(struct json_splice *s, yyjson_val *key, yyjson_val *obj, yyjson_mut_val *mut)
{
	auto_strbuf struct strbuf members = STRBUF_INIT;

	strbuf_add_str(&members, "\"f\":3");
	json_splice_put_first(s, key, obj, &members);
	yyjson_mut_obj_insert(mut, yyjson_mut_str(tree, "f"), yyjson_mut_int(tree, 3), 0);
}

static void change_obj(struct json_splice *s, yyjson_val *obj, yyjson_mut_val *mut)
{
	yyjson_mut_obj_iter iter;
	yyjson_val *key, *val;
	size_t i, max;

	yyjson_mut_obj_iter_init(mut, &iter);
	yyjson_obj_foreach(obj, i, max, key, val)
	{
		yyjson_mut_val *item = yyjson_mut_obj_iter_get_val(yyjson_mut_obj_iter_next(&iter));

		change(s, val, item);
		if (yyjson_is_obj(val))
			put_first(s, key, val, item);
	}
}

static void change(struct json_splice *s, yyjson_val *val, yyjson_mut_val *mut)
{
	if (yyjson_is_str(val))
		change_str(s, val, mut);
	else if (yyjson_is_arr(val))
		change_arr(s, val, mut);
	else if (yyjson_is_obj(val))
		change_obj(s, val, mut);
}

static void check_same(const struct strbuf *text)
{
	auto_json yyjson_doc *doc = json_parse(text->buf, text->len, NULL);
	auto_strbuf struct strbuf ours = STRBUF_INIT, theirs = STRBUF_INIT;

	fuzz_check(doc);
	json_write(&ours, yyjson_doc_get_root(doc));
	json_mut_write(&theirs, yyjson_mut_doc_get_root(tree));
	fuzz_check(ours.len == theirs.len && memcmp(ours.buf, theirs.buf, ours.len) == 0);
}

static void put_last(struct json_splice *s, yyjson_mut_val *root)
{
	auto_strbuf struct strbuf members = STRBUF_INIT;

	strbuf_add_str(&members, "\"Node\":1,\"b\":2");
	json_splice_put_last(s, &members);
	yyjson_mut_obj_add_int(tree, root, "Node", 1);
	yyjson_mut_obj_add_int(tree, root, "b", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json yyjson_doc *doc = json_parse((const char *)data, size, NULL);
	auto_strbuf struct strbuf text = STRBUF_INIT;
	yyjson_val *root = yyjson_doc_get_root(doc);
	struct json_splice s;

	if (!yyjson_is_obj(root))
		return 0;
	tree = yyjson_doc_mut_copy(doc, NULL);
	json_splice_init(&s, doc, (const char *)data, size);
	change(&s, root, yyjson_mut_doc_get_root(tree));
	put_last(&s, yyjson_mut_doc_get_root(tree));
	fuzz_check(json_splice_write(&s, &text, NULL));
	check_same(&text);
	json_splice_finish(&s);
	yyjson_mut_doc_free(tree);
	return 0;
}
