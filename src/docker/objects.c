/*
 * docker/objects.c - images, networks and volumes at rest.
 */
#include "docker/objects.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"

static const char *intern_member(yyjson_val *item, const char *key)
{
	return intern(json_get_str(item, key, ""));
}

static const char *intern_text(yyjson_val *item)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	json_write(&sb, item);
	return intern_n(sb.buf, sb.len);
}

/* A list of names; what engines write for "none" is no name. */
static const char **intern_names(
	yyjson_val *item, const char *key, const char *none, uint16_t *ret_count)
{
	yyjson_val *array = json_get_arr(item, key), *name;
	size_t room = min_of(yyjson_arr_size(array), (size_t)UINT16_MAX);
	const char **names;
	yyjson_arr_iter iter;

	*ret_count = 0;
	if (room == 0)
		return NULL;
	names = xcalloc(room, sizeof(*names));
	yyjson_arr_iter_init(array, &iter);
	while (*ret_count < room && (name = yyjson_arr_iter_next(&iter))) {
		if (yyjson_is_str(name) && !yyjson_equals_str(name, none))
			names[(*ret_count)++] = intern(yyjson_get_str(name));
	}
	return names;
}

static void unref_names(const char **names, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		intern_unref(names[i]);
	free(names);
}

/* Seconds in the list, RFC 3339 in inspect. */
static int64_t created_seconds(yyjson_val *item)
{
	const char *text = json_get_str(item, "Created", NULL);
	int64_t ns;

	if (!text)
		return json_get_int(item, "Created", 0);
	return time_parse_rfc3339(text, &ns) ? ns / NS_PER_S : 0;
}

static bool check_key(yyjson_val *item, const char *kind, const char *key, struct error *err)
{
	if (*json_get_str(item, key, ""))
		return true;
	return error_set(err, ERROR_PROTOCOL, "%s entry of the engine without %s", kind, key);
}

bool image_from_json(struct image *ret, yyjson_val *item, struct error *err)
{
	if (!check_key(item, "image", "Id", err))
		return false;
	*ret = (struct image){
		.id = intern_member(item, "Id"),
		.parent = intern_member(item, "ParentId"),
		.created_s = created_seconds(item),
		.size_bytes = json_get_int(item, "Size", 0),
		/* Podman's entries have this, Docker's never had */
		.localhost_is_implied = json_get_arr(item, "Names") != NULL,
		.entry = intern_text(item),
	};
	ret->tags = intern_names(item, "RepoTags", "<none>:<none>", &ret->tags_count);
	ret->digests = intern_names(item, "RepoDigests", "<none>@<none>", &ret->digests_count);
	labels_from_json(&ret->labels, json_get_obj(item, "Labels"));
	return true;
}

/* It takes the place of the id in lists that are not written anew: it must be as long. */
static const char *logical_id(const struct network *n)
{
	const char *first = labels_get(&n->labels, LABEL_NETWORK_ID);

	return first && id_is_hex(first, 1) && strlen(first) == strlen(n->id) ? first : n->id;
}

void network_hide_labels(yyjson_mut_val *network)
{
	yyjson_mut_val *labels = yyjson_mut_obj_get(network, "Labels");

	yyjson_mut_obj_remove_key(labels, LABEL_NETWORK_IPAM);
	yyjson_mut_obj_remove_key(labels, LABEL_NETWORK_ID);
}

/* Tools compare the labels of a network with what they asked for. */
static const char *intern_network(yyjson_val *item)
{
	auto_json_mut yyjson_mut_doc *doc = NULL;
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	yyjson_val *labels = json_get_obj(item, "Labels");
	yyjson_mut_val *network;

	if (!yyjson_obj_get(labels, LABEL_NETWORK_IPAM) &&
		!yyjson_obj_get(labels, LABEL_NETWORK_ID))
		return intern_text(item);
	doc = yyjson_mut_doc_new(NULL);
	network = yyjson_val_mut_copy(doc, item);
	network_hide_labels(network);
	json_mut_write(&sb, network);
	return intern_n(sb.buf, sb.len);
}

bool network_from_json(struct network *ret, yyjson_val *item, struct error *err)
{
	if (!check_key(item, "network", "Id", err) || !check_key(item, "network", "Name", err))
		return false;
	*ret = (struct network){
		.id = intern_member(item, "Id"),
		.name = intern_member(item, "Name"),
		.driver = intern_member(item, "Driver"),
		.scope = intern_member(item, "Scope"),
		.entry = intern_network(item),
	};
	labels_from_json(&ret->labels, json_get_obj(item, "Labels"));
	ret->logical_id = intern(logical_id(ret));
	ret->spreads = labels_get(&ret->labels, LABEL_NETWORK_IPAM) != NULL;
	return true;
}

bool volume_from_json(struct volume *ret, yyjson_val *item, struct error *err)
{
	if (!check_key(item, "volume", "Name", err))
		return false;
	*ret = (struct volume){
		.name = intern_member(item, "Name"),
		.driver = intern_member(item, "Driver"),
		.scope = intern_member(item, "Scope"),
		.entry = intern_text(item),
	};
	labels_from_json(&ret->labels, json_get_obj(item, "Labels"));
	return true;
}

void image_finish(struct image *i)
{
	intern_unref(i->id);
	intern_unref(i->parent);
	intern_unref(i->entry);
	unref_names(i->tags, i->tags_count);
	free(i->came_ms);
	unref_names(i->digests, i->digests_count);
	labels_finish(&i->labels);
	*i = (struct image){ 0 };
}

void network_finish(struct network *n)
{
	intern_unref(n->id);
	intern_unref(n->name);
	intern_unref(n->driver);
	intern_unref(n->scope);
	intern_unref(n->logical_id);
	intern_unref(n->entry);
	labels_finish(&n->labels);
	*n = (struct network){ 0 };
}

void volume_finish(struct volume *v)
{
	intern_unref(v->name);
	intern_unref(v->driver);
	intern_unref(v->scope);
	intern_unref(v->entry);
	labels_finish(&v->labels);
	*v = (struct volume){ 0 };
}

bool network_is_local(const struct network *n)
{
	return strcmp(n->scope, "local") == 0;
}

bool network_is_of_one_node(const struct network *n)
{
	return network_is_local(n) && !n->spreads;
}

bool volume_is_local(const struct volume *v)
{
	return strcmp(v->driver, "local") == 0;
}

bool image_is_dangling(const struct image *i)
{
	return i->tags_count == 0;
}

bool image_is_step(const struct image *i)
{
	return i->has_children && i->tags_count == 0 && i->digests_count == 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x < y ? -1 : x > y;
}

int volume_compare(const void *a, const void *b)
{
	const struct volume *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void volume_sort(struct volume *volumes, size_t count)
{
	if (count)
		qsort(volumes, count, sizeof(*volumes), volume_compare);
}

const struct volume *volume_in_sorted(const struct volume *volumes, size_t count, const char *name)
{
	struct volume key = { .name = name };

	return count ? bsearch(&key, volumes, count, sizeof(key), volume_compare) : NULL;
}

void image_children(struct image *images, size_t count)
{
	const char **parents = xcalloc(count + 1, sizeof(*parents)); /* interned */
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (*images[i].parent)
			parents[n++] = images[i].parent;
	}
	if (n)
		qsort(parents, n, sizeof(*parents), compare_addresses);
	for (size_t i = 0; i < count; i++)
		images[i].has_children = n && bsearch(&images[i].id, parents, n, sizeof(*parents),
						      compare_addresses) != NULL;
	free(parents);
}

bool network_is_predefined(const char *name)
{
	return strcmp(name, "none") == 0 || strcmp(name, "host") == 0 ||
	       strcmp(name, "bridge") == 0;
}
