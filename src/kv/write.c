/* kv/write.c - what all stores' tied writes have in common: the key, and the end. */
#include <assert.h>

#include "base/mem.h"
#include "kv/driver.h"
#include "kv/kv.h"
#include "kv/location.h"

struct kv_write *kv_write_create(struct kv_lock *lock, const struct kv_write_config *config)
{
	struct kv_write *w = lock->kv->driver->write_create(lock->kv);

	assert(config->handle_done);
	w->lock = lock;
	w->key = kv_join(lock->kv->prefix, config->key);
	w->value = xstrdup_null(config->value);
	w->handle_done = config->handle_done;
	w->arg = config->arg;
	lock->kv->driver->write_start(w);
	return w;
}

void kv_write_destroy(struct kv_write *w)
{
	if (!w)
		return;
	free(w->key);
	free(w->value);
	w->lock->kv->driver->write_destroy(w);
}

enum task_turn kv_write_end(struct kv_write *w, const struct error *err)
{
	w->handle_done(w->arg, err);
	return TASK_WAIT;
}

enum task_turn kv_write_refuse(struct kv_write *w)
{
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_CONFLICT, "the lock of the store is held by another manager");
	return kv_write_end(w, &err);
}
