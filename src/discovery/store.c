/* discovery/store.c - a watch and a lease of kv, told as members. */
#include "discovery/store.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "discovery/discovery_private.h"
#include "discovery/entry.h"
#include "discovery/guard.h"
#include "discovery/registration_private.h"
#include "kv/kv.h"
#include "kv/location.h"
#include "kv/options.h"

/* As long as an agent may take to notice that its entry is gone, if it beats as it should. */
#define MAX_GRACE_MS (60 * 1000)

struct store {
	struct discovery base;
	struct kv *kv;          /* owned */
	struct kv_watch *watch; /* owned */
	struct guard guard;
	struct timer expiry; /* of what the guard holds back */
	struct strv bad;     /* what has been logged as no address; sorted as the entries are */
};

bool store_check(const struct discovery_url *url, const struct strv *options, struct error *err)
{
	return kv_check(url->scheme->name, url->rest, options, err);
}

/* ret_path: of the members below the prefix; lent as the options are. */
static struct kv *open_kv(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const char **ret_path, struct error *err)
{
	struct kv *kv = kv_open(loop, url->scheme->name, url->rest, options, err);
	struct kv_options parsed;

	if (!kv)
		return NULL;
	if (!kv_options_parse(&parsed, options, err))
		assert(false); /* kv_open has done it */
	log_info(
		"Initializing discovery %s TLS", kv_options_want_tls(&parsed) ? "with" : "without");
	*ret_path = parsed.path ? parsed.path : KV_DEFAULT_PATH;
	return kv;
}

/* --- members --- */

void store_read_members(
	const struct kv_entries *entries, struct strv *ret_members, struct strv *ret_bad)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct kv_entry *entry = &entries->items[i];
		auto_error struct error err = ERROR_INIT;

		if (entry->len == 0)
			continue;
		if (entry_check_bytes(entry->value, entry->len, &err))
			strv_add(ret_members, entry->value);
		else
			strv_take(ret_bad, xasprintf("%s: %s", entry->key, err.text));
	}
}

/* Each one once for as long as it is there. */
static void log_bad(struct store *s, struct strv *bad)
{
	for (size_t i = 0; i < bad->count; i++) {
		auto_strbuf struct strbuf text = STRBUF_INIT;

		if (strv_contains(&s->bad, bad->items[i]))
			continue;
		strbuf_add_escaped(&text, bad->items[i]);
		log_warn("Discovery entry skipped: %s", text.buf);
	}
	strv_finish(&s->bad);
	s->bad = *bad;
	*bad = STRV_INIT;
}

static void report(struct store *s)
{
	auto_strv struct strv members = STRV_INIT;

	guard_list(&s->guard, &members);
	if (guard_next_ms(&s->guard) >= 0)
		timer_start(
			&s->expiry, max_of(guard_next_ms(&s->guard) - clock_mono_ms(), (int64_t)0));
	discovery_tell(&s->base, &members);
}

static void handle_expiry(struct timer *t)
{
	struct store *s = container_of(t, struct store, expiry);

	guard_expire(&s->guard, clock_mono_ms());
	report(s);
}

static void handle_entries(void *arg, const struct kv_entries *entries)
{
	struct store *s = arg;
	auto_strv struct strv members = STRV_INIT;
	auto_strv struct strv bad = STRV_INIT;

	store_read_members(entries, &members, &bad);
	log_bad(s, &bad);
	size_t held = guard_update(&s->guard, &members, clock_mono_ms());
	if (held)
		log_warn(
			"%zu members are missing in the store all at once, %zu are there: they are "
			"kept for %lld s, in case the store has lost them",
			held, members.count, (long long)(s->guard.grace_ms / 1000));
	report(s);
}

static void handle_error(void *arg, const struct error *err)
{
	struct store *s = arg;

	discovery_tell_error(&s->base, err);
}

static void handle_recovered(void *arg)
{
	struct store *s = arg;

	guard_distrust(&s->guard, clock_mono_ms());
	log_info("The discovery service answers again");
}

static const struct kv_watch_ops watch_ops = {
	.handle_entries = handle_entries,
	.handle_recovered = handle_recovered,
	.handle_error = handle_error,
};

static void store_reload(struct discovery *d)
{
	auto_error struct error err = ERROR_INIT;

	if (!kv_reload(container_of(d, struct store, base)->kv, &err))
		discovery_tell_error(d, &err);
}

static void store_destroy(struct discovery *d)
{
	struct store *s = container_of(d, struct store, base);

	kv_watch_destroy(s->watch);
	kv_close(s->kv);
	timer_stop(&s->expiry);
	guard_finish(&s->guard);
	discovery_finish(&s->base);
	strv_finish(&s->bad);
	free(s);
}

static struct kv *store_kv(const struct discovery *d)
{
	return container_of(d, const struct store, base)->kv;
}

static const struct discovery_backend store_backend = {
	.store = store_kv,
	.destroy = store_destroy,
	.reload = store_reload,
};

struct discovery *store_create(const struct discovery_config *config)
{
	const char *path;
	struct kv *kv = open_kv(config->loop, config->url, config->options, &path, config->err);

	if (!kv)
		return NULL;

	struct store *s = xnew(struct store);
	discovery_init(&s->base, &store_backend, config);
	guard_init(&s->guard, min_of(config->heartbeat_ms, (int64_t)MAX_GRACE_MS));
	timer_init(&s->expiry, config->loop, handle_expiry);
	s->kv = kv;
	s->watch = kv_watch_create(kv, path, &watch_ops, s);
	return &s->base;
}

/* --- registering --- */

/* A lease, whose owner hears of it directly. */
struct store_registration {
	struct registration base;
	struct kv *kv;          /* owned */
	struct kv_lease *lease; /* owned */
	const struct kv_lease_ops *ops;
	void *arg;
};

static struct store_registration *registration_of(struct registration *r)
{
	return container_of(r, struct store_registration, base);
}

static void registration_handle_release(struct registration *r)
{
	kv_lease_release(registration_of(r)->lease);
}

static void registration_handle_reload(struct registration *registration)
{
	struct store_registration *r = registration_of(registration);
	auto_error struct error err = ERROR_INIT;

	if (!kv_reload(r->kv, &err))
		r->ops->handle_error(r->arg, &err);
}

static void registration_handle_destroy(struct registration *registration)
{
	struct store_registration *r = registration_of(registration);

	kv_lease_destroy(r->lease);
	kv_close(r->kv);
	free(r);
}

static const struct registration_backend registration_backend = {
	.release = registration_handle_release,
	.reload = registration_handle_reload,
	.destroy = registration_handle_destroy,
};

struct registration *store_enroll(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config, struct error *err)
{
	const char *path;
	struct kv *kv = open_kv(loop, url, options, &path, err);

	if (!kv)
		return NULL;

	struct store_registration *r = xnew(struct store_registration);
	auto_free char *key = kv_join(path, config->address);
	r->base.backend = &registration_backend;
	r->ops = config->ops;
	r->arg = config->arg;
	r->kv = kv;
	r->lease = kv_lease_create(kv, &(struct kv_lease_config){
					       .key = key,
					       .value = config->address,
					       .heartbeat_ms = config->heartbeat_ms,
					       .ttl_ms = config->ttl_ms,
					       .ops = config->ops,
					       .arg = config->arg,
				       });
	return &r->base;
}
