/*
 * api/prune_kinds.c - what there is to prune, apart from images (api/images) and networks
 * (api/networks_prune.c).
 */
#include "api/prune.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/find_container.h"
#include "cluster/find_volume.h"

/* --- containers --- */

static void container_deleted(struct engine *e, const char *id, struct strbuf *shown)
{
	struct container *c = engine_find_container(e, id);

	if (c)
		engine_remove_container(e, c);
	strbuf_add_str(shown, id);
}

void prune_containers(struct request *rq)
{
	static const struct prune_kind kind = {
		.path = "/containers/prune",
		.deleted_key = "ContainersDeleted",
		.deleted = container_deleted,
	};

	prune_start(rq, &kind);
}

/* --- volumes --- */

static void volume_deleted(struct engine *e, const char *name, struct strbuf *shown)
{
	const struct volume *v = volume_find_on(e, name);

	if (v)
		volume_write_name(shown, v, e);
	else
		strbuf_addf(shown, "%s/%s", e->name, name);
}

static bool engine_prunes_all_volumes(const struct engine *e)
{
	return api_version_before(e->remote.range.max, 1, 42);
}

/*
 * Until API 1.41 a prune took all unused volumes; since then only anonymous ones, unless the
 * filter says all=true.  What the client's version means must happen, whatever the engine's is; an
 * old engine that cannot spare named volumes is not asked.
 */
static bool prepare_volumes(
	const struct request *rq, const struct engine *e, struct list_filters *filters)
{
	const struct strv *all = list_filters_get(filters, "all");
	bool flag, wants_all = api_version_before(rq->version, 1, 42);

	/* what is no such flag is for the engines to refuse; nobody is asked to delete because of
	 * it */
	if (!wants_all)
		wants_all = list_filters_flag(filters, "all", false, &flag, NULL) && flag;

	if (!engine_prunes_all_volumes(e)) {
		/* the call may have to be made in a newer version than the client's */
		if (wants_all && !all)
			list_filters_add(filters, "all", "true");
		return true;
	}
	list_filters_remove(filters, "all");
	if (!wants_all)
		log_warn("engine %s: volumes are not pruned: API %d.%d cannot spare named ones",
			e->name, e->remote.range.max.major, e->remote.range.max.minor);
	return wants_all;
}

void prune_volumes(struct request *rq)
{
	static const char *const filters[] = { "all", "label", "label!", "node", NULL };
	static const struct prune_kind kind = {
		.path = "/volumes/prune",
		.deleted_key = "VolumesDeleted",
		.filters = filters,
		.flag = "all",
		.prepare = prepare_volumes,
		.deleted = volume_deleted,
		.refresh = refresh_volumes,
	};

	prune_start(rq, &kind);
}

/* --- the cache of builds --- */

/*
 * What limits a deletion: an engine of an older API ignores it and deletes more than it may, so it
 * is not asked.  Clients leave out what is 0.
 */
static const struct spared {
	const char *param;
	int since; /* 1.N */
} spared[] = {
	{ "filters", 39 },
	{ "keep-storage", 39 },
	{ "reserved-space", 39 }, /* under its other name */
	{ "max-used-space", 48 },
	{ "min-free-space", 48 },
};

static bool prepare_build_cache(
	const struct request *rq, const struct engine *e, struct list_filters *filters maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(spared); i++) {
		const char *value = query_get(&rq->query, spared[i].param);

		if (!value || !*value || strcmp(value, "0") == 0 || strcmp(value, "{}") == 0 ||
			!api_version_before(e->remote.range.max, 1, spared[i].since))
			continue;
		log_warn("engine %s: the cache of builds is not pruned: API %d.%d does not know %s",
			e->name, e->remote.range.max.major, e->remote.range.max.minor,
			spared[i].param);
		return false;
	}
	return true;
}

/* What the cache may keep had another name until API 1.47. */
static void rename_space(const struct engine *e, struct query *query)
{
	auto_free char *space = xstrdup_null(query_get(query, "reserved-space"));

	if (!space || !api_version_before(e->remote.range.max, 1, 48))
		return;
	query_remove(query, "reserved-space");
	query_set(query, "keep-storage", space);
}

void prune_build_cache(struct request *rq)
{
	static const struct prune_kind kind = {
		.path = "/build/prune",
		.prepare = prepare_build_cache,
		.edit_query = rename_space,
		.deleted_key = "CachesDeleted",
	};

	prune_start(rq, &kind);
}
