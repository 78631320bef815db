/*
 * Error texts of section 6, and the end-to-end cases S-84 and S-89 to S-93 on literals.
 *
 * The first lines are those of classic Swarm to the byte; what follows says why (F9, F13).
 */
#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define UNABLE       "Unable to find a node that satisfies the following conditions \n"
#define HOST(fields) "{\"Image\":\"i\",\"HostConfig\":{" fields "}}"

static void check_error(struct pool *p, const char *name, const char *body, const char *expected)
{
	auto_free char *got = pool_fitting(p, body);

	check_text(name, got, "E");
	check_text(name, error_text(&p->err), expected);
}

static void check_error_env(
	struct pool *p, const char *name, const char *const *env, const char *expected)
{
	auto_free char *body = pool_env_body(env);

	check_error(p, name, body, expected);
}

static void test_expressions(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "node==nope", { "constraint:node==nope" },
			UNABLE "[available container slots]\n[node==nope]\n"
			       "2 nodes: constraint refused 2" },
		{ "soft constraint not reached",
			{ "affinity:container==nope", "constraint:ab==~c" },
			UNABLE "[available container slots]\n[container==nope (soft=false)]\n"
			       "2 nodes: affinity refused 2" },
		{ "soft ones are listed", { "constraint:ab!=~c", "constraint:node==nope" },
			UNABLE "[available container slots]\n[ab!=c node==nope]\n"
			       "2 nodes: constraint refused 2" },
		{ "whitelist", { "whitelist:node==~x", "whitelist:node==y" },
			UNABLE "[available container slots]\n"
			       "[node==x (soft=true) node==y (soft=false)]\n"
			       "2 nodes: whitelist refused 2" },
		{ "several filters", { "affinity:container!=*", "constraint:node==node-0-name" },
			UNABLE "[available container slots]\n[container!=* (soft=false)]\n"
			       "[node==node-0-name]\n"
			       "2 nodes: affinity refused 1, constraint refused 1" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_add(p, 0, "c", "id", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_error_env(p, cases[i].name, cases[i].env, cases[i].expected);
		assert_int_equal(p->err.code, ERROR_UNAVAILABLE);
	}
	pool_destroy(p);
}

/* F2: known before any node is looked at, and the client's mistake.  F5: the examples of the
 * classic texts ('a', "foo@sha256:abc") are no errors any more. */
/* Behind all others: whoever was refused by it would have been taken. */
static void test_availability(void **state maybe_unused)
{
	struct pool *p = pool_create(3, NULL, NULL);
	const char *env[4] = { "constraint:node!=node-2-name" };

	p->nodes[0].availability = AVAILABILITY_DRAIN;
	p->nodes[1].availability = AVAILABILITY_PAUSE;
	check_error_env(p, "availability", env,
		UNABLE "[available container slots]\n[node!=node-2-name]\n"
		       "3 nodes: constraint refused 1, availability refused 2\n"
		       "availability of node node-0-name is drain: docker node update "
		       "--availability active node-0-name\n"
		       "availability of node node-1-name is pause: docker node update "
		       "--availability active node-1-name");
	pool_destroy(p);
}

static void test_syntax(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "key", { "constraint:-a==b" },
			UNABLE "[available container slots]\n"
			       "error from constraint filter: Key '-a' is invalid" },
		{ "value", { "affinity:image==foo{2}" },
			UNABLE "[available container slots]\n"
			       "error from affinity filter: Value 'foo{2}' is invalid" },
		{ "operator", { "affinity:container==c", "whitelist:node" },
			UNABLE "[available container slots]\n[container==c (soft=false)]\n"
			       "error from whitelist filter: One of operator ==, != is expected" },
		{ "soft as well", { "constraint:ab==~" },
			UNABLE "[available container slots]\n"
			       "error from constraint filter: Value '~' is invalid" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_error_env(p, cases[i].name, cases[i].env, cases[i].expected);
		assert_int_equal(p->err.code, ERROR_INVALID);
	}
	pool_destroy(p);
}

static void test_dependencies(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "missing", HOST("\"VolumesFrom\":[\"zz:ro\"],\"Links\":[\"h3:x\"]"),
			"No such container: zz" },
		{ "missing link", HOST("\"Links\":[\"h3:x\"]"),
			"could not get container for h3: No such container: h3" },
		{ "missing donor", HOST("\"IpcMode\":\"container:h3\""), "No such container: h3" },
		{ "apart", HOST("\"VolumesFrom\":[\"c0\"],\"NetworkMode\":\"container:c1\""),
			UNABLE "[available container slots]\n"
			       "[--volumes-from=c0 --net=container:c1]\n"
			       "2 nodes: dependency refused 2\n"
			       "container c0 is on node-0-name\n"
			       "container c1 is on node-1-name" },
		{ "network elsewhere", HOST("\"VolumesFrom\":[\"c0\"],\"NetworkMode\":\"lan\""),
			UNABLE "[available container slots]\n[--volumes-from=c0]\n"
			       "2 nodes: dependency refused 2\n"
			       "container c0 is on node-0-name\n"
			       "network lan is on node-1-name" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_add(p, 0, "c0", "id0", NULL);
	pool_add(p, 1, "c1", "id1", NULL);
	pool_add_network(p, 1, "lan", "local");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_error(p, cases[i].name, cases[i].body, cases[i].expected);
	pool_destroy(p);
}

static void test_health(void **state maybe_unused)
{
	static const char healthy[] = "No healthy node available in the cluster";
	struct pool *p = pool_create(1, NULL, NULL);
	struct pool *empty = pool_create(0, NULL, NULL);
	struct pool *no_health = pool_create(0, NULL, "constraint");

	p->nodes[0].health = 0;
	check_error(p, "unhealthy", HOST(""), healthy);
	check_error(empty, "empty", HOST(""), healthy);
	check_error(no_health, "empty", HOST(""), "No nodes available in the cluster");
	pool_destroy(p);
	pool_destroy(empty);
	pool_destroy(no_health);
}

/* Of parallel requests that exclude each other as many succeed as there are nodes. */
static void test_s84(void **state maybe_unused)
{
	static const char body[] = "{\"Image\":\"i\",\"Labels\":{\"test.label\":\"true\"},"
				   "\"Env\":[\"affinity:test.label!=true\"]}";
	struct pool *p = pool_create(2, NULL, NULL);
	size_t first = pool_run(p, body), second = pool_run(p, body);

	assert_int_not_equal(first, POOL_NONE);
	assert_int_not_equal(second, POOL_NONE);
	assert_int_not_equal(first, second);
	check_error(p, "S-84", body,
		UNABLE "[available container slots]\n[test.label!=true (soft=false)]\n"
		       "2 nodes: affinity refused 2");
	pool_destroy(p);
}

static void test_ports(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-89",
			"{\"Image\":\"i\",\"ExposedPorts\":{\"80/tcp\":{}},"
			"\"HostConfig\":{\"NetworkMode\":\"host\"}}",
			UNABLE "[port 80/tcp (Host mode)]\n2 nodes: port refused 2" },
		{ "S-90", HOST("\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"80\"}]}"),
			UNABLE "[port 80 (Bridge mode)]\n2 nodes: port refused 2" },
		{ "without host port",
			HOST("\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"},"
			     "{\"HostPort\":\"\"}]}"),
			UNABLE "[port 8080 (Bridge mode) port  (Bridge mode)]\n"
			       "2 nodes: port refused 2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, NULL, NULL);
		size_t first = pool_run(p, cases[i].body), second = pool_run(p, cases[i].body);

		assert_int_not_equal(first, POOL_NONE);
		assert_int_not_equal(second, POOL_NONE);
		assert_int_not_equal(first, second);
		check_error(p, cases[i].name, cases[i].body, cases[i].expected);
		pool_destroy(p);
	}
}

static void test_slots(void **state maybe_unused)
{
	static const struct {
		const char *name, *label;
		size_t fitting;
	} cases[] = { { "S-91", "2", 4 }, { "S-92", NULL, 5 }, { "S-92", "foo", 5 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, NULL, NULL);
		size_t fitting = 0;

		for (size_t k = 0; k < 2 && cases[i].label; k++)
			pool_set_label(p, k, "containerslots", cases[i].label);
		for (size_t k = 0; k < 5; k++)
			fitting += pool_run(p, HOST("")) != POOL_NONE;
		assert_int_equal(fitting, cases[i].fitting);
		if (fitting < 5)
			check_text(cases[i].name, error_text(&p->err),
				UNABLE "[available container slots]\n"
				       "2 nodes: containerslots refused 2");
		pool_destroy(p);
	}
}

static void test_s93(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-93", HOST("\"Memory\":1073741824000"),
			"no resources available to schedule container\n"
			"3 nodes: health refused 1\n"
			"2 left: too few CPUs on 0, too little memory on 2" },
		{ "S-93", HOST("\"CpuShares\":10240"),
			"no resources available to schedule container\n"
			"3 nodes: health refused 1\n"
			"2 left: too few CPUs on 2, too little memory on 0" },
		{ "each lacks something", HOST("\"CpuShares\":2,\"Memory\":2147483648"),
			"no resources available to schedule container\n"
			"3 nodes: health refused 1\n"
			"2 left: too few CPUs on 1, too little memory on 1" },
	};
	struct pool *p = pool_create(3, NULL, NULL);

	pool_set_size(p, 0, 2 * GIB, 1);
	pool_set_size(p, 1, 1 * GIB, 2);
	pool_set_size(p, 2, 9000 * GIB, 90000);
	p->nodes[2].health = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_error(p, cases[i].name, cases[i].body, cases[i].expected);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(p->nodes[i].containers_count, 0);
	pool_destroy(p);
}

/* What the manager adds for one decision is treated as if the client had asked for it. */
static void test_added(void **state maybe_unused)
{
	struct pool *p = pool_create(2, NULL, NULL);
	struct wish *w = wish_create_expressions(NULL, NULL, NULL, 0, 0, NULL);

	pool_add_image(p, 1, "id", "busybox:1", NULL);
	assert_true(wish_add_affinity(w, "image==busybox", &p->err));
	assert_true(
		sched_place(p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err));
	assert_int_equal(p->ranked_count, 1);
	assert_ptr_equal(p->ranked[0], &p->nodes[1]);
	assert_true(wish_add_constraint(w, "node==node-0-name", &p->err));
	assert_false(
		sched_place(p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err));
	check_text("added", error_text(&p->err),
		UNABLE "[available container slots]\n[image==busybox (soft=false)]\n"
		       "[node==node-0-name]\n2 nodes: affinity refused 1, constraint refused 1");
	assert_false(wish_add_constraint(w, "node", &p->err));
	assert_int_equal(p->err.code, ERROR_INVALID);
	wish_destroy(w);
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_availability),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_s84),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_s93),
		cmocka_unit_test(test_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
