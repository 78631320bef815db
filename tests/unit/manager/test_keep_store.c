/* What is kept in a store, over a store in memory that can lose, refuse and be silent. */
#include "manager/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kv/driver.h"

enum mood {
	STORE_WRITES,
	STORE_REFUSES, /* the lock is another's */
	STORE_FAILS,   /* after it has written, or not */
	STORE_IS_SILENT,
};

struct store {
	struct kv kv;
	struct kv_entries entries;
	enum mood mood;
	int writes, readings;
};

static struct store *store_of(struct kv *kv)
{
	return container_of(kv, struct store, kv);
}

struct fake_watch {
	struct kv_watch base;
	struct deferred report;
};

static void report(struct deferred *d)
{
	struct fake_watch *w = container_of(d, struct fake_watch, report);
	const struct store *s = store_of(w->base.kv);
	auto_kv_entries struct kv_entries copy = KV_ENTRIES_INIT;

	for (size_t i = 0; i < s->entries.count; i++)
		kv_entries_add(&copy, s->entries.items[i].key, s->entries.items[i].value,
			s->entries.items[i].len);
	kv_watch_report(&w->base, &copy);
}

static struct kv_watch *watch_create(struct kv *kv)
{
	store_of(kv)->readings++;
	return &xnew(struct fake_watch)->base;
}

static void watch_start(struct kv_watch *watch)
{
	struct fake_watch *w = container_of(watch, struct fake_watch, base);

	assert_string_equal(watch->directory, "p/docker/swarm/kept");
	deferred_init(&w->report, report);
	loop_defer(watch->kv->loop, &w->report);
}

static void watch_destroy(struct kv_watch *watch)
{
	struct fake_watch *w = container_of(watch, struct fake_watch, base);

	deferred_cancel(&w->report);
	free(w);
}

static struct kv_lock *lock_create(struct kv *kv)
{
	(void)kv;
	return xnew(struct kv_lock);
}

static void lock_start(struct kv_lock *l)
{
	(void)l;
}

static void lock_destroy(struct kv_lock *l)
{
	free(l);
}

struct fake_write {
	struct kv_write base;
	struct deferred done;
};

static void write_done(struct deferred *d)
{
	struct kv_write *w = &container_of(d, struct fake_write, done)->base;
	struct store *s = store_of(w->lock->kv);
	const char *name = w->key + strlen("p/docker/swarm/kept/");
	auto_error struct error err = ERROR_INIT;

	s->writes++;
	if (s->mood == STORE_REFUSES) {
		kv_write_refuse(w);
	} else if (s->mood == STORE_FAILS) {
		error_set(&err, ERROR_TIMEOUT, "no answer");
		kv_write_end(w, &err);
	} else {
		if (w->value)
			kv_entries_set(&s->entries, name, w->value, strlen(w->value));
		else
			kv_entries_remove(&s->entries, name);
		kv_write_end(w, NULL);
	}
}

static struct kv_write *write_create(struct kv *kv)
{
	(void)kv;
	return &xnew(struct fake_write)->base;
}

static void write_start(struct kv_write *write)
{
	struct fake_write *w = container_of(write, struct fake_write, base);

	deferred_init(&w->done, write_done);
	if (store_of(write->lock->kv)->mood != STORE_IS_SILENT)
		loop_defer(write->lock->kv->loop, &w->done);
}

static void write_destroy(struct kv_write *write)
{
	struct fake_write *w = container_of(write, struct fake_write, base);

	deferred_cancel(&w->done);
	free(w);
}

static const struct kv_driver driver = {
	.name = "fake",
	.watch_create = watch_create,
	.watch_start = watch_start,
	.watch_destroy = watch_destroy,
	.lock_create = lock_create,
	.lock_start = lock_start,
	.lock_destroy = lock_destroy,
	.write_create = write_create,
	.write_start = write_start,
	.write_destroy = write_destroy,
};

static void handle_won(void *arg)
{
	keep_set_leading(*(struct keep **)arg, true);
}

static void handle_lost(void *arg, int64_t until_ms)
{
	(void)until_ms;
	keep_set_leading(*(struct keep **)arg, false);
}

static void handle_holder(void *arg, const char *value)
{
	(void)arg, (void)value;
}

static const struct kv_lock_ops lock_ops = {
	.handle_won = handle_won,
	.handle_lost = handle_lost,
	.handle_holder = handle_holder,
};

/* Two managers of one store. */
struct world {
	struct loop *loop;
	struct store store;
	struct keep *keeps[2];
	struct kv_lock *locks[2];
};

static int begin(void **state)
{
	struct world *w = xnew(struct world);

	w->loop = loop_create();
	w->store.kv = (struct kv){ .driver = &driver, .loop = w->loop, .prefix = xstrdup("p") };
	for (int i = 0; i < 2; i++) {
		w->keeps[i] = keep_create(w->loop);
		w->locks[i] = kv_lock_create(
			&w->store.kv, &(struct kv_lock_config){ "leader", i ? "b" : "a", 60000,
					      &lock_ops, &w->keeps[i] });
		keep_open_store(w->keeps[i], &w->store.kv, w->locks[i]);
	}
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		keep_close(w->keeps[i]);
		kv_lock_destroy(w->locks[i]);
		keep_destroy(w->keeps[i]);
	}
	kv_entries_finish(&w->store.entries);
	free(w->store.kv.prefix);
	loop_destroy(w->loop);
	free(w);
	return 0;
}

static void settle(struct world *w)
{
	for (int i = 0; i < 10; i++)
		loop_turn(w->loop, 0);
}

static void lead(struct world *w, int who)
{
	kv_lock_note_lost(w->locks[!who]);
	kv_lock_note_held(w->locks[who], clock_mono_ms(), 3600 * 1000);
	assert_false(keep_is_whole(w->keeps[who]));
	settle(w);
	assert_true(keep_is_whole(w->keeps[who]));
}

static enum error_code put(struct world *w, int who, const char *key, const char *value)
{
	struct keep_write write = { 0 };

	keep_put(w->keeps[who], key, value, &write, NULL);
	while (!write.done)
		loop_turn(w->loop, 100);
	enum error_code code = write.err.code;
	keep_write_finish(&write);
	return code;
}

static void assert_holds(const struct world *w, int who, const char *expected)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	struct keep_entry entry;

	keep_each(&entry, w->keeps[who], "nodes/")
		strbuf_addf(&sb, "%s=%s ", entry.key, entry.value);
	assert_string_equal(sb.buf, expected);
}

static void assert_stored(const struct world *w, const char *expected)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < w->store.entries.count; i++) {
		if (strncmp(w->store.entries.items[i].key, "history.", 8) != 0)
			strbuf_addf(&sb, "%s=%s ", w->store.entries.items[i].key,
				w->store.entries.items[i].value);
	}
	assert_string_equal(sb.buf, expected);
}

static void test_the_next_leader_has_the_whole(void **state)
{
	struct world *w = *state;

	lead(w, 0);
	assert_int_equal(put(w, 0, "nodes/a/b%", "1"), ERROR_NONE);
	assert_int_equal(put(w, 0, "nodes/c", "1"), ERROR_NONE);
	keep_drop(w->keeps[0], "nodes/c", NULL, NULL);
	settle(w);
	assert_stored(w, "nodes.a%2Fb%25=1 ");
	lead(w, 1);
	assert_holds(w, 1, "nodes/a/b%=1 ");
	assert_int_equal(put(w, 1, "nodes/a/b%", "2"), ERROR_NONE);
	lead(w, 0);
	assert_holds(w, 0, "nodes/a/b%=2 ");
}

/* Only a leader writes; it reads once, and not again after each write. */
static void test_who_writes_and_who_reads(void **state)
{
	struct world *w = *state;

	settle(w);
	assert_int_equal(w->store.readings, 2);
	assert_int_equal(put(w, 0, "nodes/a", "1"), ERROR_UNAVAILABLE);
	assert_holds(w, 0, "");
	assert_int_equal(w->store.writes, 0);
	lead(w, 0);
	assert_int_equal(put(w, 0, "nodes/a", "1"), ERROR_NONE);
	assert_int_equal(w->store.readings, 3);
	assert_int_equal(w->store.writes, 2); /* the history's, too */
}

static void test_a_refused_write(void **state)
{
	struct world *w = *state;

	lead(w, 0);
	w->store.mood = STORE_REFUSES;
	assert_int_equal(put(w, 0, "nodes/a", "1"), ERROR_CONFLICT);
	/* Wanted still, while we lead; not any more when we do not. */
	assert_holds(w, 0, "nodes/a=1 ");
	kv_lock_note_lost(w->locks[0]);
	settle(w);
	assert_holds(w, 0, "");
	assert_stored(w, "");
}

static void test_a_failed_write_comes_later(void **state)
{
	struct world *w = *state;

	lead(w, 0);
	w->store.mood = STORE_FAILS;
	assert_int_equal(put(w, 0, "nodes/a", "1"), ERROR_TIMEOUT);
	w->store.mood = STORE_WRITES;
	while (w->store.writes < 3)
		loop_turn(w->loop, 1000);
	assert_stored(w, "nodes.a=1 ");
}

/* The same twice is one write, for which both wait. */
static void test_the_same_again(void **state)
{
	struct world *w = *state;
	struct keep_write writes[2] = { 0 };

	lead(w, 0);
	w->store.writes = 0;
	for (int i = 0; i < 2; i++)
		keep_put(w->keeps[0], "nodes/a", "1", &writes[i], NULL);
	settle(w);
	for (int i = 0; i < 2; i++) {
		assert_true(writes[i].done && !error_is_set(&writes[i].err));
		keep_write_finish(&writes[i]);
	}
	assert_int_equal(w->store.writes, 1);
}

/* Nobody waits for ever, and nobody hears of what came after the lock was lost. */
static void test_a_silent_store(void **state)
{
	struct world *w = *state;
	struct keep_write write = { 0 };

	lead(w, 0);
	w->store.mood = STORE_IS_SILENT;
	keep_put(w->keeps[0], "nodes/a", "1", &write, NULL);
	settle(w);
	assert_false(write.done);
	kv_lock_note_lost(w->locks[0]);
	assert_true(write.done);
	assert_int_equal(write.err.code, ERROR_UNAVAILABLE);
	keep_write_finish(&write);
}

/* Made anew, it gets all that the next leader remembers, and then the mark of a whole. */
static void test_a_store_that_lost_all(void **state)
{
	struct world *w = *state;

	lead(w, 0);
	assert_int_equal(put(w, 0, "nodes/a", "1"), ERROR_NONE);
	assert_int_equal(put(w, 0, "nodes/b", "1"), ERROR_NONE);
	kv_entries_finish(&w->store.entries);
	kv_lock_note_lost(w->locks[0]);
	settle(w);
	assert_holds(w, 0, "nodes/a=1 nodes/b=1 ");
	lead(w, 0);
	assert_stored(w, "nodes.a=1 nodes.b=1 ");
	/* With the mark, what is missing is missing. */
	kv_entries_remove(&w->store.entries, "nodes.a");
	lead(w, 1);
	lead(w, 0);
	assert_holds(w, 0, "nodes/b=1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_next_leader_has_the_whole, begin, end),
		cmocka_unit_test_setup_teardown(test_who_writes_and_who_reads, begin, end),
		cmocka_unit_test_setup_teardown(test_a_refused_write, begin, end),
		cmocka_unit_test_setup_teardown(test_a_failed_write_comes_later, begin, end),
		cmocka_unit_test_setup_teardown(test_the_same_again, begin, end),
		cmocka_unit_test_setup_teardown(test_a_silent_store, begin, end),
		cmocka_unit_test_setup_teardown(test_a_store_that_lost_all, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
