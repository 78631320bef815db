/*
 * election/election.c - a lock of the store, told as an election; the log speaks as classic's does.
 */
#include "election/election.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kv/kv.h"

static const char leader_key[] = "docker/swarm/leader";

struct election {
	struct kv_lock *lock; /* owned */
	char *address;        /* owned */
	const struct election_ops *ops;
	void *arg;
	bool resigned;
};

static void handle_won(void *arg)
{
	struct election *e = arg;

	log_info("Leader Election: Cluster leadership acquired");
	e->ops->handle_leader(e->arg, e->address);
}

static void handle_lost(void *arg, maybe_unused int64_t until_ms)
{
	struct election *e = arg;

	log_info("Leader Election: Cluster leadership lost");
	e->ops->handle_leader(e->arg, NULL);
}

/* Our own address, while we do not hold the lock, is that of a process before us, which is gone:
 * its time has to pass. */
static void handle_holder(void *arg, const char *value)
{
	struct election *e = arg;
	bool is_ours = value && strcmp(value, e->address) == 0;
	auto_strbuf struct strbuf shown = STRBUF_INIT;

	if (is_ours && !kv_lock_is_held(e->lock))
		value = NULL;
	if (value && !is_ours) {
		strbuf_add_escaped(&shown, value);
		log_info("New leader elected: %s", shown.buf);
	}
	if (!is_ours || !value)
		e->ops->handle_leader(e->arg, value);
}

static void handle_error(void *arg, const struct error *err)
{
	struct election *e = arg;

	if (!e->resigned)
		log_error("Leader Election: %s", error_text(err));
}

static void handle_released(void *arg, const struct error *err)
{
	struct election *e = arg;

	if (err)
		log_warn("Leader Election: not resigned, the next leader has to wait: %s",
			error_text(err));
	e->ops->handle_resigned(e->arg);
}

static const struct kv_lock_ops lock_ops = {
	.handle_won = handle_won,
	.handle_lost = handle_lost,
	.handle_holder = handle_holder,
	.handle_error = handle_error,
	.handle_released = handle_released,
};

struct election *election_create(struct kv *kv, const struct election_config *config)
{
	struct election *e = xnew(struct election);

	e->address = xstrdup(config->address);
	e->ops = config->ops;
	e->arg = config->arg;
	e->lock = kv_lock_create(kv, &(struct kv_lock_config){
					     .key = leader_key,
					     .value = config->address,
					     .ttl_ms = config->ttl_ms,
					     .ops = &lock_ops,
					     .arg = e,
				     });
	return e;
}

struct kv_lock *election_lock(const struct election *e)
{
	return e->lock;
}

bool election_leads(const struct election *e)
{
	return kv_lock_is_held(e->lock);
}

void election_resign(struct election *e)
{
	if (e->resigned)
		return;
	e->resigned = true;
	kv_lock_release(e->lock);
}

void election_destroy(struct election *e)
{
	if (!e)
		return;
	kv_lock_destroy(e->lock);
	free(e->address);
	free(e);
}
