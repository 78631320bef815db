#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kv/driver.h"

/* A store that says what the test tells it to. */

static struct kv_lock *create(struct kv *kv)
{
	(void)kv;
	return xnew(struct kv_lock);
}

static void ignore(struct kv_lock *l)
{
	(void)l;
}

static void destroy(struct kv_lock *l)
{
	free(l);
}

static const struct kv_driver driver = {
	.lock_create = create,
	.lock_start = ignore,
	.lock_release = ignore,
	.lock_destroy = destroy,
};

/* What its owner has heard: "+" won, "-" lost, "=value" the holder. */

struct world {
	struct kv kv;
	struct kv_lock *lock;
	struct strbuf heard;
	int64_t until_ms;
};

static void handle_won(void *arg)
{
	strbuf_add_str(&((struct world *)arg)->heard, "+");
}

static void handle_lost(void *arg, int64_t until_ms)
{
	struct world *w = arg;

	strbuf_add_str(&w->heard, "-");
	w->until_ms = until_ms;
}

static void handle_holder(void *arg, const char *value)
{
	strbuf_addf(&((struct world *)arg)->heard, "=%s", value ? value : "");
}

static const struct kv_lock_ops ops = {
	.handle_won = handle_won,
	.handle_lost = handle_lost,
	.handle_holder = handle_holder,
};

static int begin(void **state)
{
	struct world *w = xnew(struct world);

	w->kv = (struct kv){ .driver = &driver, .loop = loop_create(), .prefix = xstrdup("") };
	w->lock = kv_lock_create(&w->kv, &(struct kv_lock_config){ "key", "me", 1000, &ops, w });
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	kv_lock_destroy(w->lock);
	loop_destroy(w->kv.loop);
	free(w->kv.prefix);
	strbuf_finish(&w->heard);
	free(w);
	return 0;
}

static void assert_heard(struct world *w, const char *expected)
{
	assert_string_equal(w->heard.buf ? w->heard.buf : "", expected);
	strbuf_reset(&w->heard);
}

static void test_won_and_renewed(void **state)
{
	struct world *w = *state;

	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	assert_true(kv_lock_is_held(w->lock));
	assert_heard(w, "=me+");
	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	assert_heard(w, "");
	kv_lock_note_lost(w->lock);
	assert_heard(w, "-=");
	assert_false(kv_lock_is_held(w->lock));
}

static void test_the_end_needs_nobody(void **state)
{
	struct world *w = *state;
	int64_t from_ms = clock_mono_ms();

	kv_lock_note_held(w->lock, from_ms, 100);
	assert_heard(w, "=me+");
	while (w->heard.len == 0)
		loop_turn(w->kv.loop, 1000);
	assert_heard(w, "-");
	assert_true(w->until_ms < from_ms + 100);
	assert_true(clock_mono_ms() >= w->until_ms);
}

/* The time counts from when the request was sent. */
static void test_a_late_answer_is_no_promise(void **state)
{
	struct world *w = *state;

	kv_lock_note_held(w->lock, clock_mono_ms() - 1000, 1000);
	assert_heard(w, "");
	assert_false(kv_lock_is_held(w->lock));
}

/* Stopped by a signal: no timer has run, and the clock tells nevertheless. */
static void test_frozen_beyond_its_time(void **state)
{
	struct world *w = *state;

	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	assert_heard(w, "=me+");
	clock_advance_ms(60000);
	assert_false(kv_lock_is_held(w->lock));
	/* It has never ceased to be ours, but somebody could have had it: both are told. */
	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	assert_heard(w, "-+");
}

static void test_another_one(void **state)
{
	struct world *w = *state;

	kv_lock_note_holder(w->lock, NULL);
	kv_lock_note_holder(w->lock, NULL);
	assert_heard(w, "=");
	kv_lock_note_holder(w->lock, "you");
	kv_lock_note_holder(w->lock, "you");
	assert_heard(w, "=you");
	kv_lock_note_holder(w->lock, "");
	assert_heard(w, "=");
	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	kv_lock_note_holder(w->lock, "you");
	assert_heard(w, "=me+-=you");
	kv_lock_note_lost(w->lock);
	assert_heard(w, "");
}

static void test_released(void **state)
{
	struct world *w = *state;

	kv_lock_note_held(w->lock, clock_mono_ms(), 60000);
	kv_lock_release(w->lock);
	assert_heard(w, "=me+-");
	assert_false(kv_lock_is_held(w->lock));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_won_and_renewed, begin, end),
		cmocka_unit_test_setup_teardown(test_the_end_needs_nobody, begin, end),
		cmocka_unit_test_setup_teardown(test_a_late_answer_is_no_promise, begin, end),
		cmocka_unit_test_setup_teardown(test_frozen_beyond_its_time, begin, end),
		cmocka_unit_test_setup_teardown(test_another_one, begin, end),
		cmocka_unit_test_setup_teardown(test_released, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
