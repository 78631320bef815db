/*
 * cluster/refresh_log.c - numbers, places and notes of what is gone.
 */
#include "cluster/refresh_log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

struct refresh_log *refresh_log_create(void)
{
	struct refresh_log *log = xnew(struct refresh_log);

	list_init(&log->places);
	return log;
}

void refresh_log_destroy(struct refresh_log *log)
{
	if (!log)
		return;
	assert(list_empty(&log->places));
	free(log->removals);
	free(log);
}

/* Removals from before every refresh that is under way matter to none. */
static void forget_removals(struct refresh_log *log)
{
	const struct refresh_place *oldest = list_first(&log->places, struct refresh_place, link);
	size_t kept = 0;

	for (size_t i = 0; i < log->removals_count; i++) {
		if (oldest && log->removals[i].order > oldest->order)
			log->removals[kept++] = log->removals[i];
	}
	log->removals_count = kept;
	if (kept)
		return;
	free(steal(log->removals));
	log->removals_cap = 0;
}

void refresh_log_enter(struct refresh_log *log, struct refresh_place *place)
{
	place->order = ++log->order;
	list_push_back(&log->places, &place->link);
}

void refresh_log_leave(struct refresh_log *log, struct refresh_place *place)
{
	list_remove(&place->link);
	forget_removals(log);
}

void refresh_log_removal(struct refresh_log *log, const char *id)
{
	struct removal *r;

	if (list_empty(&log->places))
		return;
	array_reserve(log->removals, log->removals_count, log->removals_cap);
	r = &log->removals[log->removals_count++];
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->order = ++log->order;
}

bool refresh_log_removed_since(const struct refresh_log *log, const char *id, uint64_t order)
{
	for (size_t i = 0; i < log->removals_count; i++) {
		if (log->removals[i].order > order && strcmp(log->removals[i].id, id) == 0)
			return true;
	}
	return false;
}
