/* discovery/node_list.c - the URL's own list, told once. */
#include "discovery/node_list.h"

#include <assert.h>

#include "base/mem.h"
#include "discovery/discovery_private.h"
#include "discovery/entry.h"
#include "discovery/range.h"

struct nodes {
	struct discovery base;
	struct deferred announce; /* the one and only list */
	struct strv members;      /* until then */
	struct error flaw;        /* set: what is told after it */
};

static bool check_members(const struct strv *members, struct error *err)
{
	for (size_t i = 0; i < members->count; i++) {
		auto_error struct error why = ERROR_INIT;
		if (!entry_check(members->items[i], &why))
			return error_set(err, ERROR_INVALID,
				"%s, please check you are using the correct discovery "
				"(missing token:// ?)",
				why.text);
	}
	return true;
}

static bool expand_items(
	const struct strv *items, struct strv *ret, struct error *ret_flaw, struct error *err)
{
	for (size_t i = 0; i < items->count; i++) {
		auto_error struct error why = ERROR_INIT;

		if (range_expand(items->items[i], ret, &why))
			continue;
		if (why.code != ERROR_NOT_FOUND) {
			error_copy(err, &why);
			return false;
		}
		error_copy(ret_flaw, &why);
	}
	return true;
}

bool node_list_parse(const char *text, struct strv *ret, struct error *ret_flaw, struct error *err)
{
	auto_strv struct strv items = STRV_INIT;
	auto_strv struct strv members = STRV_INIT;

	strv_split(&items, text, ',');
	if (!expand_items(&items, &members, ret_flaw, err) || !check_members(&members, err))
		return false;
	strv_copy(ret, &members);
	return true;
}

bool node_list_check(
	const struct discovery_url *url, maybe_unused const struct strv *options, struct error *err)
{
	auto_strv struct strv members = STRV_INIT;

	return node_list_parse(url->rest, &members, NULL, err);
}

static void announce(struct deferred *d)
{
	struct nodes *n = container_of(d, struct nodes, announce);

	discovery_tell(&n->base, &n->members);
	if (error_is_set(&n->flaw))
		discovery_tell_error(&n->base, &n->flaw);
}

static void nodes_destroy(struct discovery *d)
{
	struct nodes *n = container_of(d, struct nodes, base);

	deferred_cancel(&n->announce);
	strv_finish(&n->members);
	error_clear(&n->flaw);
	discovery_finish(&n->base);
	free(n);
}

static const struct discovery_backend nodes_backend = { .destroy = nodes_destroy };

struct discovery *node_list_create(const struct discovery_config *config)
{
	struct nodes *n = xnew(struct nodes);
	bool ok = node_list_parse(config->url->rest, &n->members, &n->flaw, NULL);

	assert(ok); /* node_list_check has said so */
	discovery_init(&n->base, &nodes_backend, config);
	deferred_init(&n->announce, announce);
	loop_defer(config->loop, &n->announce);
	return &n->base;
}
