/* register/registrar_lock.c - of several managers one writes: who has the lock of the registry. */
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "manager/manager.h"
#include "register/registrar_private.h"

#define LOCK_DIRECTORY "docker/swarm/registrar"

static void handle_won(void *arg)
{
	((struct registrar *)arg)->lock_failing = false;
	log_info("Registry of services: this manager writes to it");
	registrar_read_anew(arg);
}

static void handle_lost(void *arg, maybe_unused int64_t until_ms)
{
	struct registrar *r = arg;

	if (!r->resigning)
		log_warn("Registry of services: the lock is lost");
	task_wake(&r->task);
}

static void handle_holder(void *arg, const char *value)
{
	struct registrar *r = arg;
	auto_strbuf struct strbuf shown = STRBUF_INIT;

	if (!value || kv_lock_is_held(r->lock))
		return;
	strbuf_add_escaped(&shown, value);
	log_info("Registry of services: %s writes to it", shown.buf);
}

static void handle_error(void *arg, const struct error *err)
{
	struct registrar *r = arg;

	if (!r->lock_failing && !r->resigning)
		log_warn("Registry of services: %s (trying again)", error_text(err));
	r->lock_failing = true;
}

static void handle_released(void *arg, const struct error *err)
{
	struct registrar *r = arg;

	if (err)
		log_warn("Registry of services: the lock was not given back: %s", error_text(err));
	r->resigning = false;
	loop_defer(r->manager->loop, &r->drop_lock);
}

static const struct kv_lock_ops lock_ops = {
	.handle_won = handle_won,
	.handle_lost = handle_lost,
	.handle_holder = handle_holder,
	.handle_error = handle_error,
	.handle_released = handle_released,
};

static void take_lock(struct registrar *r)
{
	auto_free char *key = xasprintf(LOCK_DIRECTORY "/%s", r->options->cluster);
	char host[256] = "", id[ID_HEX_LEN + 1];
	auto_free char *value = NULL;

	(void)gethostname(host, sizeof(host) - 1);
	id_new(id);
	value = xasprintf("%s %.12s", host, id);
	r->lock = kv_lock_create(r->kv, &(struct kv_lock_config){
						.key = key,
						.value = value,
						.ttl_ms = r->options->lock_ttl_ms,
						.ops = &lock_ops,
						.arg = r,
					});
}

void registrar_begin_to_lead(struct registrar *r)
{
	if (r->options->dry_run)
		registrar_read_anew(r);
	else if (!r->lock)
		take_lock(r);
}

static void run_drop_lock(struct deferred *d)
{
	struct registrar *r = container_of(d, struct registrar, drop_lock);

	registrar_restart(r);
	kv_lock_destroy(steal(r->lock));
	if (r->leading && !r->stopped)
		registrar_begin_to_lead(r);
}

void registrar_init_lock(struct registrar *r)
{
	deferred_init(&r->drop_lock, run_drop_lock);
}

void registrar_give_lock_back(struct registrar *r)
{
	if (!r->lock || r->resigning)
		return;
	r->resigning = true;
	kv_lock_release(r->lock);
}
