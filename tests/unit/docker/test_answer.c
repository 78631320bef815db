/* Whether a thing is what a client wrote: the rules that placing and every look-up share. */
#include "docker_test.h"

#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/answer.h"
#include "docker/name.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct node_names node = {
	.name = "node-1",
	.id = "ABCD|unix:///run/docker.sock",
	.daemon_id = "ABCD",
};
static const struct node_names unmet = { .name = "", .id = "", .daemon_id = "" };

static const char *const ranks[] = {
	[ANSWER_ID] = "id",
	[ANSWER_NAME] = "name",
	[ANSWER_SWARM_ID] = "swarm id",
	[ANSWER_PREFIX] = "prefix",
	[ANSWER_NONE] = "none",
};

struct rank_case {
	const char *what, *rank;
};

static void check_rank(const char *what, enum answer got, const char *expected)
{
	if (strcmp(ranks[got], expected) != 0)
		fail_msg("'%s': %s instead of %s", what, ranks[got], expected);
}

static struct container *make_container(const char *id, const char *swarm_id, const char *name)
{
	struct container *c = container_create();

	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->swarm_id, sizeof(c->swarm_id), "%s", swarm_id);
	c->names = xcalloc(1, sizeof(*c->names));
	c->names[0] = xstrdup(name);
	c->names_count = 1;
	return c;
}

static void test_containers(void **state maybe_unused)
{
	static const struct rank_case cases[] = {
		{ "aabbccddeeff0011", "id" },
		{ "aabb", "prefix" },
		{ "1122334455", "swarm id" },
		{ "1122", "prefix" },
		{ "web", "name" },
		{ "/web", "name" },
		{ "node-1/web", "name" },
		{ "/node-1/web", "name" },
		{ "ABCD/web", "name" },
		{ "ABCD|unix:///run/docker.sock/web", "name" },
		{ "node-2/web", "none" },
		{ "node-1/", "none" },
		{ "node-1", "none" },
		{ "/", "none" },
		{ "", "none" },
		{ "we", "none" },
		{ "aabbccddeeff00112", "none" },
	};
	struct container *c = make_container("aabbccddeeff0011", "1122334455", "/web");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_rank(
			cases[i].what, container_answers(c, &node, cases[i].what), cases[i].rank);
	/* what a node that was never met is called is no name */
	check_rank("/web", container_answers(c, &unmet, "/web"), "name");
	check_rank("//web", container_answers(c, &unmet, "//web"), "none");
	container_destroy(c);
}

/* Without the manager's own ways to name one. */
static void test_known_as(void **state maybe_unused)
{
	static const struct {
		const char *what;
		bool known;
	} cases[] = {
		{ "aabbccddeeff0011", true },
		{ "aabb", true },
		{ "web", true },
		{ "/web", true },
		{ "1122334455", false },
		{ "1122", false },
		{ "node-1/web", false },
		{ "/node-1/web", false },
		{ "aabbccddeeff00112", false },
		{ "we", false },
		{ "/", false },
		{ "", false },
	};
	struct container *c = make_container("aabbccddeeff0011", "1122334455", "/web");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (container_is_known_as(c, cases[i].what) != cases[i].known)
			fail_msg("'%s'", cases[i].what);
	}
	container_destroy(c);
}

static void test_picking(void **state maybe_unused)
{
	struct container *list[] = {
		make_container("aa11", "", "/one"),
		make_container("aa22", "", "/aa1"),
		make_container("ab33", "", "/two"),
	};
	static const struct {
		const char *what;
		int index; /* -1: none */
	} cases[] = {
		{ "one", 0 },
		{ "aa1", 1 }, /* a name, though it begins an id */
		{ "aa", -1 },
		{ "ab", 2 },
		{ "zz", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct container *got =
			container_pick(list, ARRAY_SIZE(list), &node, cases[i].what);

		assert_ptr_equal(got, cases[i].index < 0 ? NULL : list[cases[i].index]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		container_destroy(list[i]);
}

static void test_networks(void **state maybe_unused)
{
	static const struct rank_case cases[] = {
		{ "aaaaaaaaaaaa0000", "id" },
		{ "aaaaaaaaaaaa", "id" }, /* as ids are shown */
		{ "bbbbbbbbbbbb0000", "id" },
		{ "aaaaaaaaaaaa0", "prefix" },
		{ "b", "prefix" },
		{ "back", "name" },
		{ "node-1/back", "name" },
		{ "node-2/back", "none" },
		{ "", "none" },
	};
	const struct network n = {
		.id = "aaaaaaaaaaaa0000",
		.logical_id = "bbbbbbbbbbbb0000",
		.name = "back",
		.scope = "local",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_rank(cases[i].what, network_answers(&n, &node, cases[i].what), cases[i].rank);
}

static void test_images(void **state maybe_unused)
{
	static const struct rank_case cases[] = {
		{ "sha256:abcdef0123", "id" },
		{ "abcdef0123", "id" },
		{ "abc", "prefix" },
		{ "sha256:abc", "prefix" },
		{ "ab", "none" },
		{ "busybox", "name" },
		{ "docker.io/library/busybox:latest", "name" },
		{ "busybox:1", "none" },
	};
	const char *tags[] = { "busybox:latest" };
	const struct image image = { .id = "sha256:abcdef0123", .tags = tags, .tags_count = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_rank(cases[i].what, image_answers(&image, cases[i].what, IMAGE_MATCH_TAG),
			cases[i].rank);
}

/* However a name is spelled, its key is one. */
static void test_keys_of_images(void **state maybe_unused)
{
	static const struct {
		const char *name, *key, *missing;
	} cases[] = {
		{ "busybox", "busybox", "busybox:latest" },
		{ "docker.io/library/busybox:1", "busybox", "busybox:1" },
		{ "host:5000/a/b:2", "b", "host:5000/a/b:2" },
		{ "localhost/x", "x", "localhost/x:latest" },
		{ "", "", "" },
		{ "sha256:abc", "sha256", "sha256:abc" },
		{ "sha256:" HEX64, "sha256", "sha256:" HEX64 },
		{ HEX64, HEX64, "sha256:" HEX64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len;
		const char *key = image_name_key(cases[i].name, &len);
		auto_free char *got = xstrndup(key, len);
		auto_free char *missing = image_name_missing(cases[i].name);

		assert_string_equal(got, cases[i].key);
		assert_string_equal(missing, cases[i].missing);
	}
}

static void test_limits(void **state maybe_unused)
{
	char name[NAME_BYTES_MAX + 2];
	auto_error struct error err = ERROR_INIT;

	memset(name, 'x', sizeof(name));
	name[NAME_BYTES_MAX + 1] = '\0';
	assert_false(name_check("volume", name, &err));
	assert_string_equal(err.text, "volume name is longer than 1024 bytes");
	error_clear(&err);
	name[NAME_BYTES_MAX] = '\0';
	assert_true(name_check("volume", name, &err));
	memset(name, '/', NAME_SLASHES_MAX);
	assert_true(name_check("volume", name, &err));
	name[NAME_SLASHES_MAX] = '/';
	assert_false(name_check("volume", name, &err));
	assert_string_equal(err.text, "volume name holds more than 64 slashes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_known_as),
		cmocka_unit_test(test_picking),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_keys_of_images),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
