/* api/disk_usage_part.c - pieces of an answer are put in their places, or written down. */
#include "api/disk_usage_part.h"

#include <string.h>

#include "api/disk_usage_sum.h"
#include "base/mem.h"

enum {
	MAX_VALUES = 1024,       /* beside the entries of the lists; engines have some forty */
	MAX_ENTRIES = 4 * 65536, /* of all lists */
};

const char *const disk_usage_opened[] = { "Images", "Containers", "Volumes", "BuildCache",
	"ImageUsage", "ContainerUsage", "VolumeUsage", "BuildCacheUsage", "ImageUsage.Items",
	"ContainerUsage.Items", "VolumeUsage.Items", "BuildCacheUsage.Items", NULL };

void disk_usage_part_init(struct disk_usage_part *p, const struct request *rq, const char *node,
	struct api_version engine)
{
	*p = (struct disk_usage_part){ .rq = rq, .node = node, .engine = engine };
}

static void drop_text(struct disk_usage_part *p, size_t list)
{
	if (p->texts[list])
		evbuffer_free(p->texts[list]);
	p->texts[list] = NULL;
}

void disk_usage_part_finish(struct disk_usage_part *p)
{
	for (size_t i = 0; i < DISK_USAGE_LISTS; i++)
		drop_text(p, i);
	yyjson_mut_doc_free(p->doc);
	*p = (struct disk_usage_part){ 0 };
}

size_t disk_usage_part_bytes(const struct disk_usage_part *p)
{
	size_t bytes = 0;

	for (size_t i = 0; i < DISK_USAGE_LISTS; i++)
		bytes += p->texts[i] ? evbuffer_get_length(p->texts[i]) : 0;
	return bytes;
}

/* --- whose it is --- */

static yyjson_mut_val *with_node(yyjson_mut_doc *doc, const char *node, const char *name)
{
	auto_free char *text = xasprintf("%s%s%s", node, *name == '/' ? "" : "/", name);

	return yyjson_mut_strcpy(doc, text);
}

/* From API 1.52 on a name is told without its node, too: docker 29 shows such names only. */
static void name_container(
	yyjson_mut_doc *doc, yyjson_mut_val *container, const char *node, struct api_version client)
{
	auto_free char *rooted = xasprintf("/%s", node);
	yyjson_mut_val *names = yyjson_mut_obj_get(container, "Names"), *name;
	yyjson_mut_val *told = yyjson_mut_arr(doc);
	size_t i, max;

	if (!yyjson_mut_is_arr(names))
		return;
	yyjson_mut_arr_foreach(names, i, max, name)
	{
		const char *text = yyjson_mut_get_str(name);

		if (!text)
			continue;
		yyjson_mut_arr_append(told, with_node(doc, rooted, text));
		if (!api_version_before(client, 1, 52))
			yyjson_mut_arr_append(told, yyjson_mut_str(doc, text));
	}
	yyjson_mut_obj_replace(container, yyjson_mut_str(doc, "Names"), told);
}

static void name_volume(yyjson_mut_doc *doc, yyjson_mut_val *volume, const char *node,
	struct api_version client maybe_unused)
{
	yyjson_mut_val *name = yyjson_mut_obj_get(volume, "Name");
	yyjson_mut_val *driver = yyjson_mut_obj_get(volume, "Driver");

	if (yyjson_mut_is_str(name) && yyjson_mut_equals_str(driver, "local"))
		yyjson_mut_obj_replace(volume, yyjson_mut_str(doc, "Name"),
			with_node(doc, node, yyjson_mut_get_str(name)));
}

/* --- entries --- */

/* Place of its text; DISK_USAGE_LISTS when it is none of the lists. */
static size_t list_called(const char *path)
{
	for (size_t i = 0; i < DISK_USAGE_KINDS; i++) {
		if (strcmp(disk_usage_kinds[i].list, path) == 0)
			return i;
		if (strcmp(disk_usage_kinds[i].items, path) == 0)
			return DISK_USAGE_KINDS + i;
	}
	return DISK_USAGE_LISTS;
}

static void add_text(struct disk_usage_part *p, size_t list, yyjson_mut_val *entry)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (p->texts[list])
		strbuf_add_char(&text, ',');
	else
		p->texts[list] = evbuffer_new();
	json_mut_write(&text, entry);
	evbuffer_add(p->texts[list], text.buf, text.len);
}

static bool take_entry(struct disk_usage_part *p, size_t list, yyjson_val *value, struct error *err)
{
	static void (*const name[DISK_USAGE_KINDS])(yyjson_mut_doc * doc, yyjson_mut_val * entry,
		const char *node,
		struct api_version client) = { NULL, name_container, name_volume, NULL };
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *entry = yyjson_val_mut_copy(doc, value);
	size_t kind = list % DISK_USAGE_KINDS;

	if (++p->entries > MAX_ENTRIES)
		return error_set(err, ERROR_TOO_LARGE, "lists more than %d", MAX_ENTRIES);
	if (name[kind])
		name[kind](doc, entry, p->node, p->rq->version);
	if (list == kind) {
		p->counts[kind].total++;
		disk_usage_kinds[kind].count(&p->counts[kind], entry);
	}
	add_text(p, list, entry);
	return true;
}

/* --- all else --- */

static size_t depth_of(const char *in)
{
	if (!in || !*in)
		return in ? 1 : 0;
	return strchr(in, '.') ? 3 : 2;
}

static bool put(struct disk_usage_part *p, const struct json_piece *piece, struct error *err)
{
	size_t depth = depth_of(piece->in);
	yyjson_mut_val *in = depth ? p->levels[depth - 1] : NULL;
	yyjson_mut_val *val = piece->value      ? yyjson_val_mut_copy(p->doc, piece->value)
			      : piece->is_array ? yyjson_mut_arr(p->doc)
						: yyjson_mut_obj(p->doc);

	p->values += piece->values + 1;
	if (p->values > MAX_VALUES)
		return error_set(err, ERROR_TOO_LARGE, "more than %d names and values beside lists",
			MAX_VALUES);
	if (!piece->value)
		p->levels[depth] = val;
	if (piece->name)
		yyjson_mut_obj_add(
			in, yyjson_mut_strncpy(p->doc, piece->name, piece->name_len), val);
	else if (in)
		yyjson_mut_arr_append(in, val);
	else
		yyjson_mut_doc_set_root(p->doc, val);
	return true;
}

bool disk_usage_part_take(
	struct disk_usage_part *p, const struct json_piece *piece, struct error *err)
{
	size_t list = piece->in && !piece->name ? list_called(piece->in) : DISK_USAGE_LISTS;

	if (!p->doc)
		p->doc = yyjson_mut_doc_new(NULL);
	return list < DISK_USAGE_LISTS ? take_entry(p, list, piece->value, err)
				       : put(p, piece, err);
}

/* --- the sum --- */

/* A list went, or was put into the object of its kind. */
static void follow(struct disk_usage_part *p, yyjson_mut_val *answer, size_t kind)
{
	const struct disk_usage_kind *k = &disk_usage_kinds[kind];
	yyjson_mut_val *usage = yyjson_mut_obj_get(answer, k->usage);
	size_t items = DISK_USAGE_KINDS + kind;

	if (yyjson_mut_is_arr(yyjson_mut_obj_get(answer, k->list)))
		return;
	if (!p->texts[items] && yyjson_mut_is_arr(yyjson_mut_obj_get(usage, "Items")))
		p->texts[items] = steal(p->texts[kind]);
	drop_text(p, kind);
}

static void add_part(yyjson_mut_doc *doc, yyjson_mut_val *sum, struct disk_usage_part *p)
{
	yyjson_mut_val *answer = p->doc ? yyjson_mut_doc_get_root(p->doc) : NULL, *copy;

	if (!yyjson_mut_is_obj(answer)) {
		disk_usage_part_finish(p);
		return;
	}
	disk_usage_fit(p->doc, answer, p->rq, p->engine, p->counts);
	for (size_t kind = 0; kind < DISK_USAGE_KINDS; kind++)
		follow(p, answer, kind);
	copy = yyjson_mut_val_mut_copy(doc, answer);
	disk_usage_add(doc, sum, copy);
}

static void write_list(
	struct evbuffer *to, size_t list, struct disk_usage_part *parts, size_t count)
{
	bool any = false;

	evbuffer_add(to, "[", 1);
	for (size_t i = 0; i < count; i++) {
		if (!parts[i].texts[list])
			continue;
		if (any)
			evbuffer_add(to, ",", 1);
		evbuffer_add_buffer(to, parts[i].texts[list]); /* moves */
		any = true;
	}
	evbuffer_add(to, "]", 1);
}

static void write_value(struct evbuffer *to, yyjson_mut_val *value)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	json_mut_write(&text, value);
	evbuffer_add(to, text.buf, text.len);
}

/* An object of which some members are lists: those of the document, or of a kind's usage. */
static void write_object(struct evbuffer *to, const char *in, yyjson_mut_val *object,
	struct disk_usage_part *parts, size_t count)
{
	yyjson_mut_val *key, *value;
	size_t i, max;

	evbuffer_add(to, "{", 1);
	yyjson_mut_obj_foreach(object, i, max, key, value)
	{
		auto_strbuf struct strbuf path = STRBUF_INIT;
		size_t list;

		strbuf_add_str(&path, in);
		strbuf_add_str(&path, *in ? "." : "");
		strbuf_add(&path, yyjson_mut_get_str(key), yyjson_mut_get_len(key));
		list = list_called(path.buf);

		if (i > 0)
			evbuffer_add(to, ",", 1);
		write_value(to, key);
		evbuffer_add(to, ":", 1);
		if (list < DISK_USAGE_LISTS && yyjson_mut_is_arr(value))
			write_list(to, list, parts, count);
		else if (!*in && yyjson_mut_is_obj(value))
			write_object(to, path.buf, value, parts, count);
		else
			write_value(to, value);
	}
	evbuffer_add(to, "}", 1);
}

void disk_usage_write(struct evbuffer *to, struct disk_usage_part *parts, size_t count)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *sum = yyjson_mut_obj(doc);

	for (size_t i = 0; i < count; i++)
		add_part(doc, sum, &parts[i]);
	write_object(to, "", sum, parts, count);
}
