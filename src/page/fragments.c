/* page/fragments.c - texts are compared by a sum of 64 bits, so that nobody keeps them. */
#include "page/fragments.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

void fragments_finish(struct fragments *ps)
{
	free(ps->items);
	*ps = (struct fragments){ 0 };
}

void fragments_open(struct fragments *ps, const char *id, size_t at)
{
	struct fragment part = { .from = at, .above = ps->open };

	assert(strlen(id) < sizeof(part.id));
	memcpy(part.id, id, strlen(id) + 1);
	array_reserve(ps->items, ps->count, ps->cap);
	ps->items[ps->count++] = part;
	ps->open = ps->count;
}

void fragments_close(struct fragments *ps, size_t at)
{
	assert(ps->open > 0);
	ps->items[ps->open - 1].to = at;
	ps->open = ps->items[ps->open - 1].above;
}

static void add_own(struct fragment *part, const char *text, size_t len)
{
	part->own = (part->own << 7 | part->own >> 57) ^
		    ((uint64_t)map_hash(text, len) << 32 | map_hash(&len, sizeof(len)));
}

/* What lies between inner parts is the outer one's own, and so are their ids and their order. */
void fragments_seal(struct fragments *ps, const struct strbuf *text)
{
	auto_free size_t *read = xcalloc(max_of(ps->count, (size_t)1), sizeof(*read));

	assert(ps->open == 0);
	for (size_t i = 0; i < ps->count; i++)
		read[i] = ps->items[i].from;
	for (size_t i = 0; i < ps->count; i++) {
		const struct fragment *part = &ps->items[i];

		if (part->above == 0)
			continue;
		struct fragment *above = &ps->items[part->above - 1];

		add_own(above, text->buf + read[part->above - 1],
			part->from - read[part->above - 1]);
		add_own(above, part->id, strlen(part->id));
		read[part->above - 1] = part->to;
	}
	for (size_t i = 0; i < ps->count; i++)
		add_own(&ps->items[i], text->buf + read[i], ps->items[i].to - read[i]);
}

/* --- comparing --- */

struct known {
	const char *id;
	uint64_t own;
	UT_hash_handle hh;
};

static struct known *learn(const struct fragments *before, struct known *room)
{
	struct known *all = NULL;

	for (size_t i = 0; before && i < before->count; i++) {
		struct known *k = &room[i];

		*k = (struct known){ .id = before->items[i].id, .own = before->items[i].own };
		HASH_ADD_KEYPTR(hh, all, k->id, strlen(k->id), k);
	}
	return all;
}

static bool is_same(struct known *all, const struct fragment *part)
{
	struct known *k;

	HASH_FIND(hh, all, part->id, strlen(part->id), k);
	return k && k->own == part->own;
}

void fragments_compare(const struct fragments *now, const struct fragments *before,
	void (*tell)(void *arg, const struct fragment *part), void *arg)
{
	size_t known = before ? before->count : 0, told_to = 0;
	auto_free struct known *room = xcalloc(max_of(known, (size_t)1), sizeof(*room));
	struct known *all = learn(before, room);

	for (size_t i = 0; i < now->count; i++) {
		const struct fragment *part = &now->items[i];

		if (part->from < told_to || is_same(all, part))
			continue;
		tell(arg, part);
		told_to = part->to;
	}
	HASH_CLEAR(hh, all);
}
