/* fuzz/fuzz_tool.c - what a manager may answer to the program as a tool, and what is typed to -p.
 */
#include "base/json.h"
#include "base/mem.h"
#include "cmd/place_body.h"
#include "cmd/status_view.h"
#include "cmd/top_view.h"
#include "fuzz.h"

/* Nothing that moves a cursor may come out. */
static void check_screen(void (*print)(const void *view, FILE *out), const void *view)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(view, out);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		fuzz_check(((unsigned char)text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\n');
	free(text);
}

static void print_status(const void *view, FILE *out)
{
	status_view_print(view, out);
}

static void print_top(const void *view, FILE *out)
{
	top_view_print(view, out);
}

static void read_status(yyjson_val *root)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	struct status_view v;

	status_view_init(&v, "here", json_get_obj(root, "info"), "why");
	status_view_nodes(&v, json_get_arr(root, "nodes"), "why");
	status_view_containers(&v, json_get_arr(root, "containers"), "dead");
	check_screen(print_status, &v);
	fuzz_check(status_view_json(&v, doc));
	status_view_finish(&v);
}

static void read_top(yyjson_val *root)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_val *stats = json_get_arr(root, "stats"), *one;
	struct top_view v;
	size_t i, max;

	top_view_init(&v, json_get_arr(root, "nodes"), json_get_arr(root, "containers"), 8);
	yyjson_arr_foreach(stats, i, max, one)
	{
		if (v.count)
			top_view_take(&v, i % v.count, one);
	}
	top_view_sum(&v, TOP_CPU);
	check_screen(print_top, &v);
	fuzz_check(top_view_json(&v, doc));
	top_view_finish(&v);
}

static void read_flags(yyjson_val *root)
{
	struct place_wish w = { 0 };
	yyjson_mut_doc *doc;

	json_get_strv(root, "publish", &w.publish);
	json_get_strv(root, "volumes", &w.volumes);
	w.gpus = xstrdup(json_get_str(root, "gpus", ""));
	doc = w.publish.count < 2 ? place_body(&w, "busybox", NULL, 0, NULL) : NULL;
	yyjson_mut_doc_free(doc);
	strv_finish(&w.publish);
	strv_finish(&w.volumes);
	free(w.gpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json yyjson_doc *doc = json_parse((const char *)data, size, NULL);
	yyjson_val *root = yyjson_doc_get_root(doc);

	read_status(root);
	read_top(root);
	read_flags(root);
	return 0;
}
