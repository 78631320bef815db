/* kv/kv.c - the table of drivers, and what they share. */
#include "kv/kv.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "kv/driver.h"

const struct kv_driver *const kv_drivers[] = {
	&consul_driver,
	&etcd_driver,
#ifdef HAVE_ZOOKEEPER
	&zookeeper_driver,
#endif
};
const size_t kv_drivers_count = ARRAY_SIZE(kv_drivers);

static const struct kv_driver *find_driver(const char *name, struct error *err)
{
	for (size_t i = 0; i < kv_drivers_count; i++) {
		if (strcmp(kv_drivers[i]->name, name) == 0)
			return kv_drivers[i];
	}
	error_set(err, ERROR_UNSUPPORTED,
		"%s:// is not in this build: build again with its library installed", name);
	return NULL;
}

struct parsed {
	const struct kv_driver *driver;
	struct kv_location location;
	struct kv_options options;
};

static bool parse(struct parsed *ret, const char *driver, const char *rest,
	const struct strv *options, struct error *err)
{
	*ret = (struct parsed){ .driver = find_driver(driver, err) };
	if (!ret->driver || !kv_options_parse(&ret->options, options, err) ||
		(ret->driver->check && !ret->driver->check(&ret->options, err)))
		return false;
	if (!kv_location_parse(&ret->location, rest, ret->driver->default_port, err))
		return error_wrap(err, "%s://", driver);
	return true;
}

bool kv_check(const char *driver, const char *rest, const struct strv *options, struct error *err)
{
	struct parsed p;

	if (!parse(&p, driver, rest, options, err))
		return false;
	kv_location_finish(&p.location);
	return true;
}

struct kv *kv_open(struct loop *loop, const char *driver, const char *rest,
	const struct strv *options, struct error *err)
{
	struct parsed p;
	struct kv *kv;

	if (!parse(&p, driver, rest, options, err))
		return NULL;
	kv = p.driver->open(&(struct kv_config){ loop, &p.location, &p.options }, err);
	if (kv) {
		kv->driver = p.driver;
		kv->loop = loop;
		kv->prefix = steal(p.location.prefix);
	}
	kv_location_finish(&p.location);
	return kv;
}

void kv_close(struct kv *kv)
{
	if (!kv)
		return;
	free(kv->prefix);
	kv->driver->close(kv);
}

bool kv_reload(struct kv *kv, struct error *err)
{
	return !kv->driver->reload || kv->driver->reload(kv, err);
}

struct kv_watch *kv_watch_create(
	struct kv *kv, const char *directory, const struct kv_watch_ops *ops, void *arg)
{
	struct kv_watch *w = kv->driver->watch_create(kv);

	w->kv = kv;
	w->directory = kv_join(kv->prefix, directory);
	w->ops = ops;
	w->arg = arg;
	kv->driver->watch_start(w);
	return w;
}

void kv_watch_destroy(struct kv_watch *w)
{
	if (!w)
		return;
	free(w->directory);
	kv_entries_finish(&w->entries);
	w->kv->driver->watch_destroy(w);
}

void kv_watch_note_break(struct kv_watch *w)
{
	w->failing |= w->announced; /* before the first list there is nothing to be missing */
}

void kv_watch_note_health(struct kv_watch *w)
{
	if (w->failing)
		w->ops->handle_recovered(w->arg);
	w->failing = false;
}

void kv_watch_announce(struct kv_watch *w)
{
	w->announced = true;
	kv_watch_note_health(w);
	w->ops->handle_entries(w->arg, &w->entries);
}

void kv_watch_report(struct kv_watch *w, struct kv_entries *entries)
{
	kv_watch_note_health(w);
	if (w->announced && kv_entries_equal(&w->entries, entries))
		return;
	kv_entries_finish(&w->entries);
	w->entries = *entries;
	*entries = KV_ENTRIES_INIT;
	kv_watch_announce(w);
}

void kv_watch_note_error(struct kv_watch *w, const struct error *err)
{
	w->failing = true;
	w->ops->handle_error(w->arg, err);
}

struct kv_lease *kv_lease_create(struct kv *kv, const struct kv_lease_config *config)
{
	struct kv_lease *l = kv->driver->lease_create(kv);

	assert(config->heartbeat_ms > 0 && config->ttl_ms > config->heartbeat_ms);
	l->kv = kv;
	l->key = kv_join(kv->prefix, config->key);
	l->value = xstrdup(config->value);
	l->heartbeat_ms = config->heartbeat_ms;
	l->ttl_ms = config->ttl_ms;
	l->ops = config->ops;
	l->arg = config->arg;
	kv->driver->lease_start(l);
	return l;
}

void kv_lease_release(struct kv_lease *l)
{
	l->kv->driver->lease_release(l);
}

void kv_lease_destroy(struct kv_lease *l)
{
	if (!l)
		return;
	free(l->key);
	free(l->value);
	l->kv->driver->lease_destroy(l);
}

void kv_lease_note_held(struct kv_lease *l)
{
	if (l->held)
		return;
	l->held = true;
	l->ops->handle_held(l->arg);
}

void kv_lease_note_error(struct kv_lease *l, const struct error *err)
{
	l->held = false;
	l->ops->handle_error(l->arg, err);
}
