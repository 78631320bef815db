/* What engines remember of the time before this manager followed them. */
#include "fixture.h"

#include "cluster/past.h"

struct world {
	struct fixture fx;
	struct fake_engine *f;
	struct task task;
	struct past *past;
	struct past_wait wait;
};

STEP(nothing);

static enum task_turn nothing(struct task *t)
{
	return task_wait(t, &nothing_step);
}

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->f = fake_engine_create(w->fx.loop);
	w->past = past_create(w->fx.cluster);
	task_init(&w->task, w->fx.loop, &nothing_step, NULL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	past_wait_finish(&w->wait);
	past_destroy(w->past);
	task_finish(&w->task);
	fake_engine_destroy(w->f);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

#define LINE(action, time)                                                                         \
	"{\"Type\":\"container\",\"Action\":\"" action                                             \
	"\",\"Actor\":{\"ID\":\"c\"},\"timeNano\":" time "}\n"

static void check_past(const struct world *w, const char *expected)
{
	auto_strbuf struct strbuf got = STRBUF_INIT;
	struct journal_reader r;
	const struct journal_entry *e;

	journal_reader_init(&r, bus_journal(w->fx.cluster->bus), true, 0, 1000000);
	while ((e = journal_read(&r)))
		strbuf_addf(&got, "%s%s", got.len ? " " : "", e->event.action);
	assert_string_equal(got.len ? got.buf : "", expected);
}

static bool ask(struct world *w)
{
	return past_ask(w->past, &w->wait, &w->task);
}

static void test_asked_once(void **state)
{
	struct world *w = *state;

	w->f->past = LINE("two", "20") LINE("one", "10") "nonsense\n" LINE("three", "30");
	assert_false(ask(w)); /* there is nobody */
	fixture_join(&w->fx, w->f);
	assert_int_equal(w->f->past_asked, 0);
	assert_true(ask(w));
	turn_until(w->fx.loop, w->wait.done);
	check_past(w, "one two three");
	assert_false(ask(w));
	assert_int_equal(w->f->past_asked, 1);
	assert_int_equal(w->f->streams_opened, 1);
}

/* Who asks meanwhile waits for the same answer. */
static void test_two_wait(void **state)
{
	struct world *w = *state;
	struct past_wait other = { 0 };

	w->f->past = LINE("one", "10");
	fixture_join(&w->fx, w->f);
	assert_true(ask(w));
	assert_true(past_ask(w->past, &other, &w->task));
	turn_until(w->fx.loop, w->wait.done && other.done);
	assert_int_equal(w->f->past_asked, 1);
	check_past(w, "one");
}

static void test_refused_or_gone(void **state)
{
	struct world *w = *state;

	fixture_join(&w->fx, w->f);
	w->f->fail = "until=";
	assert_true(ask(w));
	turn_until(w->fx.loop, w->wait.done);
	assert_false(ask(w)); /* it would say the same again */
	check_past(w, "");
}

static void test_it_leaves_meanwhile(void **state)
{
	struct world *w = *state;

	fixture_join(&w->fx, w->f);
	w->f->hold = "until=";
	assert_true(ask(w));
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	fixture_members(&w->fx, NULL, NULL);
	turn_until(w->fx.loop, w->wait.done);
	fake_engine_release(w->f);
}

static void test_nobody_waits_any_more(void **state)
{
	struct world *w = *state;

	w->f->past = LINE("one", "10");
	fixture_join(&w->fx, w->f);
	w->f->hold = "until=";
	assert_true(ask(w));
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	past_wait_finish(&w->wait);
	fake_engine_release(w->f);
	turn_for_ms(w->fx.loop, 20);
	assert_false(w->wait.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_or_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_leaves_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_waits_any_more, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
