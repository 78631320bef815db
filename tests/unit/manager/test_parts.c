/* What tasks wait for by means of manager/: every wait refused, cut, frozen until the engine dies,
 * ended by whoever waits, and no longer allowed. */
#include "rig.h"

#include "manager/builds.h"
#include "manager/fleet.h"
#include "manager/network_spread.h"
#include "manager/networking.h"
#include "manager/pull.h"
#include "manager/refreshes.h"

struct trial {
	struct rig rig;
	const struct part *part;
	struct task task;
	bool over;
	struct error err; /* how it ended */

	struct fanout fanout;
	struct refreshes refreshes;
	struct call call;
	struct fleet fleet;
	struct networking networking;
	struct network_spread networks[2];
	struct build_tie *tie;
};

/* --- the parts --- */

static const struct api_version any = { 0 };

static void fanout_begin(struct trial *t)
{
	fanout_add_healthy(&t->fanout, t->rig.fx.cluster);
	for (size_t i = 0; i < t->fanout.count; i++) {
		struct fanout_item *item = &t->fanout.items[i];

		remote_call_init(&item->call, &item->engine->remote, any, "POST", "/images/create");
		item->call.mode = CALL_TEXT;
	}
	fanout_send(&t->fanout, &t->task);
}

/* Then the lists of those who answered. */
static bool fanout_is_over(struct trial *t)
{
	if (!fanout_done(&t->fanout))
		return false;
	if (!t->refreshes.items)
		refreshes_after(&t->refreshes, &t->fanout, refresh_images, &t->task);
	return refreshes_done(&t->refreshes);
}

static void fanout_verdict(struct trial *t)
{
	if (!fanout_check(&t->fanout, NULL, NULL, &t->err))
		return;
	for (size_t i = 0; i < t->refreshes.count; i++) {
		if (error_is_set(&t->refreshes.items[i].err))
			error_copy(&t->err, &t->refreshes.items[i].err);
	}
}

static void fanout_end(struct trial *t)
{
	refreshes_finish(&t->refreshes);
	fanout_finish(&t->fanout);
}

static void pull_begin(struct trial *t)
{
	pull_send(&t->call, t->rig.engines[0], "busybox", "", NULL, &t->task);
}

static bool pull_is_over(struct trial *t)
{
	return t->call.done;
}

static void pull_verdict(struct trial *t)
{
	(void)pull_check(&t->call, t->rig.engines[0], "busybox", &t->err);
}

static void pull_end(struct trial *t)
{
	call_finish(&t->call);
}

static void fleet_begin(struct trial *t)
{
	fleet_init(&t->fleet, &t->task);
	t->fleet.title = "Pulling...";
	t->fleet.failure = "Failed";
	for (size_t i = 0; i < ARRAY_SIZE(t->rig.engines); i++) {
		struct engine *e = t->rig.engines[i];

		remote_call_init(
			&fleet_add(&t->fleet, e)->call, &e->remote, any, "POST", "/images/create");
	}
	fleet_start(&t->fleet);
}

static void load_begin(struct trial *t)
{
	auto_evbuffer struct evbuffer *body = evbuffer_new();

	fleet_init(&t->fleet, &t->task);
	for (size_t i = 0; i < ARRAY_SIZE(t->rig.engines); i++)
		fleet_add_load(&t->fleet, t->rig.engines[i], any);
	fleet_start(&t->fleet);
	assert_true(fleet_has_room(&t->fleet) && fleet_wants_body(&t->fleet));
	evbuffer_add(body, "an image", 8);
	fleet_write(&t->fleet, body);
	fleet_end_body(&t->fleet);
}

static bool fleet_is_over(struct trial *t)
{
	return fleet_advance(&t->fleet);
}

static void fleet_verdict(struct trial *t)
{
	assert_int_equal(t->fleet.legs[1].state, LEG_DONE); /* whatever becomes of node-1 */
	(void)fleet_check(&t->fleet, &t->err);
}

static void fleet_end(struct trial *t)
{
	fleet_finish(&t->fleet);
}

static void networking_begin(struct trial *t)
{
	struct translate_connects networks = { 0 };
	struct fake_container *c =
		list_first(&t->rig.fakes[0]->containers, struct fake_container, link);

	networks.items = xcalloc(2, sizeof(*networks.items));
	for (; networks.count < 2; networks.count++)
		networks.items[networks.count] = (struct translate_connect){
			.network = xstrdup(networks.count ? "b" : "a"),
			.endpoint = xstrdup("{}"),
		};
	networking_start(
		&t->networking, &t->rig.manager, t->rig.engines[0], c->id, &networks, &t->task);
}

static bool networking_is_over(struct trial *t)
{
	return t->networking.done;
}

/* A container that did not join is removed, if one may and can. */
static void networking_verdict(struct trial *t)
{
	bool removed = error_is_set(&t->networking.err) && manager_may_act(&t->rig.manager) &&
		       engine_is_healthy(t->rig.engines[0]) && t->rig.fakes[0]->listener;

	error_copy(&t->err, &t->networking.err);
	assert_int_equal(fake_engine_find(t->rig.fakes[0], "new") == NULL, removed);
}

static void networking_end(struct trial *t)
{
	networking_finish(&t->networking);
}

/* Two who want it: the second asks when the first has failed. */
static void networks_begin(struct trial *t)
{
	const struct engine *e = t->rig.engines[1];
	const struct network *n = NULL;

	for (size_t i = 0; i < e->networks_count; i++) {
		if (e->networks[i].spreads)
			n = &e->networks[i];
	}
	assert_non_null(n);
	for (size_t i = 0; i < ARRAY_SIZE(t->networks); i++)
		network_spread_start(
			&t->networks[i], &t->rig.manager, t->rig.engines[0], n, &t->task);
}

static bool networks_are_over(struct trial *t)
{
	return t->networks[0].done && t->networks[1].done;
}

static void networks_verdict(struct trial *t)
{
	error_copy(&t->err, &t->networks[1].err);
}

static void networks_end(struct trial *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->networks); i++)
		network_spread_finish(&t->networks[i]);
}

/* The list of images is read when a build lets go; nobody waits for it. */
static void build_begin(struct trial *t)
{
	t->tie = builds_hold(t->rig.manager.builds, BUILD_KEY_ID, "b", t->rig.engines[0]);
	builds_release(steal(t->tie));
	task_wake(&t->task);
}

static bool build_is_over(struct trial *t)
{
	return t->rig.fakes[0]->asked > 0;
}

static void build_verdict(struct trial *t)
{
	assert_false(builds_is_held(t->rig.manager.builds, BUILD_KEY_ID, "b"));
}

static void build_end(struct trial *t maybe_unused)
{
}

/* --- what they come to --- */

static void have_nothing(struct rig *r maybe_unused)
{
}

static void have_container(struct rig *r)
{
	fake_engine_add(r->fakes[0], "aa", "new");
}

static void have_network(struct rig *r)
{
	fake_engine_add_network(r->fakes[1], "net", "{\"" LABEL_NETWORK_IPAM "\":\"null\"}");
}

/* The results when the first, second, ... wait ends so; lost: by then the manager no longer leads,
 * and NULL: it need not. */
static const struct part {
	const char *name;
	void (*prepare)(struct rig *r);
	void (*begin)(struct trial *t);
	bool (*is_over)(struct trial *t);
	void (*verdict)(struct trial *t);
	void (*end)(struct trial *t);
	const char *refused, *cut, *frozen, *lost;
} parts[] = {
	{ "fan-out and refreshes", have_nothing, fanout_begin, fanout_is_over, fanout_verdict,
		fanout_end, "500 500", "unavailable ok", "unavailable connect", NULL },
	{ "pull", have_nothing, pull_begin, pull_is_over, pull_verdict, pull_end, "500", "closed",
		"closed", NULL },
	{ "fleet", have_nothing, fleet_begin, fleet_is_over, fleet_verdict, fleet_end, "engine ok",
		"engine ok", "engine ok", NULL },
	{ "load", have_nothing, load_begin, fleet_is_over, fleet_verdict, fleet_end, "engine ok",
		"engine ok", "engine ok", NULL },
	{ "networking", have_container, networking_begin, networking_is_over, networking_verdict,
		networking_end, "500 500", "closed closed", "closed closed", "unavailable ok" },
	{ "network", have_network, networks_begin, networks_are_over, networks_verdict,
		networks_end, "ok ok", "ok ok", "connect connect", "ok ok" },
	{ "build", have_nothing, build_begin, build_is_over, build_verdict, build_end, "ok", "ok",
		"ok", NULL },
};

STEP(trial_look);

static enum task_turn trial_look(struct task *t)
{
	struct trial *trial = container_of(t, struct trial, task);

	if (!trial->part->is_over(trial))
		return task_wait_ms(t, &trial_look_step, FLEET_LOOK_MS);
	trial->part->verdict(trial);
	trial->over = true;
	return TASK_DONE;
}

static void begin(struct trial *t, const struct part *part, enum fake_fault fault, int n)
{
	*t = (struct trial){ .part = part };
	rig_create(&t->rig, part->prepare);
	rig_fault(&t->rig, fault, n);
	task_init(&t->task, t->rig.fx.loop, &trial_look_step, NULL);
	part->begin(t);
}

static void end(struct trial *t)
{
	t->part->end(t);
	task_finish(&t->task);
	rig_wait_idle(&t->rig);
	rig_destroy(&t->rig);
	error_clear(&t->err);
}

static int count_waits(const struct part *part)
{
	struct trial t;
	int waits;

	begin(&t, part, FAKE_NO_FAULT, 0);
	turn_until(t.rig.fx.loop, t.over);
	assert_false(error_is_set(&t.err));
	waits = t.rig.fakes[0]->asked;
	end(&t);
	return waits;
}

static void add_result(struct strbuf *results, struct trial *t)
{
	turn_until(t->rig.fx.loop, t->over);
	strbuf_addf(results, "%s", results->len ? " " : "");
	if (!error_is_set(&t->err))
		strbuf_add_str(results, "ok");
	else if (t->err.code == ERROR_ENGINE && t->err.status)
		strbuf_addf(results, "%d", t->err.status);
	else
		strbuf_add_str(results, error_code_name(t->err.code));
	end(t);
}

static void check_results(
	const struct part *p, const char *how, const struct strbuf *results, const char *expected)
{
	if (strcmp(results->buf, expected) != 0)
		fail_msg("%s, %s: %s instead of %s", p->name, how, results->buf, expected);
}

static void try_fault(const struct part *part, int waits, enum fake_fault fault)
{
	static const char *const names[] = { "", "refused", "cut", "frozen" };
	const char *const expected[] = { "", part->refused, part->cut, part->frozen };
	auto_strbuf struct strbuf results = STRBUF_INIT;

	for (int n = 0; n < waits; n++) {
		struct trial t;

		begin(&t, part, fault, n);
		if (fault == FAKE_FREEZES) { /* and then it dies */
			rig_wait_frozen(&t.rig);
			fake_engine_stop(t.rig.fakes[0]);
		}
		add_result(&results, &t);
	}
	check_results(part, names[fault], &results, expected[fault]);
}

static void try_lost(const struct part *part, int waits)
{
	auto_strbuf struct strbuf results = STRBUF_INIT;

	for (int n = 0; n < waits; n++) {
		struct trial t;
		int changes;

		begin(&t, part, FAKE_FREEZES, n);
		rig_wait_frozen(&t.rig);
		changes = t.rig.fakes[0]->changes;
		manager_set_acting(&t.rig.manager, false);
		fake_engine_release(t.rig.fakes[0]);
		turn_until(t.rig.fx.loop, t.over);
		assert_int_equal(t.rig.fakes[0]->changes, changes);
		add_result(&results, &t);
	}
	check_results(part, "lost", &results, part->lost);
}

/* Nothing fires any more. */
static void try_cancelled(const struct part *part, int waits)
{
	for (int n = 0; n < waits; n++) {
		struct trial t;

		begin(&t, part, FAKE_FREEZES, n);
		rig_wait_frozen(&t.rig);
		int changes = t.rig.fakes[0]->changes;

		part->end(&t);
		task_finish(&t.task);
		fake_engine_release(t.rig.fakes[0]);
		turn_for_ms(t.rig.fx.loop, 5);
		assert_false(t.over);
		assert_int_equal(t.rig.fakes[0]->changes, changes);
		end(&t);
	}
}

static void test_every_wait(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int waits = count_waits(&parts[i]);

		assert_true(waits > 0);
		try_fault(&parts[i], waits, FAKE_REFUSES);
		try_fault(&parts[i], waits, FAKE_CUTS);
		try_fault(&parts[i], waits, FAKE_FREEZES);
		try_cancelled(&parts[i], waits);
		if (parts[i].lost)
			try_lost(&parts[i], waits);
	}
}

/* Who waited for another's turn may not act any more when that comes. */
static void test_the_second_may_not(void **state maybe_unused)
{
	static const struct part network = { "second", have_network, networks_begin,
		networks_are_over, networks_verdict, networks_end, "", "", "", "" };
	struct trial t;

	begin(&t, &network, FAKE_FREEZES, 0);
	rig_wait_frozen(&t.rig);
	manager_set_acting(&t.rig.manager, false);
	fake_engine_stop(t.rig.fakes[0]);
	fake_engine_start(t.rig.fakes[0]);
	turn_until(t.rig.fx.loop, t.over);
	assert_int_equal(t.rig.fakes[0]->changes, 1);
	assert_int_equal(t.err.code, ERROR_UNAVAILABLE);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_wait),
		cmocka_unit_test(test_the_second_may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
