/* The indexes of networks, images and volumes: what they find follows the engines' lists. */
#include "fixture.h"

#include "base/intern.h"
#include "base/metrics.h"
#include "cluster/departed.h"
#include "cluster/find_image.h"
#include "cluster/find_network.h"
#include "cluster/find_volume.h"

static int setup(void **state)
{
	*state = xnew(struct fixture);
	fixture_create(*state);
	return 0;
}

static int teardown(void **state)
{
	fixture_destroy(*state);
	free(*state);
	return 0;
}

static void network(struct engine *e, const char *id, const char *name)
{
	auto_free char *entry = xasprintf("{\"Id\":\"%s\",\"Name\":\"%s\",\"Driver\":\"bridge\","
					  "\"Scope\":\"local\"}",
		id, name);

	fixture_network(e, entry);
}

static void expect_network(struct fixture *fx, const char *what, const char *result)
{
	auto_error struct error err = ERROR_INIT;
	struct network_found found;
	bool there = network_find(fx->cluster, what, &found, &err);
	const char *got = there ? found.network->id : error_text(&err);

	if (strcmp(got, result) != 0)
		fail_msg("%s: '%s' instead of '%s'", what, got, result);
}

static void test_networks(void **state)
{
	struct fixture *fx = *state;
	struct engine *n1 = fixture_validated(fx, "n1", "D1");
	struct engine *n2 = fixture_validated(fx, "n2", "D2");

	network(n1, "aa11", "back");
	network(n2, "ab22", "aa1");
	expect_network(fx, "back", "aa11");
	expect_network(fx, "n1/back", "aa11");
	expect_network(fx, "D1/back", "aa11");
	expect_network(fx, "n2/back", "network n2/back not found");
	expect_network(fx, "aa1", "ab22"); /* a name, though it begins an id */
	expect_network(fx, "aa", "aa11");
	expect_network(fx, "a", "network a is ambiguous (2 matches found based on ID prefix)");
	network(n2, "ac33", "back");
	expect_network(fx, "back",
		"network back not found: several nodes have one of that name, say n1/back");
	engine_set_networks(n1, NULL, 0);
	expect_network(fx, "back", "ac33");
	network(n2, "ac44", "back"); /* an engine may have two of one name */
	expect_network(fx, "back", "network back is ambiguous (2 matches found on name)");
	engine_set_networks(n2, NULL, 0);
	expect_network(fx, "back", "network back not found");
	assert_false(network_find_name(fx->cluster, "back"));
}

static void test_volumes(void **state)
{
	struct fixture *fx = *state;
	struct engine *n10 = fixture_validated(fx, "n10", "D10");
	struct engine *n9 = fixture_validated(fx, "n9", "D9");
	struct volume_found found;
	size_t count;

	assert_false(volume_find(fx->cluster, "data", &found, NULL));
	fixture_volume(n10, "{\"Name\":\"data\",\"Driver\":\"local\"}");
	assert_true(volume_find(fx->cluster, "data", &found, NULL));
	assert_ptr_equal(found.engine, n10);
	fixture_volume(n9, "{\"Name\":\"data\",\"Driver\":\"local\"}");
	assert_true(volume_find(fx->cluster, "data", &found, NULL));
	assert_ptr_equal(found.engine, n9);
	assert_true(volume_find(fx->cluster, "n10/data", &found, NULL));
	assert_ptr_equal(found.engine, n10);
	free(volume_find_all(fx->cluster, "data", &count));
	assert_int_equal(count, 2);
	engine_suspend(n9, "why");
	assert_true(volume_find(fx->cluster, "data", &found, NULL));
	assert_ptr_equal(found.engine, n10);
}

/* What an engine spells in its own way is found by every other way. */
static void test_images(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D1");
	static const struct {
		const char *name;
		bool found, pushed;
	} cases[] = {
		{ "x", true, true },
		{ "library/x:latest", true, true },
		{ "index.docker.io/x", true, true },
		{ "x:2", false, false },
		{ "y", true, false },
		{ "team/y", false, false },
		{ "localhost/y", true, false },
		{ "abc", true, false },
		{ "sha256:abc1", true, false },
		{ "ab", false, false },
		{ "", false, false },
	};

	fixture_image(e, "{\"Id\":\"sha256:abc111\",\"RepoTags\":[\"localhost/y:latest\"],"
			 "\"Names\":[]}");
	fixture_image(e, "{\"Id\":\"sha256:abd222\",\"RepoTags\":[\"docker.io/library/x:latest\","
			 "\"z:1\"],\"RepoDigests\":[\"docker.io/library/x@sha256:12\"]}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool pushed, found = image_is_somewhere(fx->cluster, cases[i].name, &pushed);

		if (found != cases[i].found || pushed != cases[i].pushed)
			fail_msg("%s: %d %d", cases[i].name, found, pushed);
	}
	engine_set_images(e, NULL, 0);
	assert_false(image_is_somewhere(fx->cluster, "x", NULL));
}

static int64_t lookups_of_all(struct fixture *fx)
{
	int64_t before = metrics[METRIC_name_lookups_total];
	struct network_found network;
	struct volume_found volume;

	assert_false(network_find(fx->cluster, "bridge", &network, NULL));
	assert_false(network_find(fx->cluster, "nosuch", &network, NULL));
	assert_false(volume_find(fx->cluster, "nosuch", &volume, NULL));
	assert_false(image_is_somewhere(fx->cluster, "nosuch", NULL));
	return metrics[METRIC_name_lookups_total] - before;
}

/* However many engines there are, a name is looked up once. */
static void test_engines_are_not_walked(void **state)
{
	struct fixture *fx = *state;
	int64_t of_two = 0;

	for (int i = 0; i < 100; i++) {
		auto_free char *name = xasprintf("n%d", i);
		auto_free char *id = xasprintf("%012d", i);

		network(fixture_validated(fx, name, name), id, "bridge");
		if (i == 1)
			of_two = lookups_of_all(fx);
	}
	assert_int_equal(lookups_of_all(fx), of_two);
	assert_true(of_two <= 8);
}

static void mount(struct container *c, const char *type, const char *name)
{
	engine_before_change(c->engine, c);
	c->mounts = xcalloc(1, sizeof(*c->mounts));
	c->mounts_count = 1;
	c->mounts[0] = (struct container_mount){
		.type = intern(type),
		.name = intern(name),
		.destination = intern("/data"),
		.driver = intern(""),
	};
	engine_after_change(c->engine, c);
}

static void leave(struct engine *e, const char *name, const char *mount_type)
{
	struct container *c = fixture_container(e, "abc", "", name);

	if (mount_type)
		mount(c, mount_type, "");
	engine_remove_container(e, c);
}

static void test_who_left_has_a_place(void **state)
{
	struct fixture *fx = *state;
	struct departed *d = fx->cluster->departed;
	struct engine *n1 = fixture_validated(fx, "n1", "D1");
	struct engine *n2 = fixture_validated(fx, "n2", "D2");
	int64_t now = clock_mono_ms();

	leave(n1, "/plain", NULL);
	leave(n1, "/scratch", "tmpfs");
	leave(n1, "/bound", "bind");
	assert_null(departed_from(d, "plain", now));
	assert_null(departed_from(d, "scratch", now));
	assert_string_equal(departed_from(d, "bound", now), n1->id);
	leave(n2, "/bound", "volume");
	assert_string_equal(departed_from(d, "bound", now), n2->id);
	leave(n1, "/bound", NULL); /* the last one had nothing */
	assert_null(departed_from(d, "bound", now));
	leave(n1, "/bound", "bind");
	assert_null(departed_from(d, "bound", now + DEPARTED_MS + 60 * 1000));
	for (int i = 0; i < DEPARTED_MAX + 1; i++) {
		auto_free char *name = xasprintf("/c%d", i);

		leave(n1, name, "bind");
	}
	assert_null(departed_from(d, "c0", now));
	assert_string_equal(departed_from(d, "c1", now), n1->id);
	/* an engine that goes takes nobody's place along */
	mount(fixture_container(n1, "abd", "", "/here"), "bind", "");
	engine_suspend(n1, "why");
	assert_null(departed_from(d, "here", now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_volumes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_images, setup, teardown),
		cmocka_unit_test_setup_teardown(test_engines_are_not_walked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_left_has_a_place, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
