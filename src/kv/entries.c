/* kv/entries.c - an array of keys and values. */
#include "kv/entries.h"

#include <string.h>

#include "base/mem.h"
#include "base/sorted.h"

static void entry_finish(struct kv_entry *entry)
{
	free(entry->key);
	free(entry->value);
}

void kv_entries_finish(struct kv_entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		entry_finish(&e->items[i]);
	free(e->items);
	*e = KV_ENTRIES_INIT;
}

static char *copy_value(const void *value, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, value, len);
	copy[len] = '\0';
	return copy;
}

void kv_entries_add(struct kv_entries *e, const char *key, const void *value, size_t len)
{
	array_reserve(e->items, e->count, e->cap);
	e->items[e->count++] = (struct kv_entry){
		.key = xstrdup(key),
		.value = copy_value(value, len),
		.len = len,
	};
}

int kv_entries_compare(const void *a, const void *b)
{
	return strcmp(((const struct kv_entry *)a)->key, ((const struct kv_entry *)b)->key);
}

void kv_entries_sort(struct kv_entries *e)
{
	if (e->count > 1)
		qsort(e->items, e->count, sizeof(*e->items), kv_entries_compare);
}

/* Index of the key, or of the place where it belongs. */
static size_t find_place(const struct kv_entries *e, const char *key, bool *ret_found)
{
	struct kv_entry wanted = { .key = (char *)key };
	size_t at = sorted_place(&wanted, e->items, e->count, sizeof(wanted), kv_entries_compare);

	*ret_found = at < e->count && strcmp(e->items[at].key, key) == 0;
	return at;
}

static bool has_value(const struct kv_entry *entry, const void *value, size_t len)
{
	return entry->len == len && (len == 0 || memcmp(entry->value, value, len) == 0);
}

bool kv_entries_set(struct kv_entries *e, const char *key, const void *value, size_t len)
{
	bool found;
	size_t at = find_place(e, key, &found);

	if (found) {
		struct kv_entry *entry = &e->items[at];

		if (has_value(entry, value, len))
			return false;
		free(entry->value);
		entry->value = copy_value(value, len);
		entry->len = len;
		return true;
	}
	kv_entries_add(e, key, value, len);
	struct kv_entry added = e->items[e->count - 1];
	memmove(&e->items[at + 1], &e->items[at], (e->count - 1 - at) * sizeof(*e->items));
	e->items[at] = added;
	return true;
}

bool kv_entries_remove(struct kv_entries *e, const char *key)
{
	bool found;
	size_t at = find_place(e, key, &found);

	if (!found)
		return false;
	entry_finish(&e->items[at]);
	e->count--;
	memmove(&e->items[at], &e->items[at + 1], (e->count - at) * sizeof(*e->items));
	return true;
}

bool kv_entries_equal(const struct kv_entries *a, const struct kv_entries *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i].key, b->items[i].key) != 0 ||
			!has_value(&a->items[i], b->items[i].value, b->items[i].len))
			return false;
	}
	return true;
}
