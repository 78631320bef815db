#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/config.h"

static char *numbered(const char *format_start, size_t number, const char *format_end)
{
	return xasprintf("%s%zu%s", format_start, number, format_end);
}

static void init_node(struct node *n, size_t number)
{
	*n = (struct node){
		.engine_id = numbered("node-", number, "-id"),
		.name = numbered("node-", number, "-name"),
		.addr = numbered("10.0.0.", number, ":2375"),
		.ip = numbered("10.0.0.", number, ""),
		.os = "linux",
		.arch = "amd64",
		.labels = xnew(struct labels),
		.tallies = xnew(struct label_tallies),
		.volume_uses = xnew(struct volume_uses),
		.health = 100,
	};
	n->id = xasprintf("%s|%s", n->engine_id, n->addr);
}

static void unref_names(const char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		intern_unref(names[i]);
	free(names);
}

static void finish_image(struct image *i)
{
	unref_names(i->tags, i->tags_count);
	unref_names(i->digests, i->digests_count);
}

static void finish_node(struct pool *p, size_t number)
{
	struct node *n = &p->nodes[number];

	pool_clear(p, number);
	for (size_t i = 0; i < n->images_count; i++)
		finish_image((struct image *)&n->images[i]);
	label_tallies_finish(n->tallies);
	free(n->tallies);
	volume_uses_finish((struct volume_uses *)n->volume_uses);
	free((void *)n->volume_uses);
	for (size_t i = 0; i < n->volumes_count; i++)
		volume_finish((struct volume *)&n->volumes[i]);
	for (size_t i = 0; i < n->networks_count; i++)
		labels_finish((struct labels *)&n->networks[i].labels);
	labels_finish((struct labels *)n->labels);
	free((void *)n->labels);
	free((void *)n->containers);
	free((void *)n->images);
	free((void *)n->networks);
	free((void *)n->volumes);
	free((void *)n->id);
	free((void *)n->engine_id);
	free((void *)n->name);
	free((void *)n->addr);
	free((void *)n->ip);
}

struct pool *pool_create(size_t count, const char *strategy, const char *filters)
{
	struct pool *p = xnew(struct pool);
	auto_strv struct strv names = STRV_INIT;

	assert_true(count <= POOL_MAX);
	if (filters)
		strv_split(&names, filters, ',');
	p->sched = sched_create(strategy, &names, &p->err);
	assert_non_null(p->sched);
	sched_seed(p->sched, 42);
	p->count = count;
	for (size_t i = 0; i < count; i++)
		init_node(&p->nodes[i], i);
	return p;
}

void pool_destroy(struct pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		finish_node(p, i);
	sched_destroy(p->sched);
	error_clear(&p->err);
	free(p);
}

void pool_set_label(struct pool *p, size_t node, const char *key, const char *value)
{
	labels_set((struct labels *)p->nodes[node].labels, key, value);
}

void pool_set_size(struct pool *p, size_t node, int64_t memory_bytes, int64_t cpus)
{
	p->nodes[node].total_memory = memory_bytes;
	p->nodes[node].total_nano_cpus = cpus * CPU;
}

static void parse(
	struct container_config *config, const char *name, const char *body, const char *platform)
{
	struct error err = ERROR_INIT;

	if (!config_parse(config, body, strlen(body), name, platform, &err)) {
		print_error("%s: %s\n", body, error_text(&err));
		fail();
	}
}

static void add_record(struct node *n, struct container *c)
{
	struct container **list = (struct container **)n->containers;

	list = xreallocarray(list, n->containers_count + 1, sizeof(*list));
	list[n->containers_count++] = c;
	n->containers = list;
	label_tallies_add(n->tallies, c);
	volume_uses_add((struct volume_uses *)n->volume_uses, c);
	n->used_memory += c->memory_bytes;
	n->used_nano_cpus += c->nano_cpus;
}

struct container *pool_add(
	struct pool *p, size_t node, const char *name, const char *id, const char *body)
{
	struct container_config config = { 0 };

	parse(&config, name ? name : "", body ? body : "{\"Image\":\"i\"}", "");
	struct container *c = config_reserve(&config);
	config_finish(&config);
	snprintf(c->id, sizeof(c->id), "%s", id);
	c->state = CONTAINER_RUNNING;
	add_record(&p->nodes[node], c);
	return c;
}

void pool_clear(struct pool *p, size_t node)
{
	struct node *n = &p->nodes[node];

	for (size_t i = 0; i < n->containers_count; i++) {
		label_tallies_remove(n->tallies, n->containers[i]);
		volume_uses_remove((struct volume_uses *)n->volume_uses, n->containers[i]);
		container_destroy(n->containers[i]);
	}
	n->containers_count = 0;
	n->used_memory = n->used_nano_cpus = 0;
}

static const char **intern_list(const char *text, uint16_t *ret_count)
{
	auto_strv struct strv parts = STRV_INIT;

	strv_split(&parts, text, ',');
	const char **names = xcalloc(parts.count, sizeof(*names));
	for (size_t i = 0; i < parts.count; i++)
		names[i] = intern(parts.items[i]);
	*ret_count = (uint16_t)parts.count;
	return names;
}

void pool_add_image(
	struct pool *p, size_t node, const char *id, const char *tags, const char *digests)
{
	struct node *n = &p->nodes[node];
	struct image *list = (struct image *)n->images;
	struct image i = { .id = id };

	if (tags)
		i.tags = intern_list(tags, &i.tags_count);
	if (digests)
		i.digests = intern_list(digests, &i.digests_count);
	list = xreallocarray(list, n->images_count + 1, sizeof(*list));
	list[n->images_count++] = i;
	n->images = list;
}

void pool_add_network(struct pool *p, size_t node, const char *name, const char *scope)
{
	struct node *n = &p->nodes[node];
	struct network *list = (struct network *)n->networks;

	list = xreallocarray(list, n->networks_count + 1, sizeof(*list));
	list[n->networks_count++] = (struct network){
		.id = "",
		.logical_id = "",
		.name = name,
		.scope = scope,
	};
	n->networks = list;
}

struct volume *pool_add_volume(struct pool *p, size_t node, const char *name)
{
	struct node *n = &p->nodes[node];
	struct volume *list = (struct volume *)n->volumes;

	list = xreallocarray(list, n->volumes_count + 1, sizeof(*list));
	n->volumes = list;
	list[n->volumes_count++] = (struct volume){
		.name = intern(name),
		.driver = intern("local"),
		.scope = intern("local"),
	};
	volume_sort(list, n->volumes_count);
	return (struct volume *)volume_in_sorted(list, n->volumes_count, intern_find(name));
}

void pool_add_fresh_volume(struct pool *p, size_t node, const char *name)
{
	pool_add_volume(p, node, name);
	volume_uses_note_fresh((struct volume_uses *)p->nodes[node].volume_uses, name);
}

static bool place(struct pool *p, const struct container_config *config)
{
	struct wish *w;
	bool placed = false;

	error_clear(&p->err);
	w = wish_create(config, &p->err);
	if (w)
		placed = sched_place(
			p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err);
	wish_destroy(w);
	assert_int_equal(placed, !error_is_set(&p->err));
	return placed;
}

static char *describe_ranked(const struct pool *p)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < p->count; i++) {
		for (size_t k = 0; k < p->ranked_count; k++) {
			if (p->ranked[k] == &p->nodes[i])
				strbuf_addf(&sb, "%zu", i);
		}
	}
	return strbuf_steal(&sb);
}

char *pool_fitting_platform(struct pool *p, const char *body, const char *platform)
{
	struct container_config config = { 0 };

	parse(&config, "", body, platform);
	bool placed = place(p, &config);
	config_finish(&config);
	return placed ? describe_ranked(p) : xstrdup("E");
}

char *pool_fitting(struct pool *p, const char *body)
{
	return pool_fitting_platform(p, body, "");
}

size_t pool_run(struct pool *p, const char *body)
{
	struct container_config config = { 0 };
	size_t best = POOL_NONE;

	parse(&config, "", body, "");
	if (place(p, &config)) {
		best = (size_t)(p->ranked[0] - p->nodes);
		add_record(p->ranked[0], config_reserve(&config));
	}
	config_finish(&config);
	return best;
}

char *pool_env_body(const char *const *env)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, "{\"Image\":\"i\",\"Env\":[");
	for (size_t i = 0; i < 4 && env[i]; i++) {
		if (i)
			strbuf_add_char(&sb, ',');
		strbuf_add_json_str(&sb, env[i], strlen(env[i]));
	}
	strbuf_add_str(&sb, "]}");
	return strbuf_steal(&sb);
}

char *pool_fitting_env(struct pool *p, const char *const *env)
{
	auto_free char *body = pool_env_body(env);

	return pool_fitting(p, body);
}

void check_text(const char *name, const char *got, const char *expected)
{
	if (strcmp(got, expected) == 0)
		return;
	print_error("%s: got \"%s\" instead of \"%s\"\n", name, got, expected);
	fail();
}

void check_env_cases(struct pool *p, const struct env_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_free char *got = pool_fitting_env(p, cases[i].env);

		check_text(cases[i].name, got, cases[i].expected);
	}
}

void check_body_cases(struct pool *p, const struct body_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_free char *got = pool_fitting(p, cases[i].body);

		check_text(cases[i].name, got, cases[i].expected);
	}
}
