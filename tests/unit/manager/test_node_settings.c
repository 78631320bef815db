/* What operators say about nodes: how it comes to rest, and what becomes of what is found there. */
#include "manager/node_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop.h"

struct world {
	struct loop *loop;
	struct keep *keep;
	struct node_settings *settings;
	struct node_settings_listener listener;
	int told;
};

static void handle_change(struct node_settings_listener *l)
{
	container_of(l, struct world, listener)->told++;
}

static int begin(void **state)
{
	static struct world w;

	w = (struct world){ .loop = loop_create(), .listener.handle_change = handle_change };
	w.keep = keep_create(w.loop);
	w.settings = node_settings_create(w.keep);
	node_settings_listen(w.settings, &w.listener);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	node_settings_unlisten(&w->listener);
	node_settings_destroy(w->settings);
	keep_destroy(w->keep);
	loop_destroy(w->loop);
	return 0;
}

static void put(struct world *w, const char *name, enum availability a, const char *key)
{
	struct labels labels = { 0 };

	if (key)
		labels_set(&labels, key, "1");
	node_settings_put(w->settings, name, a, &labels, NULL, NULL);
	labels_finish(&labels);
}

static void test_put_holds_at_once(void **state)
{
	struct world *w = *state;
	const struct node_setting *ns = node_settings_get(w->settings, "b");

	assert_int_equal(ns->availability, AVAILABILITY_ACTIVE);
	assert_int_equal(ns->version, 0);
	put(w, "b", AVAILABILITY_DRAIN, "rack");
	put(w, "a", AVAILABILITY_PAUSE, NULL);
	put(w, "c", AVAILABILITY_ACTIVE, NULL);
	ns = node_settings_get(w->settings, "b");
	assert_int_equal(ns->availability, AVAILABILITY_DRAIN);
	assert_string_equal(labels_get(&ns->labels, "rack"), "1");
	assert_int_equal(ns->version, 1);
	assert_int_equal(node_settings_get(w->settings, "a")->availability, AVAILABILITY_PAUSE);
	assert_int_equal(node_settings_get(w->settings, "aa")->version, 0);
	put(w, "b", AVAILABILITY_ACTIVE, NULL);
	ns = node_settings_get(w->settings, "b");
	assert_int_equal(ns->version, 2);
	assert_int_equal(ns->labels.count, 0);
	loop_turn(w->loop, 0);
	assert_int_equal(w->told, 1); /* once for a turn */
}

/* Another manager wrote it, or somebody who should not have. */
static void test_what_is_found(void **state)
{
	struct world *w = *state;

	keep_put(w->keep, "nodes/bad", "{\"Availability\":\"gone\"}", NULL, NULL);
	keep_put(w->keep, "nodes/worse", "[", NULL, NULL);
	keep_put(w->keep, "nodes/good", "{\"Availability\":\"Pause\",\"Labels\":{\"a\":\"b\"}}",
		NULL, NULL);
	loop_turn(w->loop, 0);
	assert_int_equal(w->told, 1);
	assert_int_equal(node_settings_get(w->settings, "good")->availability, AVAILABILITY_PAUSE);
	assert_int_equal(node_settings_get(w->settings, "bad")->version, 0);
	keep_drop(w->keep, "nodes/good", NULL, NULL);
	loop_turn(w->loop, 0);
	assert_int_equal(node_settings_get(w->settings, "good")->availability, AVAILABILITY_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_put_holds_at_once, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_found, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
