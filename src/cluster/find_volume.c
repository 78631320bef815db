/* cluster/find_volume.c - volumes by name. */
#include "cluster/find_volume.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_private.h"
#include "docker/answer.h"
#include "docker/name.h"

void find_volume_index(struct index_marks *m, const struct finders *f, const struct volume *v)
{
	index_marks_add(m, f->volume_names, v->name, strlen(v->name), v);
}

const struct volume *volume_find_on(const struct engine *e, const char *what)
{
	struct node_names names = engine_names(e);

	return volume_pick(e->volumes, e->volumes_count, &names, what);
}

static int compare_found(const void *x, const void *y)
{
	const struct volume_found *a = x, *b = y;
	int order = compare_natural(a->engine->name, b->engine->name);

	return order ? order : compare_natural(a->engine->addr, b->engine->addr);
}

struct volume_found *volume_find_all(struct cluster *cluster, const char *what, size_t *ret_count)
{
	struct volume_found *found = NULL;
	size_t count = 0, cap = 0;

	array_reserve(found, count, cap);
	for (const char *name = what; name; name = name_after_slash(name)) {
		const struct index_mark *m;

		index_each(m, index_find(cluster->finders->volume_names, name, strlen(name)))
		{
			struct node_names names = engine_names(m->of->engine);

			if (!engine_is_validated(m->of->engine) ||
				volume_answers(mark_volume(m), &names, what) == ANSWER_NONE)
				continue;
			array_reserve(found, count, cap);
			found[count++] = (struct volume_found){ mark_volume(m), m->of->engine };
		}
	}
	qsort(found, count, sizeof(*found), compare_found);
	*ret_count = count;
	return found;
}

bool volume_find(
	struct cluster *cluster, const char *what, struct volume_found *ret, struct error *err)
{
	size_t count, best = 0;

	if (!name_check("volume", what, err))
		return false;
	auto_free struct volume_found *found = volume_find_all(cluster, what, &count);

	if (count == 0)
		return error_set(err, ERROR_NOT_FOUND, "get %s: no such volume", what);
	while (best < count && !engine_is_healthy(found[best].engine))
		best++;
	*ret = found[best < count ? best : 0];
	return true;
}

void volume_write_name(struct strbuf *sb, const struct volume *v, const struct engine *e)
{
	if (volume_is_local(v) && !labels_get(&v->labels, "com.docker.compose.volume"))
		strbuf_addf(sb, "%s/", e->name);
	strbuf_add_str(sb, v->name);
}
