/* Which engines have an image, and what they call it. */
#include "fixture.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_image.h"
#include "cluster/image_came.h"
#include "manager/image_holders.h"

#define assert_text(name, got, expected)                                                           \
	do {                                                                                       \
		if (strcmp((got), (expected)) != 0)                                                \
			fail_msg("%s: got '%s', expected '%s'", (name), (got), (expected));        \
	} while (0)

static struct fixture fx;
static struct engine *node0, *node1, *node2;

#define BUSYBOX "{\"Id\":\"sha256:abc111\",\"RepoTags\":[\"busybox:latest\"]}"

static int set_up(void **state)
{
	(void)state;
	fixture_create(&fx);
	node2 = fixture_validated(&fx, "node-2", "ID2");
	node0 = fixture_validated(&fx, "node-0", "ID0");
	node1 = fixture_validated(&fx, "node-1", "ID1");
	fixture_image(node2, BUSYBOX);
	fixture_image(node0, BUSYBOX);
	fixture_image(node1,
		"{\"Id\":\"sha256:abd222\",\"RepoTags\":[\"docker.io/library/busybox:latest\","
		"\"bee:1\"],\"RepoDigests\":[]}");
	fixture_image(node1, "{\"Id\":\"sha256:bee333\",\"RepoTags\":[\"host:5000/x:2\"]}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_destroy(&fx);
	return 0;
}

static char *describe(const struct image_holders *h)
{
	auto_strv struct strv words = STRV_INIT;

	for (size_t i = 0; i < h->count; i++)
		strv_take(&words, xasprintf("%s=%s", h->items[i].engine->name,
					  h->items[i].reference ? h->items[i].reference : "-"));
	return strv_join(&words, " ");
}

static void test_holders(void **state)
{
	static const struct {
		const char *name;
		enum image_match how;
		const char *result; /* or the error */
	} cases[] = {
		{ "busybox", IMAGE_MATCH_TAG,
			"node-0=busybox:latest node-1=docker.io/library/busybox:latest "
			"node-2=busybox:latest" },
		{ "docker.io/library/busybox:latest", IMAGE_MATCH_TAG,
			"node-0=busybox:latest node-1=docker.io/library/busybox:latest "
			"node-2=busybox:latest" },
		{ "abc", IMAGE_MATCH_TAG, "node-0=sha256:abc111 node-2=sha256:abc111" },
		{ "sha256:abd2", IMAGE_MATCH_TAG, "node-1=sha256:abd222" },
		{ "ab", IMAGE_MATCH_TAG, "No such image: ab:latest" },
		{ "sha", IMAGE_MATCH_TAG, "No such image: sha:latest" },
		{ "bee", IMAGE_MATCH_ANY_TAG, "node-1=bee:1" }, /* a name wins over an id */
		{ "bee", IMAGE_MATCH_TAG, "node-1=sha256:bee333" },
		{ "host:5000/x", IMAGE_MATCH_TAG, "No such image: host:5000/x:latest" },
		{ "host:5000/x", IMAGE_MATCH_ANY_TAG, "node-1=host:5000/x:2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		struct image_holders h = { 0 };
		bool found = image_holders_find(&h, fx.cluster, cases[i].name, cases[i].how, &err);
		auto_free char *result = found ? describe(&h) : xstrdup(error_text(&err));

		image_holders_finish(&h);
		assert_text(cases[i].name, result, cases[i].result);
	}
}

static void test_ambiguous(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders h = { 0 };

	(void)state;
	fixture_image(node2, "{\"Id\":\"sha256:abc999\",\"RepoTags\":[]}");
	assert_false(image_holders_find(&h, fx.cluster, "abc", IMAGE_MATCH_TAG, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_string_equal(err.text, "multiple IDs found with provided prefix: abc");
	assert_true(image_holders_find(&h, fx.cluster, "abc1", IMAGE_MATCH_TAG, NULL));
	image_holders_finish(&h);
}

static void came(struct engine *e, const char *name, int64_t ms)
{
	struct image_making making = { 0 };
	size_t count;
	auto_free struct image_found *found = image_find_named(fx.cluster, name, &count);

	if (ms > 0) {
		image_making_begin(&making, e);
		image_making_end(&making);
	}

	for (size_t i = 0; i < count; i++) {
		struct image *image = (struct image *)found[i].image;

		if (found[i].engine != e)
			continue;
		free(image->came_ms);
		image->came_ms = xcalloc(image->tags_count, sizeof(*image->came_ms));
		image->came_ms[0] = ms;
	}
}

static int64_t tagged(struct engine *e, const char *name)
{
	auto_free char *text = xasprintf("{\"Type\":\"image\",\"Action\":\"tag\",\"Actor\":{\"ID\":"
					 "\"sha256:abc111\",\"Attributes\":{\"name\":\"%s\"}}}",
		name);
	struct docker_event event;
	bool ignored;
	size_t count;

	assert_true(event_parse(&event, text, strlen(text), &ignored, NULL));
	image_came_event(e, &event);
	event_finish(&event);
	auto_free struct image_found *found = image_find_named(fx.cluster, name, &count);

	for (size_t i = 0; i < count; i++) {
		if (found[i].engine == e)
			return image_came_ms(found[i].image, found[i].reference);
	}
	fail_msg("%s is not on its engine", name);
	return 0;
}

/* An engine tells of a name on a connection of its own, maybe after it has answered who gave it. */
static void test_word_of_a_name_comes_late(void **state maybe_unused)
{
	struct image_making making = { 0 };

	assert_int_equal(tagged(node0, "busybox:latest"), 0); /* by somebody else */
	image_making_begin(&making, node0);
	assert_true(tagged(node0, "busybox:latest") > 0);
	came(node0, "busybox:latest", 0);
	image_making_end(&making);
	assert_int_equal(tagged(node0, "busybox:latest"), node0->made_ms);
	came(node0, "busybox:latest", 0);
	node0->made_ms -= 60 * 1000; /* long ago */
	assert_int_equal(tagged(node0, "busybox:latest"), 0);
}

/* A name means what was made last, here: in the words of node:milliseconds, and what is told. */
static void test_last(void **state maybe_unused)
{
	static const struct {
		int64_t came[3];
		const char *told;
	} cases[] = {
		{ { 0, 0, 0 }, "node-0=app:1 node-1=app:1 node-2=app:1" },
		{ { 10, 20, 0 }, "node-1=app:1" },
		{ { 10, 0, 0 }, "node-0=app:1 node-2=app:1" }, /* which has the same */
		{ { 10, 20, -30 }, "node-0=app:1 node-1=app:1 node-2=app:1" },
		{ { -10, 20, -5 }, "node-1=app:1" },
	};

	fixture_image(node0, "{\"Id\":\"sha256:aaa001\",\"RepoTags\":[\"app:1\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:bbb002\",\"RepoTags\":[\"app:1\"]}");
	fixture_image(node2, "{\"Id\":\"sha256:aaa001\",\"RepoTags\":[\"app:1\"]}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const bool only_node1 = strcmp(cases[i].told, "node-1=app:1") == 0;
		struct image_holders h;

		came(node0, "app:1", cases[i].came[0]);
		came(node1, "app:1", cases[i].came[1]);
		came(node2, "app:1", cases[i].came[2]);
		assert_true(image_holders_find_last(
			&h, fx.cluster, "app:1", IMAGE_MATCH_ANY_TAG, NULL));
		auto_free char *told = describe(&h);

		assert_string_equal(told, cases[i].told);
		image_holders_finish(&h);
		assert_int_equal(image_is_outdated(node0, "app:1"), only_node1);
		auto_strv struct strv ids = STRV_INIT;

		assert_int_equal(
			image_find_last(fx.cluster, "app:1", &ids), strlen(cases[i].told) < 30);
		assert_true(image_holders_find(&h, fx.cluster, "app:1", IMAGE_MATCH_TAG, NULL));
		assert_int_equal(h.count, 3); /* who removes it means all of them */
		image_holders_finish(&h);
	}
}

/* Both kinds of stores have one image, each by its own id; whoever asks by one finds the other. */
static void test_both_stores(void **state maybe_unused)
{
	static const struct {
		const char *name, *found;
	} cases[] = {
		{ "sha256:c1a551c", "node-0=sha256:c1a551c node-1=sha256:c0417a1" },
		{ "c0417a", "node-0=sha256:c1a551c node-1=sha256:c0417a1" },
		{ "app", "node-0=app:latest node-1=app:latest" },
		{ "sha256:c1a5500", "node-0=sha256:c1a5500" }, /* another moment */
		{ "sha256:bbb000", "node-0=sha256:bbb000" },   /* all are made then */
		{ "sha256:ddd000", "node-0=sha256:ddd000 node-1=sha256:ddd111" },
	};

	node1->containerd_store = true;
	fixture_image(node0, "{\"Id\":\"sha256:c1a551c\",\"Created\":1700000000,"
			     "\"RepoTags\":[\"app:latest\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:c0417a1\",\"Created\":1700000000,"
			     "\"RepoTags\":[\"app:latest\"]}");
	fixture_image(node0, "{\"Id\":\"sha256:c1a5500\",\"Created\":1700000001,"
			     "\"RepoTags\":[\"old:1\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:c041701\",\"Created\":1700000002,"
			     "\"RepoTags\":[\"old:1\"]}");
	fixture_image(node0, "{\"Id\":\"sha256:bbb000\",\"Created\":1,\"RepoTags\":[\"nix:1\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:bbb111\",\"Created\":1,\"RepoTags\":[\"nix:1\"]}");
	fixture_image(node0, "{\"Id\":\"sha256:ddd000\",\"RepoDigests\":[\"r/x@sha256:ddd111\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:ddd111\",\"RepoDigests\":[\"r/x@sha256:ddd111\"]}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_holders h;

		assert_true(
			image_holders_find(&h, fx.cluster, cases[i].name, IMAGE_MATCH_TAG, NULL));
		auto_free char *found = describe(&h);

		assert_text(cases[i].name, found, cases[i].found);
		image_holders_finish(&h);
	}
	for (size_t i = 0; i < 2; i++) {
		auto_strv struct strv ids = STRV_INIT;

		came(node0, "app:latest", i ? 10 : 20);
		came(node1, "app:latest", i ? 20 : 10);
		assert_false(image_find_last(fx.cluster, "app", &ids));
		fixture_image(node2, "{\"Id\":\"sha256:eee000\",\"Created\":1600000000,"
				     "\"RepoTags\":[\"app:latest\"]}");
		assert_true(image_find_last(fx.cluster, "app", &ids));
		assert_int_equal(ids.count, 2);
		assert_false(image_is_outdated(node0, "app"));
		assert_false(image_is_outdated(node1, "app"));
		assert_true(image_is_outdated(node2, "app"));
		engine_set_images(node2, NULL, 0);
	}
}

static void test_common(void **state)
{
	static const struct {
		const char *names, *result;
	} cases[] = {
		{ "busybox", "node-0=- node-1=- node-2=-" },
		{ "busybox host:5000/x", "node-1=-" },
		{ "bee abc111", "" }, /* apart */
		{ "busybox nix nax", "No such image: nix:latest" },
		{ "busybox -", "invalid reference format" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_strv struct strv names = STRV_INIT;
		struct image_holders h = { 0 };

		strv_split(&names, cases[i].names, ' ');
		bool found = image_holders_common(&h, fx.cluster, &names, &err);
		auto_free char *result = found ? describe(&h) : xstrdup(error_text(&err));

		image_holders_finish(&h);
		assert_text(cases[i].names, result, cases[i].result);
	}
}

/* node-1 has most; the rest is to be had from node-0. */
static void test_apart(void **state)
{
	auto_strv struct strv names = STRV_INIT, rest = STRV_INIT;

	(void)state;
	fixture_image(node0, "{\"Id\":\"sha256:ccc444\",\"RepoTags\":[\"cee:1\"]}");
	strv_split(&names, "cee:1 bee host:5000/x busybox", ' ');
	assert_ptr_equal(image_holders_most(fx.cluster, &names), node1);
	assert_int_equal(image_holders_count_missing(fx.cluster, node1, &names), 1);
	assert_ptr_equal(image_holders_source(fx.cluster, node1, &names, &rest), node0);
	auto_free char *wanted = strv_join(&rest, " ");

	assert_string_equal(wanted, "cee:1");
	strv_finish(&names);
	strv_finish(&rest);
	strv_split(&names, "bee nix", ' ');
	assert_null(image_holders_source(fx.cluster, node1, &names, &rest));
}

static void test_unhealthy(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders h = { 0 };

	(void)state;
	error_set(&err, ERROR_CONNECT, "refused");
	for (int i = 0; i < 3; i++)
		engine_report_failure(node1, &err);
	assert_false(engine_is_healthy(node1));
	assert_false(image_holders_find(&h, fx.cluster, "bee:1", IMAGE_MATCH_TAG, &err));
	assert_string_equal(err.text, "Image bee:1 is only on unhealthy node node-1");
	assert_true(image_holders_find(&h, fx.cluster, "busybox", IMAGE_MATCH_TAG, NULL));
	assert_int_equal(h.count, 2);
	image_holders_finish(&h);
}

static void test_somewhere(void **state)
{
	static const struct {
		const char *name;
		bool found, pushed;
	} cases[] = {
		{ "bee:1", true, false },
		{ "bee333", true, false },
		{ "nix", false, false },
		{ "pushed", true, true },
		{ "docker.io/library/pushed:latest", true, true },
		{ "pushed:2", false, false },
		{ "renamed", true, false }, /* the digest is of another repository */
		{ "ddd555", true, false },
	};
	bool pushed;

	(void)state;
	fixture_image(node2,
		"{\"Id\":\"sha256:ddd555\",\"RepoTags\":[\"pushed:latest\",\"renamed:latest\"],"
		"\"RepoDigests\":[\"pushed@sha256:"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool found = image_is_somewhere(fx.cluster, cases[i].name, &pushed);

		if (found != cases[i].found || pushed != cases[i].pushed)
			fail_msg("%s: found %d, pushed %d", cases[i].name, found, pushed);
		assert_int_equal(image_is_somewhere(fx.cluster, cases[i].name, NULL), found);
	}
}

static void test_any_engine(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders h = { 0 };

	(void)state;
	node0->remote.kind = REMOTE_PODMAN;
	node1->remote.kind = node2->remote.kind = REMOTE_DOCKER;
	for (int i = 0; i < 4; i++) {
		assert_true(image_holders_any_engine(&h, fx.cluster, REMOTE_DOCKER, &err));
		assert_int_equal(h.count, 3);
		assert_string_equal(h.items[2].engine->name, "node-0");
		image_holders_finish(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ambiguous, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_word_of_a_name_comes_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_both_stores, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_common, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unhealthy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_somewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_any_engine, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
