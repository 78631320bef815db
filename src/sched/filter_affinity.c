/*
 * sched/filter_affinity.c - near to (or far from) containers, images, or containers with a label.
 *
 * A name of a container may be any of its names, its id or swarm id, or the first 12 digits or more
 * of either; an image goes by id (12 digits or more), tag, repository or digest.  Images of the
 * default registry are the same with and without it: engines other than Docker list the long form.
 */
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/answer.h"
#include "sched/filter.h"
#include "sched/node.h"

/* The value as an abbreviated id. */
static bool is_short_id(const struct expr *e, const char *id)
{
	return *id && id_is_hex(e->value, SHORT_ID_LEN) && str_starts_with(id, e->value);
}

static bool matches_id(const struct expr *e, const char *id)
{
	return *id && (expr_matches(e, id) || is_short_id(e, id));
}

static bool matches_container(const struct expr *e, const struct container *c)
{
	if (matches_id(e, c->id) || matches_id(e, c->swarm_id))
		return true;
	for (size_t i = 0; i < c->names_count; i++) {
		const char *name = c->names[i];

		if (expr_matches(e, name + (*name == '/')))
			return true;
	}
	return false;
}

static bool finds_container(const struct node *n, const struct expr *e)
{
	for (size_t i = 0; i < n->containers_count; i++) {
		if (matches_container(e, n->containers[i]))
			return true;
	}
	return false;
}

/* "localhost" is what Podman writes for none. */
static const char *without_default_registry(const char *reference)
{
	static const char *const prefixes[] = { "docker.io/library/", "docker.io/", "localhost/" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (str_starts_with(reference, prefixes[i]))
			return reference + strlen(prefixes[i]);
	}
	return reference;
}

/* The reference as it is, and as short as it gets. */
static bool matches_reference(const struct expr *e, const char *reference)
{
	const char *shortened = without_default_registry(reference);

	if (expr_matches(e, reference))
		return true;
	if (shortened != reference && expr_matches(e, shortened))
		return true;
	return !e->is_regex && strcmp(without_default_registry(e->value), shortened) == 0;
}

/* "repo:tag" or "repo@digest": the whole, and the repository. */
static bool matches_named(const struct expr *e, const char *reference)
{
	const char *at = strchr(reference, '@');
	const char *end = at ? at : strrchr(reference, ':');

	if (matches_reference(e, reference))
		return true;
	if (!end || strchr(end, '/')) /* no tag: what follows the colon is a port */
		return false;
	auto_free char *repository = xstrndup(reference, (size_t)(end - reference));
	return matches_reference(e, repository) || (at && expr_matches(e, at + 1));
}

static bool matches_image(const struct expr *e, const struct image *i)
{
	const char *colon = strchr(i->id, ':');

	if (matches_id(e, i->id) || is_short_id(e, colon ? colon + 1 : i->id))
		return true;
	for (size_t k = 0; k < i->tags_count; k++) {
		if (matches_named(e, i->tags[k]))
			return true;
	}
	for (size_t k = 0; k < i->digests_count; k++) {
		if (matches_named(e, i->digests[k]))
			return true;
	}
	return false;
}

static bool finds_image(const struct node *n, const struct expr *e)
{
	for (size_t i = 0; i < n->images_count; i++) {
		if (matches_image(e, &n->images[i]))
			return true;
	}
	return false;
}

struct label_test {
	const struct expr *expr;
	struct expr_memo memo;
};

/* A container without the label counts as one that has it empty. */
static bool has_label(const struct node *n, const void *arg)
{
	struct label_test *test = (struct label_test *)arg;
	const struct label_tally *tally = node_tally(n, test->expr->key);
	bool found = false;

	for (const struct label_count *i = tally->counts; !found && i; i = i->hh.next)
		found = expr_matches_interned(test->expr, &test->memo, i->value);
	return expr_accepts(test->expr, found);
}

static bool has_container(const struct node *n, const void *arg)
{
	return expr_accepts(arg, finds_container(n, arg));
}

static bool has_image(const struct node *n, const void *arg)
{
	return expr_accepts(arg, finds_image(n, arg));
}

static size_t by(
	const struct round *r maybe_unused, const struct expr *e, struct node **nodes, size_t count)
{
	struct label_test test = { .expr = e };

	if (strcmp(e->key, "container") == 0)
		return filter_keep(nodes, count, has_container, e);
	if (strcmp(e->key, "image") == 0)
		return filter_keep(nodes, count, has_image, e);
	return filter_keep(nodes, count, has_label, &test);
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	return filter_require(r, &r->wish->affinities, by, nodes, count);
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	return filter_prefer(r, &r->wish->affinities, by, nodes, count);
}

static void list(const struct wish *w, struct strv *items)
{
	filter_list_expressions(&w->affinities, items);
}

const struct filter filter_affinity = {
	.name = "affinity",
	.narrow = narrow,
	.prefer = prefer,
	.list = list,
};
