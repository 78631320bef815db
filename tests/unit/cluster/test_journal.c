/* What happened, in order, bounded, and nothing twice. */
#include "fixture.h"

#include "cluster/engine_private.h"
#include "cluster/journal.h"

struct world {
	struct fixture fx;
	struct engine *a, *b;
	struct journal *j;
};

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->a = fixture_validated(&w->fx, "node-a", "a");
	w->b = fixture_validated(&w->fx, "node-b", "b");
	w->j = journal_create();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	journal_destroy(w->j);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

/* --- events by short words --- */

static struct docker_event event(const char *action, int64_t time_ns)
{
	auto_free char *line = xasprintf("{\"Type\":\"container\",\"Action\":\"%s\","
					 "\"Actor\":{\"ID\":\"c\"},\"timeNano\":%lld}",
		action, (long long)time_ns);
	struct docker_event e;
	bool ignore;

	assert_true(event_parse(&e, line, strlen(line), &ignore, NULL));
	return e;
}

static void add(struct world *w, struct engine *engine, const char *action, int64_t time_ns)
{
	struct docker_event e = event(action, time_ns);

	journal_add(w->j, JOURNAL_OBJECT, &e, engine);
	event_finish(&e);
}

static bool add_past(struct world *w, struct engine *engine, const char *action, int64_t time_ns)
{
	struct docker_event e = event(action, time_ns);
	bool added = journal_add_past(w->j, &e, engine);

	event_finish(&e);
	return added;
}

static void say(struct world *w, enum journal_kind kind, const char *action)
{
	struct docker_event e;

	event_init_own(&e, &(struct event_own){ EVENT_NODE, action });
	journal_add(w->j, kind, &e, NULL);
	event_finish(&e);
}

/* All that the reader gets now, as words. */
static void check_read(struct journal_reader *r, const char *expected)
{
	auto_strbuf struct strbuf got = STRBUF_INIT;
	const struct journal_entry *e;

	while ((e = journal_read(r)))
		strbuf_addf(&got, "%s%s", got.len ? " " : "", e->event.action);
	assert_string_equal(got.len ? got.buf : "", expected);
}

static void check_past(struct world *w, int64_t since, int64_t until, const char *expected)
{
	struct journal_reader r;

	journal_reader_init(&r, w->j, true, since, until);
	check_read(&r, expected);
}

/* --- tests --- */

static void test_reader_goes_on(void **state)
{
	struct world *w = *state;
	struct journal_reader live, all;

	add(w, w->a, "one", 10);
	journal_reader_init(&live, w->j, false, 0, INT64_MAX);
	journal_reader_init(&all, w->j, true, 0, INT64_MAX);
	check_read(&live, "");
	add(w, w->a, "two", 20);
	check_read(&live, "two");
	check_read(&all, "one two");
	add(w, w->b, "three", 5); /* its clock is behind */
	check_read(&live, "three");
	check_read(&all, "three");
	check_read(&all, "");
}

static void test_since_and_until(void **state)
{
	struct world *w = *state;
	struct journal_reader r;

	for (int i = 1; i <= 4; i++) {
		auto_free char *word = xasprintf("e%d", i);

		add(w, w->a, word, i * 10);
	}
	check_past(w, 0, INT64_MAX, "e1 e2 e3 e4");
	check_past(w, 20, 30, "e2 e3");
	check_past(w, 21, 29, "");
	check_past(w, INT64_MIN, 10, "e1");
	check_past(w, INT64_MAX, INT64_MAX, "");
	/* The future begins when it comes, whatever was asked for, as in an engine. */
	journal_reader_init(&r, w->j, true, INT64_MAX, INT64_MAX);
	add(w, w->a, "now", 50);
	check_read(&r, "now");
}

static void test_what_was_before_is_put_between(void **state)
{
	struct world *w = *state;
	struct journal_reader r;

	add(w, w->a, "a3", 30);
	add(w, w->a, "a5", 50);
	assert_true(add_past(w, w->b, "b4", 40));
	assert_true(add_past(w, w->b, "b6", 60));
	assert_true(add_past(w, w->b, "b1", 10));
	assert_true(add_past(w, w->b, "b4-too", 40));
	check_past(w, 0, INT64_MAX, "b1 a3 b4 b4-too a5 b6");
	check_past(w, 40, 50, "b4 b4-too a5");
	journal_reader_init(&r, w->j, true, 0, INT64_MAX);
	assert_string_equal(journal_read(&r)->event.action, "b1");
	assert_string_equal(journal_read(&r)->event.action, "a3");
	assert_string_equal(journal_read(&r)->event.action, "b4");
	/* In the middle of them, more becomes known. */
	add_past(w, w->b, "b2", 20);
	add(w, w->a, "a7", 70);
	check_read(&r, "b4-too a5 b6 a7");
	add_past(w, w->b, "b3", 35);
	check_read(&r, "");
}

static void test_nothing_twice(void **state)
{
	struct world *w = *state;

	add(w, w->a, "start", 10);
	assert_false(add_past(w, w->a, "start", 10));
	assert_true(add_past(w, w->b, "start", 10));
	assert_false(add_past(w, w->b, "start", 10));
	assert_true(add_past(w, w->a, "start", 11));
	assert_true(add_past(w, w->a, "stop", 10));
	add(w, w->a, "stop", 10); /* now its stream tells it */
	check_past(w, 0, INT64_MAX, "start start stop start");
}

static void test_newest_first(void **state)
{
	static const struct {
		unsigned kinds;
		const char *expected;
	} cases[] = {
		{ JOURNAL_ALL, "refused b up a past" },
		{ JOURNAL_OBJECT, "b a past" },
		{ JOURNAL_NODE | JOURNAL_REFUSAL, "refused up" },
		{ JOURNAL_LEADER, "" },
	};
	struct world *w = *state;
	const struct journal_entry *e;

	assert_null(journal_older(w->j, NULL, JOURNAL_ALL));
	assert_null(journal_newer(w->j, 0, JOURNAL_ALL));
	assert_true(journal_last(w->j) == 0);
	add(w, w->a, "a", 10);
	say(w, JOURNAL_NODE, "up");
	add(w, w->b, "b", 20);
	say(w, JOURNAL_REFUSAL, "refused");
	add_past(w, w->b, "past", 5);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf got = STRBUF_INIT;

		e = NULL;
		while ((e = journal_older(w->j, e, cases[i].kinds)))
			strbuf_addf(&got, "%s%s", got.len ? " " : "", e->event.action);
		assert_string_equal(got.len ? got.buf : "", cases[i].expected);
	}
	assert_true(journal_last(w->j) == 4);
	assert_string_equal(journal_newer(w->j, 0, JOURNAL_ALL)->event.action, "a");
	assert_string_equal(journal_newer(w->j, 2, JOURNAL_ALL)->event.action, "b");
	assert_string_equal(journal_newer(w->j, 1, JOURNAL_REFUSAL)->event.action, "refused");
	assert_null(journal_newer(w->j, 4, JOURNAL_ALL));
	assert_string_equal(journal_newer(w->j, 2, JOURNAL_ALL)->node.name, "node-b");
}

static size_t count(const struct world *w, unsigned kinds)
{
	const struct journal_entry *e = NULL;
	size_t n = 0;

	while ((e = journal_older(w->j, e, kinds)))
		n++;
	return n;
}

static void test_ceilings(void **state)
{
	struct world *w = *state;
	struct journal_reader early, late;

	say(w, JOURNAL_NODE, "down");
	add(w, w->a, "first", 1);
	journal_reader_init(&early, w->j, true, 0, INT64_MAX);
	for (int i = 0; i < JOURNAL_ENGINES_MAX; i++)
		add(w, w->a, "start", 2);
	assert_true(count(w, JOURNAL_OBJECT) == JOURNAL_ENGINES_MAX);
	assert_true(count(w, JOURNAL_NODE) == 1);
	assert_true(journal_reader_is_late(&early));
	journal_reader_init(&late, w->j, true, 0, INT64_MAX);
	assert_false(journal_reader_is_late(&late));
	assert_string_equal(journal_read(&late)->event.action, "down");
	while (journal_read(&late))
		;
	add(w, w->a, "more", 3);
	assert_false(journal_reader_is_late(&late));
	for (int i = 0; i < JOURNAL_OWN_MAX + 10; i++)
		say(w, JOURNAL_NODE, "up");
	assert_true(count(w, JOURNAL_NODE) == JOURNAL_OWN_MAX);
	for (int i = 0; i < JOURNAL_PAST_MAX + 10; i++)
		add_past(w, w->b, "past", 1000 + i);
	assert_true(count(w, JOURNAL_OBJECT) == JOURNAL_ENGINES_MAX + JOURNAL_PAST_MAX);
}

static void test_large_events_are_bounded(void **state)
{
	enum { LARGE = 1000 * 1000 };
	struct world *w = *state;
	auto_free char *filler = xcalloc(1, LARGE + 1);

	memset(filler, 'x', LARGE);
	for (int i = 0; i < 20; i++)
		add(w, w->a, filler, i);
	assert_in_range(count(w, JOURNAL_ALL), 1, JOURNAL_ENGINES_BYTES / LARGE);
}

/* --- what becomes of nodes --- */

/* The newest event of type node, and what its state was and is. */
static void check_node(const struct world *w, const char *action, const char *old, const char *new)
{
	const struct journal *j = bus_journal(w->fx.cluster->bus);
	const struct journal_entry *e = NULL;
	const char *value;

	do
		e = journal_older(j, e, JOURNAL_NODE);
	while (e && e->event.type != EVENT_NODE);
	assert_non_null(e);
	assert_string_equal(e->event.action, action);
	assert_string_equal(e->event.actor_id, "a");
	assert_string_equal(e->node.name, "node-a");
	assert_string_equal(event_attribute(&e->event, "name"), "node-a");
	value = event_attribute(&e->event, "state.old");
	assert_string_equal(value ? value : "", old);
	value = event_attribute(&e->event, "state.new");
	assert_string_equal(value ? value : "", new);
}

static void test_nodes(void **state)
{
	struct world *w = *state;
	auto_error struct error err = ERROR_INIT;
	auto_free char *addr = xstrdup(w->b->addr);
	const struct journal_entry *e;

	e = journal_older(bus_journal(w->fx.cluster->bus), NULL, JOURNAL_NODE);
	assert_string_equal(e->event.action, "create");
	error_set(&err, ERROR_CONNECT, "no way");
	for (int i = 0; i < 3; i++)
		engine_report_failure(w->a, &err);
	check_node(w, "update", "ready", "down");
	e = journal_older(bus_journal(w->fx.cluster->bus), NULL, JOURNAL_NODE);
	assert_non_null(strstr(event_attribute(&e->event, "reason"), "no way"));
	engine_declare_lost(w->a);
	check_node(w, "update", "down", "lost");
	engine_report_success(w->a);
	check_node(w, "update", "down", "ready");
	fixture_members(&w->fx, addr, NULL);
	check_node(w, "remove", "ready", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reader_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_since_and_until, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_was_before_is_put_between, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceilings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_events_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
