/* What the record shows: lists, events, order. */
#include "fixture.h"

#include "cluster/execs.h"
#include "cluster/monitor.h"
#include "cluster/refresh.h"

struct world {
	struct fixture fx;
	struct fake_engine *f;
	struct task waiter;
	struct refresh one, two;
};

static enum task_turn do_nothing(struct task *t maybe_unused)
{
	return TASK_WAIT;
}

STEP(do_nothing);

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->f = fake_engine_create(w->fx.loop);
	task_init(&w->waiter, w->fx.loop, &do_nothing_step, NULL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	refresh_finish(&w->one);
	refresh_finish(&w->two);
	task_finish(&w->waiter);
	fake_engine_destroy(w->f);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

static struct container *find(struct world *w, const char *what)
{
	return cluster_find_container(w->fx.cluster, what, NULL);
}

/* C-12 */
static void test_created_elsewhere(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->f, "111", "one");
	struct engine *e = fixture_join(&w->fx, w->f);
	assert_int_equal(w->f->inspects, 1);
	struct fake_container *two = fake_engine_add(w->f, "222", "two");
	fake_engine_emit(w->f, "container", "create", two->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "create"));
	assert_int_equal(e->containers_count, 2);
	assert_non_null(find(w, "one"));
	assert_non_null(find(w, "two"));
	assert_int_equal(w->f->lists, 1);
	assert_int_equal(w->f->filtered_lists, 1);
	assert_int_equal(w->f->inspects, 2);
}

/* C-19 */
static void test_one_inspect_fails(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->f, "111", "c1");
	fake_engine_add(w->f, "222", "c2");
	w->f->fail = "/containers/111";
	struct engine *e = fixture_join(&w->fx, w->f);
	assert_int_equal(e->containers_count, 1);
	assert_non_null(find(w, "c2"));
}

/* C-18 */
static void test_shares_are_cpus(void **state)
{
	struct world *w = *state;
	static const int64_t engines[] = { 1, 2, 4, 8, 10, 12, 16, 20, 32, 36, 40, 48 };
	static const int64_t wanted[] = { 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43,
		47 };
	struct fake_container *c = fake_engine_add(w->f, "111", "c1");
	struct engine *e = fixture_join(&w->fx, w->f);

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(wanted) && wanted[k] <= engines[i]; k++) {
			e->cpus = engines[i];
			c->cpu_shares = (wanted[k] * 1024 + engines[i] - 1) / engines[i];
			refresh_container(&w->one, e, c->id, &w->waiter);
			turn_until(w->fx.loop, w->one.done);
			assert_int_equal(e->used_nano_cpus, wanted[k] * NS_PER_S);
		}
	}
}

/* A limit that is none must not make the engine look as if it had more than all free. */
static void test_immense_limits_add_up(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		auto_free char *id = xasprintf("11%d", i);
		struct fake_container *c = fake_engine_add(w->f, id, id);

		c->memory_bytes = c->cpu_shares = INT64_MAX - 4095;
	}
	struct engine *e = fixture_join(&w->fx, w->f);

	assert_true(e->used_memory > engine_total_memory(e));
	assert_true(e->used_nano_cpus > engine_total_nano_cpus(e));
}

static void test_reconcile_inspects_only_what_differs(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->f, "111", "same");
	fake_engine_add(w->f, "222", "stops");
	fake_engine_add(w->f, "333", "restarts");
	fake_engine_add(w->f, "444", "goes");
	struct engine *e = fixture_join(&w->fx, w->f);
	fake_engine_find(w->f, "stops")->state = "exited";
	fake_engine_find(w->f, "restarts")->status = "Up 3 seconds";
	fake_engine_remove(w->f, fake_engine_find(w->f, "goes"));
	fake_engine_add(w->f, "555", "comes");
	w->f->inspects = 0;
	refresh_containers(&w->one, e, &w->waiter);
	turn_until(w->fx.loop, w->one.done);
	assert_false(error_is_set(&w->one.err));
	assert_int_equal(w->f->inspects, 3);
	assert_int_equal(e->containers_count, 4);
	assert_int_equal(find(w, "stops")->state, CONTAINER_EXITED);
	assert_int_equal(e->running, 3);
	assert_int_equal(e->stopped, 1);
	assert_null(find(w, "goes"));
	assert_non_null(find(w, "comes"));
}

static void test_gone_on_the_engine(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);
	auto_free char *id = xstrdup(c->id);

	fake_engine_remove(w->f, c);
	refresh_container(&w->one, e, id, &w->waiter);
	turn_until(w->fx.loop, w->one.done);
	assert_false(error_is_set(&w->one.err));
	assert_int_equal(e->containers_count, 0);
}

static void test_reservations_survive(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);
	struct container *r = fixture_container(e, "", "cafe", "/web");

	refresh_containers(&w->one, e, &w->waiter);
	turn_until(w->fx.loop, w->one.done);
	assert_ptr_equal(cluster_find_name(w->fx.cluster, "web"), r);
	engine_remove_container(e, r);
}

/*
 * Order.
 */

static void test_older_answer_loses(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);

	w->f->hold = "/containers/";
	refresh_container(&w->one, e, c->id, &w->waiter); /* says running, but late */
	turn_until(w->fx.loop,
		!list_empty(&w->f->held) && w->f->filtered_lists == 1 && w->f->inspects == 2);
	w->f->hold = NULL;
	c->state = "exited";
	refresh_container(&w->two, e, c->id, &w->waiter);
	turn_until(w->fx.loop, w->two.done);
	assert_int_equal(find(w, "web")->state, CONTAINER_EXITED);
	fake_engine_release(w->f);
	turn_until(w->fx.loop, w->one.done);
	assert_int_equal(find(w, "web")->state, CONTAINER_EXITED);
}

static void test_old_list_does_not_remove_newer(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);

	w->f->hold = "/containers/json";
	refresh_containers(&w->one, e, &w->waiter); /* empty, but late */
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	w->f->hold = NULL;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	refresh_container(&w->two, e, c->id, &w->waiter);
	turn_until(w->fx.loop, w->two.done);
	fake_engine_release(w->f);
	turn_until(w->fx.loop, w->one.done);
	assert_non_null(find(w, "web"));
}

static void test_old_answers_do_not_bring_back(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);

	w->f->hold = "/containers/";
	refresh_containers(&w->one, e, &w->waiter);
	refresh_container(&w->two, e, c->id, &w->waiter);
	turn_until(
		w->fx.loop, w->f->lists == 2 && w->f->filtered_lists == 1 && w->f->inspects == 2);
	engine_remove_container(e, find(w, "web")); /* as after DELETE */
	fake_engine_remove(w->f, c);
	fake_engine_release(w->f);
	turn_until(w->fx.loop, w->one.done && w->two.done);
	assert_null(find(w, "web"));
	assert_int_equal(e->refresh_log ? e->containers_count : 1, 0);
}

static void test_cancelled(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);

	w->f->hold = "";
	refresh_container(&w->one, e, c->id, &w->waiter);
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	refresh_finish(&w->one);
	refresh_finish(&w->one);
	refresh_specs(&w->one, e, &w->waiter);
	refresh_images(&w->one, e, &w->waiter); /* starts anew */
	fixture_members(&w->fx, NULL, NULL);
	turn_until(w->fx.loop, w->one.done);
	assert_string_equal(error_text(&w->one.err), "Engine no longer exists");
	refresh_finish(&w->one);
}

/* Some entries a turn, so that nobody waits for the list of one engine. */
static void test_long_lists_are_read_in_slices(void **state)
{
	enum { MORE = 40000, TURNS = 10 };
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);
	int slices = 0;

	w->f->more_images = MORE;
	w->f->hold = "/images";
	refresh_images(&w->one, e, &w->waiter);
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	w->f->hold = NULL;
	fake_engine_release(w->f);
	turn_until(w->fx.loop, (slices++, w->one.done));
	assert_false(error_is_set(&w->one.err));
	assert_in_range(slices, TURNS, INT32_MAX);
	assert_int_equal(e->images_count, MORE + 1);
	assert_string_equal(e->images[MORE].id, "39999");
	/* the record is the old one until the new one is whole */
	w->f->more_images = MORE + MORE / 2;
	refresh_images(&w->one, e, &w->waiter);
	while (!w->one.done) {
		assert_true(e->images_count == MORE + 1 || w->one.done);
		loop_turn(w->fx.loop, 5);
	}
	assert_int_equal(e->images_count, MORE + MORE / 2 + 1);
	refresh_images(&w->one, e, &w->waiter);
	turn_for_ms(w->fx.loop, 10);
	refresh_finish(&w->one); /* wherever it was */
	assert_int_equal(e->images_count, MORE + MORE / 2 + 1);
}

static void test_connections_are_used_again(void **state)
{
	enum { AT_ONCE = 8, CALLS = 2 * AT_ONCE };
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);
	struct refresh r[AT_ONCE] = { 0 };
	size_t open = 0;

	for (int round = 0; round < 3; round++) {
		w->f->hold = "/containers"; /* so that each call needs a connection */
		for (int i = 0; i < AT_ONCE; i++)
			refresh_container(&r[i], e, c->id, &w->waiter);
		turn_until(w->fx.loop, endpoint_connections(e->remote.endpoint) > CALLS);
		turn_for_ms(w->fx.loop, 50);
		w->f->hold = NULL;
		fake_engine_release(w->f);
		for (int i = 0; i < AT_ONCE; i++)
			turn_until(w->fx.loop, r[i].done);
		open = endpoint_connections(e->remote.endpoint);
		/* and the stream of events */
		assert_in_range(open, CALLS, CALLS + 1);
	}
	for (int i = 0; i < AT_ONCE; i++)
		refresh_finish(&r[i]);
}

/*
 * Events.
 */

static void test_effects_of_events(void **state)
{
	static const struct {
		const char *type, *action, *attributes;
		int inspects, images, networks, volumes, infos;
	} cases[] = {
		{ "container", "start", "", 1, 0, 0, 0, 0 },
		{ "container", "die", "", 1, 0, 0, 0, 0 },
		{ "container", "rename", "", 1, 0, 0, 0, 0 },
		{ "container", "health_status: healthy", "", 1, 0, 0, 0, 0 },
		{ "container", "some-new-action", "", 1, 0, 0, 0, 0 },
		{ "container", "attach", "", 0, 0, 0, 0, 0 },
		{ "container", "exec_start: sh -c true", "", 0, 0, 0, 0, 0 },
		{ "container", "top", "", 0, 0, 0, 0, 0 },
		{ "container", "commit", "", 0, 1, 0, 0, 0 },
		{ "image", "pull", "", 0, 1, 0, 0, 0 },
		/* the registry's digest is in the list from now on */
		{ "image", "push", "", 0, 1, 0, 0, 0 },
		{ "image", "save", "", 0, 0, 0, 0, 0 },
		{ "network", "create", "", 0, 0, 1, 0, 0 },
		{ "network", "connect", "\"container\":\"%s\"", 1, 0, 0, 0, 0 },
		{ "network", "connect", "", 0, 0, 0, 0, 0 },
		{ "volume", "create", "", 0, 0, 0, 1, 0 },
		{ "volume", "mount", "", 0, 0, 0, 0, 0 },
		{ "daemon", "reload", "", 0, 0, 0, 0, 1 },
		{ "plugin", "enable", "", 0, 0, 0, 0, 0 },
	};
	struct world *w = *state;
	struct fake_engine *f = w->f;
	struct fake_container *c = fake_engine_add(f, "111", "web");

	fixture_join(&w->fx, f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *member = xasprintf("\"container\":\"%s\"", c->id);
		size_t heard = w->fx.actions.count;

		f->inspects = f->image_lists = f->network_lists = f->volume_lists = f->infos = 0;
		fake_engine_emit(f, cases[i].type, cases[i].action, c->id,
			*cases[i].attributes ? member : "");
		turn_until(w->fx.loop, w->fx.actions.count > heard);
		assert_string_equal(w->fx.actions.items[heard], cases[i].action);
		if (cases[i].infos) { /* a round follows, with everything */
			turn_until(w->fx.loop, f->infos == 1 && f->volume_lists == 1);
			turn_for_ms(w->fx.loop, 50);
			continue;
		}
		if (f->inspects != cases[i].inspects || f->image_lists != cases[i].images ||
			f->network_lists != cases[i].networks ||
			f->volume_lists != cases[i].volumes)
			fail_msg("%s %s: %d inspects, %d images, %d networks, %d volumes",
				cases[i].type, cases[i].action, f->inspects, f->image_lists,
				f->network_lists, f->volume_lists);
	}
}

static void test_destroy_needs_no_call(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");

	fixture_join(&w->fx, w->f);
	w->f->hold = "/"; /* nothing is answered */
	fake_engine_emit(w->f, "container", "destroy", c->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "destroy"));
	assert_null(find(w, "web"));
	assert_int_equal(w->f->filtered_lists, 0);
}

static void test_exec_events(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");

	fixture_join(&w->fx, w->f);
	fake_engine_emit(w->f, "container", "exec_create: sh", c->id, "\"execID\":\"e1\"");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "exec_create: sh"));
	assert_ptr_equal(cluster_find_exec(w->fx.cluster, "e1"), find(w, "web"));
}

/* Each event is told after the record shows it, in order; events about one container that have come
 * share a refresh. */
static void test_order_and_coalescing(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	struct fake_container *d = fake_engine_add(w->f, "222", "db");

	fixture_join(&w->fx, w->f);
	w->f->inspects = 0;
	w->f->hold = "/containers/111";
	fake_engine_emit(w->f, "container", "kill", c->id, "");
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	fake_engine_emit(w->f, "container", "die", c->id, "");
	fake_engine_emit(w->f, "container", "start", d->id, "");
	fake_engine_emit(w->f, "container", "stop", c->id, "");
	fake_engine_emit(w->f, "container", "attach", c->id, "");
	turn_for_ms(w->fx.loop, 100);
	assert_int_equal(w->fx.actions.count, 1); /* engine_connect */
	c->state = "exited";
	fake_engine_release(w->f);
	turn_until(w->fx.loop, fixture_heard(&w->fx, "attach"));
	static const char *const order[] = { "engine_connect", "kill", "die", "start", "stop",
		"attach" };
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(w->fx.actions.items[i], order[i]);
	assert_int_equal(find(w, "web")->state, CONTAINER_EXITED);
	assert_int_equal(w->f->inspects, 3); /* kill; die with stop; start of the other */
}

static void test_nonsense_is_skipped(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");

	fixture_join(&w->fx, w->f);
	fake_engine_emit(w->f, "container", "x\n\n{]\n[1]\n", c->id, "");
	fake_engine_emit(w->f, "container", "start", c->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "start"));
	assert_int_equal(w->f->streams_opened, 1);
}

/* Of the newest stream; the fake's clock is ours. */
static bool resumes_about(const struct world *w, int64_t time_ns)
{
	double since = strtod(w->f->since, NULL);

	return since > (double)time_ns / 1e9 - 5 && since < (double)time_ns / 1e9;
}

/* Resumed where it ended, nothing twice, and one reconcile for what was missed. */
static void test_stream_resumes(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");
	int64_t t = clock_wall_ns();

	fixture_join(&w->fx, w->f);
	assert_string_equal(w->f->since, "");
	fake_engine_emit_at(w->f, t - 5, "container", "start", c->id, "");
	fake_engine_emit_at(w->f, t, "container", "attach", c->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "attach"));
	fake_engine_cut_streams(w->f);
	c->state = "exited"; /* and nobody hears of it */
	turn_until(w->fx.loop, w->f->streams_opened == 2);
	assert_true(resumes_about(w, clock_wall_ns()));
	fake_engine_emit_at(w->f, t - 5, "container", "start", c->id, "");
	fake_engine_emit_at(w->f, t, "container", "attach", c->id, "");
	fake_engine_emit_at(w->f, t, "container", "detach", c->id, "");
	fake_engine_emit_at(w->f, t + 1, "container", "top", c->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "top"));
	assert_int_equal(fixture_heard(&w->fx, "start"), 1);
	assert_int_equal(fixture_heard(&w->fx, "attach"), 1);
	assert_int_equal(fixture_heard(&w->fx, "detach"), 1);
	turn_until(w->fx.loop, find(w, "web")->state == CONTAINER_EXITED);
	assert_int_equal(fixture_heard(&w->fx, "engine_disconnect"), 0);
}

static struct world *begin(void)
{
	void *state;
	struct world *w;

	setup(&state);
	w = state;
	fixture_join(&w->fx, w->f);
	return w;
}

static void end(struct world *w)
{
	void *state = w;

	teardown(&state);
}

static void say_all(struct world *w, int64_t t, const char *events)
{
	for (const char *at = events; *at; at += at[2] ? 3 : 2) {
		char word[2] = { at[0], '\0' };

		fake_engine_emit_at(w->f, t + (at[1] - '0'), "volume", word, "v", "");
	}
}

/* Each letter is an event, behind it its time.  What was seen, what the engine says after the
 * break, and what is news of that. */
static void test_nothing_is_lost_or_doubled(void **state maybe_unused)
{
	static const struct {
		const char *seen, *again, *news;
	} cases[] = {
		{ "a1 b2", "a1 b2 c3", "c" },
		{ "", "a1 b2", "ab" },
		{ "a1 b3", "a1 c2 b3 d3", "cd" },   /* written down late */
		{ "a3 b1 c2", "b1 c2 a3 d1", "d" }, /* out of order */
		{ "a1", "a1 a1 b2", "ab" }, /* the same thing twice in a tick of its clock */
		{ "a1 a1", "a1 a1 a1", "a" },
		{ "a1 b2", "b2", "" }, /* it forgets */
		{ "a1 b2", "", "" },   /* it was started anew */
		{ "a9 b2", "b2 c3", "c" },
	};
	int64_t t = clock_wall_ns();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf got = STRBUF_INIT;
		struct world *w = begin();
		size_t before;

		say_all(w, t, cases[i].seen);
		fake_engine_emit(w->f, "volume", "mark", "v", "");
		turn_until(w->fx.loop, fixture_heard(&w->fx, "mark") == 1);
		fake_engine_cut_streams(w->f);
		turn_until(w->fx.loop, w->f->streams_opened == 2);
		before = w->fx.actions.count;
		say_all(w, t, cases[i].again);
		fake_engine_emit(w->f, "volume", "mark", "v", "");
		turn_until(w->fx.loop, fixture_heard(&w->fx, "mark") == 2);
		for (size_t n = before; n + 1 < w->fx.actions.count; n++)
			strbuf_add_str(&got, w->fx.actions.items[n]);
		assert_string_equal(got.len ? got.buf : "", cases[i].news);
		end(w);
	}
}

/* Wherever in an event the stream is cut, that event is told once. */
static void test_cut_anywhere(void **state maybe_unused)
{
	static const char line[] =
		"{\"Type\":\"volume\",\"Action\":\"cut\",\"Actor\":{\"ID\":\"v\"},"
		"\"timeNano\":1700000000000000001}\n";

	for (size_t n = 0; n < sizeof(line); n += 7) {
		struct world *w = begin();

		fake_engine_emit_text(w->f, line, n);
		turn_for_ms(w->fx.loop, 5);
		fake_engine_cut_streams(w->f);
		turn_until(w->fx.loop, w->f->streams_opened == 2);
		fake_engine_emit_text(w->f, line, sizeof(line) - 1);
		fake_engine_emit(w->f, "volume", "mark", "v", "");
		turn_until(w->fx.loop, fixture_heard(&w->fx, "mark"));
		assert_int_equal(fixture_heard(&w->fx, "cut"), 1);
		end(w);
	}
}

/* Times that cannot be: nothing is asked for from the future, and nothing is hidden. */
static void test_times_that_lie(void **state maybe_unused)
{
	int64_t now = clock_wall_ns();
	const int64_t times[] = { now + 3600 * NS_PER_S, INT64_MAX, -1, INT64_MIN };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct world *w = begin();

		fake_engine_emit_at(w->f, times[i], "volume", "lie", "v", "");
		turn_until(w->fx.loop, fixture_heard(&w->fx, "lie"));
		fake_engine_cut_streams(w->f);
		turn_until(w->fx.loop, w->f->streams_opened == 2);
		assert_true(resumes_about(w, clock_wall_ns()));
		fake_engine_emit_at(w->f, now, "volume", "truth", "v", "");
		turn_until(w->fx.loop, fixture_heard(&w->fx, "truth"));
		end(w);
	}
}

/* Every reopening costs a round over everything that the engine has. */
static void test_a_stream_that_keeps_breaking_is_opened_ever_more_rarely(void **state)
{
	struct world *w = *state;

	fixture_join(&w->fx, w->f);
	for (int64_t end = clock_mono_ms() + 1400; clock_mono_ms() < end;) {
		fake_engine_cut_streams(w->f);
		turn_for_ms(w->fx.loop, 40);
	}
	/* the first, one at once, one after half a second; the next is a second later */
	assert_in_range(w->f->streams_opened, 2, 3);
	assert_in_range(w->f->image_lists, 2, 3);
}

static void test_flood_of_events(void **state)
{
	struct world *w = *state;
	struct fake_container *c = fake_engine_add(w->f, "111", "web");

	fixture_join(&w->fx, w->f);
	w->f->hold = "/containers/";
	fake_engine_emit(w->f, "container", "kill", c->id, "");
	turn_until(w->fx.loop, !list_empty(&w->f->held));
	for (int i = 0; i < 3000; i++)
		fake_engine_emit(w->f, "container", "resize", c->id, "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "resize") >= 2000);
	c->state = "exited";
	fake_engine_release(w->f);
	turn_until(w->fx.loop, find(w, "web")->state == CONTAINER_EXITED);
	turn_until(w->fx.loop, fixture_heard(&w->fx, "resize") == 3000);
	assert_int_equal(fixture_heard(&w->fx, "kill"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_created_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_inspect_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shares_are_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_immense_limits_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_reconcile_inspects_only_what_differs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_on_the_engine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reservations_survive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_older_answer_loses, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_old_list_does_not_remove_newer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_old_answers_do_not_bring_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_long_lists_are_read_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connections_are_used_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_effects_of_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_destroy_needs_no_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exec_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_and_coalescing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense_is_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stream_resumes, setup, teardown),
		cmocka_unit_test(test_nothing_is_lost_or_doubled),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_times_that_lie),
		cmocka_unit_test_setup_teardown(
			test_a_stream_that_keeps_breaking_is_opened_ever_more_rarely, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_events, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
