/* Where a container goes, and what its engine is told. */
#include "rig.h"

#include "base/json.h"
#include "manager/placing.h"

static void begin(
	struct rig *r, struct placing *p, const char *name, const char *platform, const char *body)
{
	struct container_config config;
	struct error err = ERROR_INIT;

	if (!config_parse(&config, body, strlen(body), name, platform, &err))
		fail_msg("%s: %s", body, error_text(&err));
	placing_init(p, &r->manager, &config, (struct api_version){ 1, 44 });
}

static void end(struct rig *r, struct placing *p)
{
	placing_finish(p);
	rig_check_idle(r);
	rig_destroy(r);
}

static void choose(struct placing *p, const char *node)
{
	struct error err = ERROR_INIT;

	if (!placing_choose(p, &err))
		fail_msg("%s", error_text(&err));
	if (node)
		assert_string_equal(p->engine->name, node);
}

static void have_web(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[0], "aabb", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), "5a5a");
}

static void have_networks_of_their_own(struct rig *r)
{
	fake_engine_add_network(r->fakes[0], "own", "{}");
	fake_engine_add_network(r->fakes[1], "own", "{}");
}

static void test_choosing_changes_nothing(void **state maybe_unused)
{
	struct rig r;
	struct placing p;

	rig_create(&r, NULL);
	begin(&r, &p, "new", "", "{\"Image\":\"busybox\"}");
	choose(&p, NULL);
	assert_int_equal(p.engine->containers_count, 0);
	placing_reserve(&p);
	assert_ptr_equal(p.engine->containers[0], p.reservation);
	assert_int_equal(p.reservation->state, CONTAINER_PENDING);
	assert_int_equal(strlen(p.config.swarm_id), 64);
	placing_leave(&p);
	placing_leave(&p);
	rig_check_idle(&r);
	end(&r, &p);
}

/* "node-2/own" means that node also when it is tried again. */
static void test_a_network_names_its_node(void **state maybe_unused)
{
	struct rig r;
	struct placing p;

	rig_create(&r, have_networks_of_their_own);
	begin(&r, &p, "", "",
		"{\"Image\":\"busybox\",\"HostConfig\":{\"NetworkMode\":\"node-2/own\"}}");
	for (int i = 0; i < 8; i++) {
		choose(&p, "node-2");
		assert_string_equal(p.config.network_mode, "own");
		placing_leave(&p);
	}
	end(&r, &p);
}

static void test_in_the_place_of_another(void **state maybe_unused)
{
	struct rig r;
	struct placing p;
	struct error err = ERROR_INIT;

	rig_create(&r, have_web);
	begin(&r, &p, "web", "", "{\"Image\":\"busybox\"}");
	assert_false(placing_choose(&p, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	error_clear(&err);
	placing_replace(&p, r.engines[0]->containers[0]);
	for (int i = 0; i < 8; i++) {
		choose(&p, "node-2");
		placing_leave(&p);
	}
	end(&r, &p);
}

static void test_a_platform_that_no_node_has(void **state maybe_unused)
{
	static const struct {
		const char *platform, *wish;
		bool placed;
	} cases[] = {
		{ "linux/amd64", "constraint:node==node-1", true },
		{ "linux/s390x", "constraint:node==node-1", true },
		{ "windows/amd64", "constraint:node==node-1", true },
		{ "linux/s390x", "constraint:node==node-3", false },
		/* there is one, and it is full */
		{ "linux/amd64",
			"constraint:node==node-1\"],\"HostConfig\":{\"NanoCpus\":99000000000},"
			"\"Entrypoint\":[\"",
			false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig r;
		struct placing p;
		auto_free char *body =
			xasprintf("{\"Image\":\"busybox\",\"Env\":[\"%s\"]}", cases[i].wish);

		rig_create(&r, NULL);
		begin(&r, &p, "", cases[i].platform, body);
		if (placing_choose(&p, NULL) != cases[i].placed)
			fail_msg("%s, %s", cases[i].platform, cases[i].wish);
		end(&r, &p);
	}
}

/* What an engine understands stays as written. */
static void test_references(void **state maybe_unused)
{
	static const struct {
		const char *written;
		bool stays;
	} cases[] = {
		{ "web", true },
		{ "/web", true },
		{ "aabb", true },
		{ "node-1/web", false },
		{ "5a5a", false },
		{ "5a", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig r;
		struct placing p;
		const char *w = cases[i].written;

		rig_create(&r, have_web);
		const char *told = cases[i].stays ? w : r.engines[0]->containers[0]->id;
		auto_free char *body = xasprintf(
			"{\"Image\":\"busybox\",\"HostConfig\":{\"VolumesFrom\":[\"%s:ro\"],"
			"\"Links\":[\"%s:db\"],\"PidMode\":\"container:%s\"}}",
			w, w, w);
		auto_free char *expected =
			xasprintf("{\"Image\":\"busybox\",\"HostConfig\":{\"VolumesFrom\":["
				  "\"%s:ro\"],\"Links\":[\"%s:db\"],\"PidMode\":\"container:%s\"}}",
				told, told, told);

		begin(&r, &p, "", "", body);
		choose(&p, "node-1");
		auto_json_mut yyjson_mut_doc *doc = config_document(&p.config, 1);
		auto_free char *text = json_doc_text(doc, NULL);
		assert_string_equal(text, expected);
		end(&r, &p);
	}
}

/* More shares than any node has CPUs reserve nothing, and the container says that they do not. */
static void test_shares(void **state maybe_unused)
{
	static const struct {
		int shares;
		int64_t nano_cpus;
	} cases[] = { { 10, 10 * NANO_PER_CPU }, { 11, 0 }, { 1024, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig r;
		struct placing p;
		auto_free char *body =
			xasprintf("{\"Image\":\"busybox\",\"HostConfig\":{\"CpuShares\":%d}}",
				cases[i].shares);

		rig_create(&r, NULL);
		begin(&r, &p, "", "", body);
		choose(&p, NULL);
		placing_reserve(&p);
		assert_int_equal(p.reservation->nano_cpus, cases[i].nano_cpus);
		assert_int_equal(
			needs_swarm_id_says_weight(p.config.swarm_id), cases[i].nano_cpus == 0);
		placing_leave(&p);
		end(&r, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choosing_changes_nothing),
		cmocka_unit_test(test_a_network_names_its_node),
		cmocka_unit_test(test_in_the_place_of_another),
		cmocka_unit_test(test_a_platform_that_no_node_has),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
