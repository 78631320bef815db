/* discovery/discovery.c - one list that all watchers share. */
#include "discovery/discovery.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "discovery/discovery_private.h"

void discovery_url_finish(struct discovery_url *url)
{
	free(url->rest);
	*url = DISCOVERY_URL_INIT;
}

char *discovery_url_mask(const struct discovery_url *url, const char *text)
{
	if (!url->scheme->is_secret)
		return xstrdup(text);
	return xasprintf("%s://...", url->scheme->name);
}

bool discovery_url_check(
	const struct discovery_url *url, const struct strv *options, struct error *err)
{
	return url->scheme->check(url, options, err);
}

struct discovery *discovery_create(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, int64_t heartbeat_ms, const struct discovery_ops *ops,
	void *arg, struct error *err)
{
	assert(heartbeat_ms > 0);
	if (!discovery_url_check(url, options, err))
		return NULL;

	struct discovery_config config = {
		.loop = loop,
		.url = url,
		.options = options,
		.heartbeat_ms = heartbeat_ms,
		.ops = ops,
		.arg = arg,
		.err = err,
	};
	/* cppcheck-suppress returnDanglingLifetime ; what it makes keeps nothing of the config */
	return url->scheme->create(&config);
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

void discovery_tell(struct discovery *d, struct strv *members)
{
	if (d->told && same_list(&d->members, members))
		return;
	strv_finish(&d->members);
	d->members = *members;
	*members = STRV_INIT;
	d->told = true;
	d->ops->handle_members(d->arg, &d->members);
}

void discovery_tell_error(struct discovery *d, const struct error *err)
{
	d->ops->handle_error(d->arg, err);
}

void discovery_finish(struct discovery *d)
{
	strv_finish(&d->members);
}

void discovery_destroy(struct discovery *d)
{
	if (d)
		d->backend->destroy(d);
}

void discovery_reload(struct discovery *d)
{
	if (d->backend->reload)
		d->backend->reload(d);
}

struct kv *discovery_store(const struct discovery *d)
{
	return d->backend->store ? d->backend->store(d) : NULL;
}
