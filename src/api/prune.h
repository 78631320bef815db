/*
 * api/prune.h - the prunes in which every node decides for itself.
 *
 * Each healthy node (or those that the filter `node` names) prunes with the client's filters, the
 * lists of what was deleted are joined and the space is added up.  Nodes that do not know the path
 * have nothing to delete; those that fail are logged and left out, unless all fail.
 */
#pragma once

#include "api/request.h"
#include "base/strbuf.h"
#include "cluster/refresh.h"
#include "docker/listfilter.h"

struct prune_kind {
	const char *path;        /* "/volumes/prune" */
	const char *deleted_key; /* "VolumesDeleted" */
	/* Ends with NULL: the only filters there are, for when an engine is not asked and cannot
	 * refuse one itself.  NULL: the engines decide. */
	const char *const *filters;
	/* The filter that is a flag; one that says both or neither is refused before anybody is
	 * asked, because engines before API 1.42 take it for one of them.  NULL: none. */
	const char *flag;
	/* Fit the filters to the engine; false: this engine is not asked.  May be NULL. */
	bool (*prepare)(
		const struct request *rq, const struct engine *e, struct list_filters *filters);
	/* Fit the rest of the query to the engine.  May be NULL. */
	void (*edit_query)(const struct engine *e, struct query *query);
	/* The engine says that it deleted this: forget it, and write how clients know it.  NULL:
	 * nothing to forget, items are shown as they came. */
	void (*deleted)(struct engine *e, const char *name, struct strbuf *shown);
	/* Learn anew what is left.  NULL: not needed. */
	void (*refresh)(struct refresh *r, struct engine *e, struct task *waiter);
};

void prune_start(struct request *rq, const struct prune_kind *kind);

void prune_containers(struct request *rq);
void prune_volumes(struct request *rq);
void prune_build_cache(struct request *rq);
