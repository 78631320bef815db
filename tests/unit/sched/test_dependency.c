/* Dependency filter: cases S-51 to S-55, S-88, and what came after classic Swarm. */
#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"

#define HOST(fields) "{\"Image\":\"i\",\"HostConfig\":{" fields "}}"

static void test_containers(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-51", HOST(""), "012" },
		{ "S-51", HOST("\"NetworkMode\":\"bridge\""), "012" },
		{ "S-52", HOST("\"VolumesFrom\":[\"c0\"]"), "0" },
		{ "S-52", HOST("\"VolumesFrom\":[\"c0:rw\"]"), "0" },
		{ "S-52", HOST("\"VolumesFrom\":[\"c0:ro\"]"), "0" },
		{ "S-53", HOST("\"Links\":[\"c1:foobar\"]"), "1" },
		{ "S-53", HOST("\"NetworkMode\":\"container:c2\""), "2" },
		{ "S-88", HOST("\"VolumesFrom\":[\"/c0:ro\"]"), "0" },
		{ "S-88", HOST("\"Links\":[\"/c1:foo\"]"), "1" },
		{ "S-88", HOST("\"NetworkMode\":\"container:/c1\""), "1" },
		{ "IPC", HOST("\"IpcMode\":\"container:c1\""), "1" },
		{ "PID", HOST("\"PidMode\":\"container:c2\""), "2" },
		{ "all of them", HOST("\"PidMode\":\"container:c2\",\"IpcMode\":\"container:c1\""),
			"E" },
		{ "node and name", HOST("\"VolumesFrom\":[\"node-1-name/c1\"]"), "1" },
		{ "other node and name", HOST("\"VolumesFrom\":[\"node-0-name/c1\"]"), "E" },
		{ "id", HOST("\"VolumesFrom\":[\"aaaabbbbcccc0001\"]"), "0" },
		{ "unique prefix", HOST("\"VolumesFrom\":[\"aaaabbbbcccc\"]"), "0" },
		{ "ambiguous prefix", HOST("\"VolumesFrom\":[\"dddd\"]"), "E" },
		{ "a name beats a prefix", HOST("\"VolumesFrom\":[\"dd\"]"), "2" },
		{ "swarm id", HOST("\"VolumesFrom\":[\"5ec5ec5ec5ec\"]"), "1" },
		{ "empty", HOST("\"VolumesFrom\":[\":ro\"]"), "E" },
	};
	struct pool *p = pool_create(3, NULL, NULL);

	pool_add(p, 0, "c0", "aaaabbbbcccc0001", NULL);
	struct container *c1 = pool_add(p, 1, "c1", "bbbb", NULL);
	snprintf(c1->swarm_id, sizeof(c1->swarm_id), "5ec5ec5ec5ec5ec5");
	pool_add(p, 2, "c2", "dddd01", NULL);
	pool_add(p, 2, "dd", "dddd02", NULL);
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

static void test_several(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-54", HOST("\"VolumesFrom\":[\"c0\",\"c1\"]"), "0" },
		{ "S-54", HOST("\"VolumesFrom\":[\"c0\",\"c2\"]"), "E" },
		{ "S-55",
			HOST("\"VolumesFrom\":[\"c0\"],\"Links\":[\"c1:x\"],"
			     "\"NetworkMode\":\"container:c1\""),
			"0" },
		{ "S-55",
			HOST("\"VolumesFrom\":[\"c0\"],\"Links\":[\"c2:x\"],"
			     "\"NetworkMode\":\"container:c1\""),
			"E" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_add(p, 0, "c0", "id0", NULL);
	pool_add(p, 0, "c1", "id1", NULL);
	pool_add(p, 1, "c2", "id2", NULL);
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

#define BINDS(list) HOST("\"Binds\":[" list "]")

/* An engine makes a missing volume silently, and empty: containers go to where the data is. */
static void test_volumes(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "named", BINDS("\"data:/d\""), "1" },
		{ "mount",
			HOST("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"data\","
			     "\"Target\":\"/d\"}]"),
			"1" },
		{ "new", BINDS("\"new:/d\""), "012" },
		{ "path", BINDS("\"/data:/d\""), "012" },
		{ "beside a new one", BINDS("\"new:/n\",\"data:/d\""), "1" },
		{ "apart", BINDS("\"data:/d\",\"logs:/l\""), "E" },
		{ "not where it may be",
			"{\"Image\":\"i\",\"Env\":[\"constraint:node!=node-1-name\"],"
			"\"HostConfig\":{\"Binds\":[\"data:/d\"]}}",
			"E" },
		{ "who names a node gets it",
			"{\"Image\":\"i\",\"Env\":[\"constraint:node==node-0-name\"],"
			"\"HostConfig\":{\"Binds\":[\"data:/d\"]}}",
			"0" },
		{ "before soft expressions",
			"{\"Image\":\"i\",\"Env\":[\"constraint:node==~node-0-name\"],"
			"\"HostConfig\":{\"Binds\":[\"data:/d\"]}}",
			"1" },
		{ "shared between nodes", BINDS("\"nfs:/n\""), "0" },
		{ "shared, and data", BINDS("\"nfs:/n\",\"data:/d\""), "1" },
		{ "on every node", BINDS("\"each:/e\""), "0" },
		{ "on every node, and data", BINDS("\"each:/e\",\"data:/d\""), "1" },
	};
	struct pool *p = pool_create(3, NULL, NULL);
	struct volume *v;

	pool_add_volume(p, 1, "data");
	pool_add_volume(p, 2, "logs");
	v = pool_add_volume(p, 0, "nfs");
	intern_unref(v->driver);
	v->driver = intern("nfs");
	v = pool_add_volume(p, 0, "each");
	labels_add(&v->labels, "com.docker.swarm.volumes", "every-node");
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	sched_spread_volumes(p->sched);
	check_body_cases(p,
		(const struct body_case[]){ { "classic", BINDS("\"data:/d\",\"logs:/l\""), "12" } },
		1);
	pool_destroy(p);
}

/* Those that nothing has mounted are empty: they draw, and give way. */
static void test_fresh_volumes(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "alone", BINDS("\"fresh:/f\""), "0" },
		{ "used goes first", BINDS("\"fresh:/f\",\"data:/d\""), "1" },
		{ "both fresh", BINDS("\"fresh:/f\",\"other:/o\""), "02" },
		{ "what must be goes first",
			"{\"Image\":\"i\",\"Env\":[\"constraint:node!=node-0-name\"],"
			"\"HostConfig\":{\"Binds\":[\"fresh:/f\"]}}",
			"12" },
		{ "of its copies the used one", BINDS("\"twice:/t\""), "1" },
	};
	struct pool *p = pool_create(3, NULL, NULL);

	pool_add_fresh_volume(p, 0, "fresh");
	pool_add_fresh_volume(p, 2, "other");
	pool_add_volume(p, 1, "data");
	pool_add_fresh_volume(p, 0, "twice");
	pool_add_volume(p, 1, "twice");
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	/* what is mounted is fresh no more */
	assert_int_equal(pool_run(p, BINDS("\"fresh:/f\"")), 0);
	pool_clear(p, 0);
	check_body_cases(p,
		(const struct body_case[]){ { "used", BINDS("\"fresh:/f\",\"data:/d\""), "E" } },
		1);
	pool_destroy(p);
}

static void test_copies_of_a_volume(void **state maybe_unused)
{
	static const char data[] = BINDS("\"data:/d\"");
	struct pool *p = pool_create(4, NULL, NULL);
	struct container *old, *newer;

	for (size_t i = 0; i < 3; i++)
		pool_add_volume(p, i, "data");
	check_body_cases(p, (const struct body_case[]){ { "unused", data, "012" } }, 1);
	old = pool_add(p, 0, "old", "c0", data);
	newer = pool_add(p, 1, "newer", "c1", data);
	old->state = newer->state = CONTAINER_EXITED;
	old->finished_ns = 5;
	newer->finished_ns = 9;
	check_body_cases(p, (const struct body_case[]){ { "used last", data, "1" } }, 1);
	old->state = CONTAINER_RUNNING;
	check_body_cases(p, (const struct body_case[]){ { "in use", data, "0" } }, 1);
	pool_destroy(p);
}

/* Who wants to outlive its node does not wait for it. */
static void test_volumes_of_a_node_that_failed(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "refused", BINDS("\"data:/d\""), "E" },
		{ "made anew",
			"{\"Image\":\"i\",\"Env\":[\"reschedule:on-node-failure\"],"
			"\"HostConfig\":{\"Binds\":[\"data:/d\"]}}",
			"02" },
	};
	struct pool *p = pool_create(3, NULL, NULL);

	pool_add_volume(p, 1, "data");
	p->nodes[1].health = 0;
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* A volume that is being made with its container is there for the next one. */
static void test_reserved_volumes(void **state maybe_unused)
{
	static const char data[] = BINDS("\"data:/d\"");
	struct pool *p = pool_create(3, NULL, NULL);
	size_t first = pool_run(p, data);

	for (int i = 0; i < 5; i++)
		assert_int_equal(pool_run(p, data), first);
	pool_destroy(p);
}

/* Removed and created again: where it was, if that is possible. */
static void test_returning(void **state maybe_unused)
{
	struct pool *p = pool_create(3, NULL, NULL);
	struct wish *w = wish_create_expressions(NULL, NULL, NULL, 0, 0, NULL);

	wish_return_to(w, p->nodes[2].id);
	assert_true(
		sched_place(p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err));
	assert_int_equal(p->ranked_count, 1);
	assert_ptr_equal(p->ranked[0], &p->nodes[2]);
	p->nodes[2].health = 0;
	assert_true(
		sched_place(p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err));
	assert_int_equal(p->ranked_count, 2);
	wish_destroy(w);
	pool_destroy(p);
}

static void test_networks(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "local", HOST("\"NetworkMode\":\"lan\""), "01" },
		{ "one node's", HOST("\"NetworkMode\":\"node-1-name/lan\""), "1" },
		{ "spans nodes", HOST("\"NetworkMode\":\"wide\""), "012" },
		{ "unknown", HOST("\"NetworkMode\":\"nope\""), "012" },
		{ "default", HOST("\"NetworkMode\":\"default\""), "012" },
		{ "host", HOST("\"NetworkMode\":\"host\""), "012" },
		{ "second",
			"{\"Image\":\"i\",\"NetworkingConfig\":{\"EndpointsConfig\":"
			"{\"wide\":{},\"lan\":{}}}}",
			"01" },
		{ "nowhere together",
			"{\"Image\":\"i\",\"NetworkingConfig\":{\"EndpointsConfig\":"
			"{\"lan\":{},\"other\":{}}}}",
			"E" },
	};
	struct pool *p = pool_create(3, NULL, NULL);

	pool_add_network(p, 0, "lan", "local");
	pool_add_network(p, 1, "lan", "local");
	pool_add_network(p, 2, "other", "local");
	pool_add_network(p, 0, "wide", "swarm");
	pool_add_network(p, 0, "host", "local");
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* What may be made anywhere refuses no node, but draws containers to where its containers are. */
static void test_networks_that_spread(void **state maybe_unused)
{
	static const char lan[] = HOST("\"NetworkMode\":\"lan\"");
	struct pool *p = pool_create(3, NULL, NULL);

	pool_add_network(p, 1, "lan", "local");
	((struct network *)p->nodes[1].networks)->spreads = true;
	auto_free char *all = pool_fitting(p, HOST("\"Binds\":[]"));
	check_text("no network", all, "012");

	/* in use nowhere: where it is */
	assert_int_equal(pool_run(p, lan), 1);
	assert_int_equal(pool_run(p, lan), 1);
	/* a volume is elsewhere, and holds */
	pool_add_volume(p, 2, "data");
	assert_int_equal(
		pool_run(p, HOST("\"NetworkMode\":\"lan\",\"Binds\":[\"data:/data\"]")), 2);
	/* of two in use the one with more */
	pool_add_network(p, 2, "lan", "local");
	((struct network *)p->nodes[2].networks)->spreads = true;
	assert_int_equal(pool_run(p, lan), 1);
	pool_clear(p, 1);
	assert_int_equal(pool_run(p, lan), 2);
	pool_destroy(p);
}

static void test_platform(void **state maybe_unused)
{
	static const struct {
		const char *platform, *expected;
	} cases[] = {
		{ "", "01234" },
		{ "linux/amd64", "04" },
		{ "linux/x86_64", "04" },
		{ "linux/arm64", "14" },
		{ "linux/arm64/v8", "14" },
		{ "linux/arm/v7", "124" },
		{ "linux/386", "04" },
		{ "linux", "0124" },
		{ "windows", "34" },
		{ "aarch64", "14" },
		{ "linux/riscv64", "4" },
	};
	static const char *const nodes[][2] = {
		{ "linux", "x86_64" }, /* engines say what their kernel says */
		{ "linux", "aarch64" },
		{ "linux", "arm" },
		{ "windows", "amd64" },
		{ "", "" },
	};
	struct pool *p = pool_create(ARRAY_SIZE(nodes), NULL, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		p->nodes[i].os = nodes[i][0];
		p->nodes[i].arch = nodes[i][1];
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *got = pool_fitting_platform(p, HOST(""), cases[i].platform);

		check_text(cases[i].platform, got, cases[i].expected);
	}
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_fresh_volumes),
		cmocka_unit_test(test_copies_of_a_volume),
		cmocka_unit_test(test_volumes_of_a_node_that_failed),
		cmocka_unit_test(test_reserved_volumes),
		cmocka_unit_test(test_returning),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_networks_that_spread),
		cmocka_unit_test(test_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
