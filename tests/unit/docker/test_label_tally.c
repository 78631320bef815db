/* Values of labels, counted: always what walking the containers would give. */
#include "docker_test.h"

#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/container.h"
#include "docker/label_tally.h"

enum { CONTAINERS = 3 };

struct world {
	struct label_tallies tallies;
	struct container *containers[CONTAINERS];
};

static void set_label(struct world *w, size_t container, const char *key, const char *value)
{
	label_tallies_remove(&w->tallies, w->containers[container]);
	labels_set(&w->containers[container]->labels, key, value);
	label_tallies_add(&w->tallies, w->containers[container]);
}

static void set_up(struct world *w)
{
	*w = (struct world){ 0 };
	for (size_t i = 0; i < CONTAINERS; i++)
		w->containers[i] = container_create();
}

static void tear_down(struct world *w)
{
	label_tallies_finish(&w->tallies);
	for (size_t i = 0; i < CONTAINERS; i++)
		container_destroy(w->containers[i]);
}

static size_t count_of(struct world *w, const char *key, const char *value)
{
	return label_tally_count(
		label_tally_of(&w->tallies, w->containers, CONTAINERS, key), value);
}

static void test_counts_follow_the_labels(void **state maybe_unused)
{
	struct world w;

	set_up(&w);
	labels_set(&w.containers[0]->labels, "app", "db"); /* before anybody asked */
	assert_int_equal(count_of(&w, "app", "db"), 1);
	assert_int_equal(count_of(&w, "app", ""), 2);
	set_label(&w, 1, "app", "db");
	set_label(&w, 2, "app", "web");
	assert_int_equal(count_of(&w, "app", "db"), 2);
	assert_int_equal(count_of(&w, "app", "web"), 1);
	assert_int_equal(count_of(&w, "app", ""), 0);
	set_label(&w, 0, "app", "");
	set_label(&w, 1, "app", "x");
	assert_int_equal(count_of(&w, "app", "db"), 0);
	assert_int_equal(count_of(&w, "app", ""), 1);
	assert_int_equal(
		HASH_COUNT(label_tally_of(&w.tallies, w.containers, CONTAINERS, "app")->counts), 3);
	tear_down(&w);
}

static void test_a_few_keys_are_kept(void **state maybe_unused)
{
	struct world w;
	size_t strings;

	set_up(&w);
	strings = intern_count();
	for (int i = 0; i < 100; i++) {
		auto_free char *key = xasprintf("key-%d", i);

		assert_int_equal(count_of(&w, key, ""), CONTAINERS);
		assert_int_equal(count_of(&w, "kept", ""), CONTAINERS);
		assert_true(w.tallies.count <= LABEL_TALLIES_MAX);
	}
	for (size_t i = 0; i < w.tallies.count; i++)
		assert_true(strcmp(w.tallies.items[i].key, "key-0") != 0);
	label_tallies_finish(&w.tallies);
	assert_int_equal(intern_count(), strings);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_follow_the_labels),
		cmocka_unit_test(test_a_few_keys_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
