/* api/asker.c - projects and containers by client, ids of images by project. */
#include "api/asker.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/recent.h"
#include "cluster/find_container.h"

enum { CLIENTS_MAX = 256, IMAGES_MAX = 1024 };

/* Compose writes down what it was told of the image. */
#define LABEL_COMPOSE_IMAGE "com.docker.compose.image"

struct asker {
	struct recent projects;   /* of each client */
	struct recent containers; /* the same, by id */
	struct recent told;       /* id of the image, by client, project and name */
};

struct asker *asker_create(void)
{
	struct asker *a = xnew(struct asker);

	a->projects.max = a->containers.max = CLIENTS_MAX;
	a->told.max = IMAGES_MAX;
	return a;
}

void asker_destroy(struct asker *a)
{
	if (!a)
		return;
	recent_finish(&a->projects);
	recent_finish(&a->containers);
	recent_finish(&a->told);
	free(a);
}

void asker_note_project(struct request *rq, const char *project)
{
	if (project)
		recent_put(&rq->api->asker->projects, request_client(rq), project);
}

void asker_note_filters(struct request *rq, const struct strv *labels)
{
	static const char project[] = LABEL_COMPOSE_PROJECT "=";

	for (size_t i = 0; labels && i < labels->count; i++) {
		if (str_starts_with(labels->items[i], project))
			asker_note_project(rq, labels->items[i] + strlen(project));
	}
}

void asker_note_container(struct request *rq, const char *id)
{
	recent_put(&rq->api->asker->containers, request_client(rq), id);
}

/* --- which id --- */

static bool ids_differ(const struct image_holders *h)
{
	for (size_t i = 1; i < h->count; i++) {
		if (strcmp(h->items[i].id, h->items[0].id) != 0)
			return true;
	}
	return false;
}

static bool is_held(const struct image_holders *h, const char *id)
{
	for (size_t i = 0; id && i < h->count; i++) {
		if (strcmp(h->items[i].id, id) == 0)
			return true;
	}
	return false;
}

/* Of the project's containers on one node: what Compose wrote down, else (ret_used, once) what
 * their image is there. */
static const char *find_on(const struct engine *e, const struct image_holders *h,
	const char *project, const char **ret_used)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];
		const char *of = labels_get(&c->labels, LABEL_COMPOSE_PROJECT);
		const char *written = labels_get(&c->labels, LABEL_COMPOSE_IMAGE);

		if (!of || strcmp(of, project) != 0)
			continue;
		if (is_held(h, written))
			return written;
		if (!*ret_used && is_held(h, c->image_id))
			*ret_used = c->image_id;
	}
	return NULL;
}

static const char *of_project(const struct request *rq, const struct image_holders *h,
	const char *project, const char *key)
{
	const char *told = recent_get(&rq->api->asker->told, key);
	const char *written = NULL, *used = NULL;

	for (size_t i = 0; i < h->count && !written; i++)
		written = find_on(h->items[i].engine, h, project, &used);
	if (written)
		return written;
	return is_held(h, told) ? told : used;
}

static const char *of_container(const struct request *rq, const struct image_holders *h)
{
	const char *id = recent_get(&rq->api->asker->containers, request_client(rq));
	const struct container *c = id ? cluster_find_container(rq->api->cluster, id, NULL) : NULL;

	return c && is_held(h, c->image_id) ? c->image_id : NULL;
}

static void put_first(struct image_holders *h, const char *id)
{
	struct image_holder *sorted = xcalloc(h->count, sizeof(*sorted));
	size_t n = 0;

	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < h->count; i++) {
			if ((strcmp(h->items[i].id, id) == 0) == (pass == 0))
				sorted[n++] = h->items[i];
		}
	}
	free(h->items);
	h->items = sorted;
}

/* The client asked for it by this id. */
static const char *by_its_id(const struct image_holders *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++) {
		if (strcmp(h->items[i].reference, h->items[i].id) == 0 &&
			str_starts_with(image_id_hex(h->items[i].id), image_id_hex(name)))
			return h->items[i].id;
	}
	return NULL;
}

void asker_order_holders(const struct request *rq, struct image_holders *h, const char *name)
{
	struct asker *a = rq->api->asker;
	const char *client = request_client(rq), *id;
	const char *project = recent_get(&a->projects, client);

	if (!ids_differ(h))
		return;
	auto_free char *key = xasprintf("%s\n%s\n%s", client, project ? project : "", name);

	id = by_its_id(h, name);
	if (!id)
		id = project ? of_project(rq, h, project, key) : of_container(rq, h);
	if (id)
		put_first(h, id);
	if (project)
		recent_put(&a->told, key, h->items[0].id);
}
