/* base/recent.c - a hash keeps the order in which its items came. */
#include "base/recent.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct recent_item {
	UT_hash_handle hh;
	char *value; /* behind the key */
	char key[];
};

static struct recent_item *find(const struct recent *r, const char *key)
{
	struct recent_item *item;

	HASH_FIND(hh, r->items, key, strlen(key), item);
	return item;
}

static void forget(struct recent *r, struct recent_item *item)
{
	HASH_DEL(r->items, item);
	free(item);
}

void recent_put(struct recent *r, const char *key, const char *value)
{
	size_t key_len = strlen(key), value_len = strlen(value);
	struct recent_item *item, *before = find(r, key);

	if (r->max == 0 || key_len > RECENT_TEXT_MAX || value_len > RECENT_TEXT_MAX)
		return;
	item = xmalloc(sizeof(*item) + key_len + value_len + 2);
	memcpy(item->key, key, key_len + 1);
	item->value = item->key + key_len + 1;
	memcpy(item->value, value, value_len + 1);
	if (before)
		forget(r, before);
	else if (HASH_COUNT(r->items) == r->max)
		forget(r, r->items);
	HASH_ADD_KEYPTR(hh, r->items, item->key, key_len, item);
}

const char *recent_get(const struct recent *r, const char *key)
{
	const struct recent_item *item = find(r, key);

	return item ? item->value : NULL;
}

void recent_finish(struct recent *r)
{
	while (r->items)
		forget(r, r->items);
}
