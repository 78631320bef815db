#include "api/volumes_find.h"

#include <string.h>

#include "manager/node_name.h"

bool volume_is_local(const struct volume *v)
{
	return strcmp(v->driver, "local") == 0;
}

bool volume_answers(const struct volume *v, const struct engine *e, const char *what)
{
	return node_name_means(e, what, v->name);
}

const struct volume *volume_find_on(const struct engine *e, const char *what)
{
	for (size_t i = 0; i < e->volumes_count; i++) {
		if (volume_answers(&e->volumes[i], e, what))
			return &e->volumes[i];
	}
	return NULL;
}

/* Any copy is as good as another. */
static bool is_one_everywhere(const struct volume *v)
{
	return !volume_is_local(v) || labels_get(&v->labels, "com.docker.compose.volume");
}

struct search {
	struct volume_found first; /* of all */
	struct volume_found any;   /* of those that are one everywhere */
	size_t count;
};

static void consider(struct search *s, const struct volume_found *f)
{
	if (s->count++ == 0)
		s->first = *f;
	if (!is_one_everywhere(f->volume))
		return;
	if (!s->any.volume || (!engine_is_healthy(s->any.engine) && engine_is_healthy(f->engine)))
		s->any = *f;
}

static bool fail(const struct search *s, const char *what, struct error *err)
{
	if (s->count == 0)
		return error_set(err, ERROR_NOT_FOUND, "No such volume: %s", what);
	return error_set(err, ERROR_NOT_FOUND,
		"No such volume: %s: several nodes have one of that name, say %s/%s", what,
		s->first.engine->name, what);
}

bool volume_find(
	struct cluster *cluster, const char *what, struct volume_found *ret, struct error *err)
{
	struct search s = { 0 };
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	for (size_t i = 0; i < count; i++) {
		struct volume_found f = { volume_find_on(engines[i], what), engines[i] };

		if (f.volume && cluster_engine_is_validated(engines[i]))
			consider(&s, &f);
	}
	free(engines);
	if (s.count != 1 && !s.any.volume)
		return fail(&s, what, err);
	*ret = s.count == 1 ? s.first : s.any;
	return true;
}
