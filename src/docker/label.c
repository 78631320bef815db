/*
 * docker/label.c - key=value pairs.
 *
 * A flat array: objects carry a handful of labels, and walking them in order beats any index in
 * time and space.
 */
#include "docker/label.h"

#include <string.h>

#include "base/intern.h"
#include "base/mem.h"

void labels_finish(struct labels *l)
{
	for (size_t i = 0; i < l->count; i++) {
		intern_unref(l->items[i].key);
		intern_unref(l->items[i].value);
	}
	free(l->items);
	*l = (struct labels){ 0 };
}

/* Exactly the room that is needed: a cluster holds hundreds of thousands of labels. */
void labels_reserve(struct labels *l, size_t more)
{
	if (more)
		l->items = xreallocarray(l->items, l->count + more, sizeof(*l->items));
}

void labels_append(struct labels *l, const char *key, const char *value)
{
	l->items[l->count++] = (struct label){ intern(key), intern(value) };
}

void labels_copy(struct labels *to, const struct labels *from)
{
	labels_reserve(to, from->count);
	for (size_t i = 0; i < from->count; i++)
		to->items[to->count++] = (struct label){ intern_ref(from->items[i].key),
			intern_ref(from->items[i].value) };
}

void labels_add(struct labels *l, const char *key, const char *value)
{
	labels_reserve(l, 1);
	labels_append(l, key, value);
}

/* Placing asks every node and container: most keys differ in the first character already. */
static struct label *find_label(const struct labels *l, const char *key)
{
	for (size_t i = l->count; i-- > 0;) {
		if (*l->items[i].key == *key && strcmp(l->items[i].key, key) == 0)
			return &l->items[i];
	}
	return NULL;
}

void labels_set(struct labels *l, const char *key, const char *value)
{
	struct label *there = find_label(l, key);
	const char *fresh;

	if (!there) {
		labels_add(l, key, value);
		return;
	}
	fresh = intern(value);
	intern_unref(there->value);
	there->value = fresh;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

void labels_sort(struct labels *l)
{
	if (l->count > 1)
		qsort(l->items, l->count, sizeof(*l->items), compare_keys);
}

const char *labels_get(const struct labels *l, const char *key)
{
	const struct label *there = find_label(l, key);

	return there ? there->value : NULL;
}

const char *labels_find(const struct labels *l, const char *key)
{
	for (size_t i = l->count; i-- > 0;) {
		if (l->items[i].key == key)
			return l->items[i].value;
	}
	return NULL;
}

void labels_from_json(struct labels *l, yyjson_val *object)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!yyjson_is_obj(object))
		return;
	labels_reserve(l, yyjson_obj_size(object));
	yyjson_obj_iter_init(object, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);

		if (yyjson_is_str(value))
			labels_append(l, yyjson_get_str(key), yyjson_get_str(value));
		else if (yyjson_is_null(value))
			labels_append(l, yyjson_get_str(key), "");
	}
}

/* What is shown to nobody is found by nobody. */
static bool is_hidden(const char *key)
{
	return strcmp(key, LABEL_NETWORK_ID) == 0 || strcmp(key, LABEL_NETWORK_IPAM) == 0;
}

bool labels_match(const struct labels *l, const char *filter)
{
	const char *equals = strchr(filter, '=');
	auto_free char *before = equals ? xstrndup(filter, (size_t)(equals - filter)) : NULL;
	const char *key = before ? before : filter;
	const char *value = is_hidden(key) ? NULL : labels_get(l, key);

	return value && (!equals || strcmp(value, equals + 1) == 0);
}
