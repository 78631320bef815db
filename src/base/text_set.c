/* base/text_set.c - a hash of texts. */
#include "base/text_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct text_set_item {
	UT_hash_handle hh;
	char text[];
};

bool text_set_add(struct text_set *s, const char *text)
{
	size_t len = strlen(text);
	struct text_set_item *item;

	HASH_FIND(hh, s->items, text, len, item);
	if (item)
		return false;
	item = xmalloc(sizeof(*item) + len + 1);
	memcpy(item->text, text, len + 1);
	HASH_ADD_KEYPTR(hh, s->items, item->text, len, item);
	return true;
}

void text_set_finish(struct text_set *s)
{
	struct text_set_item *item, *tmp;

	HASH_ITER (hh, s->items, item, tmp) {
		HASH_DEL(s->items, item);
		free(item);
	}
}
