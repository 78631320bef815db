/* discovery/guard.c - how many went at once, and since when. */
#include "discovery/guard.h"

#include <stdbool.h>
#include <string.h>

#include "base/map.h"

struct name {
	const char *text; /* borrowed */
	UT_hash_handle hh;
};

void guard_init(struct guard *g, int64_t grace_ms)
{
	*g = (struct guard){ .grace_ms = grace_ms };
}

static void drop_members(struct guard *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->members[i].address);
	free(g->members);
}

void guard_finish(struct guard *g)
{
	drop_members(g);
	*g = (struct guard){ 0 };
}

static void add_member(struct guard *g, const char *address, int64_t leaves_ms)
{
	array_reserve(g->members, g->count, g->cap);
	g->members[g->count++] = (struct guard_member){ xstrdup(address), leaves_ms };
}

/* All addresses of the list as a hash; names is one array, freed by the caller. */
static struct name *index_list(const struct strv *list, struct name **ret_names)
{
	struct name *head = NULL;
	struct name *names = xcalloc(list->count + 1, sizeof(*names));

	for (size_t i = 0; i < list->count; i++) {
		struct name *known;

		names[i].text = list->items[i];
		HASH_FIND_STR(head, list->items[i], known);
		if (!known)
			HASH_ADD_KEYPTR(hh, head, names[i].text, strlen(names[i].text), &names[i]);
	}
	*ret_names = names;
	return head;
}

static bool is_listed(struct name *head, const char *address)
{
	struct name *found;

	HASH_FIND_STR(head, address, found);
	return found != NULL;
}

static bool is_landslide(const struct guard *g, struct name *listed)
{
	size_t present = 0, gone = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (g->members[i].leaves_ms)
			continue;
		present++;
		gone += !is_listed(listed, g->members[i].address);
	}
	return gone >= 2 && gone * 2 > present;
}

/* Members that are not in the list: held back already, or from now on. */
static size_t keep_missing(
	struct guard *to, const struct guard *from, struct name *listed, int64_t now_ms)
{
	bool hold = now_ms < from->distrust_until_ms || is_landslide(from, listed);
	size_t held = 0;

	for (size_t i = 0; i < from->count; i++) {
		const struct guard_member *m = &from->members[i];

		if (is_listed(listed, m->address) || (!m->leaves_ms && !hold))
			continue;
		held += !m->leaves_ms;
		add_member(to, m->address, m->leaves_ms ? m->leaves_ms : now_ms + to->grace_ms);
	}
	return held;
}

size_t guard_update(struct guard *g, const struct strv *list, int64_t now_ms)
{
	struct guard fresh = {
		.grace_ms = g->grace_ms,
		.distrust_until_ms = g->distrust_until_ms,
	};
	struct name *names;
	struct name *listed = index_list(list, &names);

	for (size_t i = 0; i < list->count; i++)
		add_member(&fresh, list->items[i], 0);
	size_t held = keep_missing(&fresh, g, listed, now_ms);
	HASH_CLEAR(hh, listed);
	free(names);
	drop_members(g);
	*g = fresh;
	return held;
}

void guard_distrust(struct guard *g, int64_t now_ms)
{
	g->distrust_until_ms = now_ms + g->grace_ms;
}

void guard_expire(struct guard *g, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (g->members[i].leaves_ms && g->members[i].leaves_ms <= now_ms)
			free(g->members[i].address);
		else
			g->members[kept++] = g->members[i];
	}
	g->count = kept;
}

void guard_list(const struct guard *g, struct strv *ret)
{
	for (size_t i = 0; i < g->count; i++)
		strv_add(ret, g->members[i].address);
}

int64_t guard_next_ms(const struct guard *g)
{
	int64_t next = -1;

	for (size_t i = 0; i < g->count; i++) {
		int64_t at = g->members[i].leaves_ms;

		if (at && (next < 0 || at < next))
			next = at;
	}
	return next;
}
