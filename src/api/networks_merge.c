/* api/networks_merge.c - the first document, with what the others know of containers and peers. */
#include "api/networks_merge.h"

#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/parse.h"
#include "docker/label.h"
#include "docker/objects.h"

/* An entry of Containers or Peers. */
struct item {
	const char *id;          /* what makes it one; in the documents */
	yyjson_val *key, *value; /* key NULL: a peer */
	UT_hash_handle hh;
};

struct merge {
	struct item *containers, *peers; /* hashes by id, in order of appearance */
};

static bool is_load_balancer(const char *key, yyjson_val *value)
{
	return str_starts_with(key, "lb-") &&
	       str_ends_with(json_get_str(value, "Name", ""), "-endpoint");
}

static bool is_stale_key(const struct item *a)
{
	const char *endpoint = json_get_str(a->value, "EndpointID", "");

	return *endpoint && strstr(yyjson_get_str(a->key), endpoint);
}

static struct item *find_or_add(struct item **hash, const char *id)
{
	struct item *item;

	HASH_FIND_STR(*hash, id, item);
	if (item)
		return item;
	item = xnew(struct item);
	item->id = id;
	HASH_ADD_KEYPTR(hh, *hash, id, strlen(id), item);
	return item;
}

static void add_container(struct merge *m, yyjson_val *key, yyjson_val *value)
{
	const char *name = yyjson_get_str(key), *endpoint = json_get_str(value, "EndpointID", "");
	struct item *item;

	if (is_load_balancer(name, value))
		return;
	/* Podman tells no endpoint ids, and two containers without are two */
	item = find_or_add(&m->containers, *endpoint ? endpoint : name);
	if (item->value && !is_stale_key(item))
		return;
	item->key = key;
	item->value = value;
}

static void add_document(struct merge *m, yyjson_val *document)
{
	yyjson_val *key, *value;
	size_t i, max;

	yyjson_obj_foreach(json_get_obj(document, "Containers"), i, max, key, value)
		add_container(m, key, value);
	yyjson_arr_foreach(json_get_arr(document, "Peers"), i, max, value)
		find_or_add(&m->peers, json_get_str(value, "Name", ""))
			->value = value;
}

static yyjson_mut_val *take_containers(struct merge *m, yyjson_mut_doc *doc)
{
	yyjson_mut_val *containers = yyjson_mut_obj(doc);
	struct item *item, *tmp;

	HASH_ITER (hh, m->containers, item, tmp) {
		yyjson_mut_obj_add(containers, yyjson_val_mut_copy(doc, item->key),
			yyjson_val_mut_copy(doc, item->value));
		HASH_DEL(m->containers, item);
		free(item);
	}
	return containers;
}

static yyjson_mut_val *take_peers(struct merge *m, yyjson_mut_doc *doc)
{
	yyjson_mut_val *peers = yyjson_mut_arr(doc);
	struct item *item, *tmp;

	HASH_ITER (hh, m->peers, item, tmp) {
		yyjson_mut_arr_append(peers, yyjson_val_mut_copy(doc, item->value));
		HASH_DEL(m->peers, item);
		free(item);
	}
	return peers;
}

/* When the first instance is gone the others still go by its id. */
static void tell_logical_id(yyjson_mut_doc *doc, yyjson_val *document)
{
	const char *first = json_get_str(json_get_obj(document, "Labels"), LABEL_NETWORK_ID, NULL);

	if (first)
		yyjson_mut_obj_put(yyjson_mut_doc_get_root(doc), yyjson_mut_str(doc, "Id"),
			yyjson_mut_strcpy(doc, first));
}

char *networks_merge(yyjson_val *const *documents, size_t count, size_t *ret_len)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_val_mut_copy(doc, documents[0]);
	struct merge m = { 0 };

	yyjson_mut_doc_set_root(doc, root);
	tell_logical_id(doc, documents[0]);
	network_hide_labels(root);
	for (size_t i = 0; i < count; i++)
		add_document(&m, documents[i]);
	yyjson_mut_obj_put(root, yyjson_mut_str(doc, "Containers"), take_containers(&m, doc));
	if (m.peers)
		yyjson_mut_obj_put(root, yyjson_mut_str(doc, "Peers"), take_peers(&m, doc));
	return json_doc_text(doc, ret_len);
}
