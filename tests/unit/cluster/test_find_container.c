/* From what a client wrote to the container it means. */
#include "fixture.h"

#include "base/metrics.h"
#include "base/strbuf.h"
#include "cluster/execs.h"
#include "docker/name.h"

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

static void expect_found(struct fixture *fx, const char *what, const struct container *expected)
{
	struct error err = ERROR_INIT;
	struct container *found = cluster_find_container(fx->cluster, what, &err);

	if (found != expected)
		fail_msg("%s: %s instead of %s (%s)", what, found ? found->id : "nothing",
			expected->id, error_text(&err));
	error_clear(&err);
}

static void expect_error(struct fixture *fx, const char *what, enum error_code code)
{
	struct error err = ERROR_INIT;
	struct container *found = cluster_find_container(fx->cluster, what, &err);

	if (found || err.code != code)
		fail_msg("%s: %s, %s", what, found ? found->id : "nothing", error_text(&err));
	error_clear(&err);
}

static void add_name(struct container *c, const char *name)
{
	engine_before_change(c->engine, c);
	c->names = xreallocarray(c->names, (size_t)c->names_count + 1, sizeof(*c->names));
	c->names[c->names_count++] = xstrdup(name);
	engine_after_change(c->engine, c);
}

static void test_spec_cases(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "test-engine", "D");
	struct container *a =
		fixture_container(e, "container1-id", "swarm1-id", "/container1-name1");
	struct container *b = fixture_container(e, "container2-id", "swarm2-id", "/con");

	add_name(a, "/container1-name2");
	const struct {
		const char *what;
		struct container *found; /* NULL: see code */
		enum error_code code;
	} cases[] = {
		{ "invalid-id", NULL, ERROR_NOT_FOUND },
		{ "", NULL, ERROR_INVALID },
		{ "/", NULL, ERROR_NOT_FOUND },
		{ "container1-id", a, ERROR_NONE },
		{ "container1-", a, ERROR_NONE },
		{ "container", NULL, ERROR_INVALID },
		{ "swarm", NULL, ERROR_INVALID },
		{ "container1-name1", a, ERROR_NONE },
		{ "/container1-name2", a, ERROR_NONE },
		{ "test-engine/container1-name1", a, ERROR_NONE },
		{ "/test-engine/container1-name2", a, ERROR_NONE },
		{ "other-engine/container1-name2", NULL, ERROR_NOT_FOUND },
		{ "swarm1-id", a, ERROR_NONE },
		{ "swarm1-", a, ERROR_NONE },
		{ "con", b, ERROR_NONE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].found)
			expect_found(fx, cases[i].what, cases[i].found);
		else
			expect_error(fx, cases[i].what, cases[i].code);
	}
}

static void test_engine_id_with_slashes(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "unix:///run/a");
	struct container *c = fixture_container(e, "abcdef", "", "/web/db");
	auto_free char *what = xasprintf("%s/web/db", e->id);

	expect_found(fx, what, c);
	expect_found(fx, "n1/web/db", c);
	expect_found(fx, "web/db", c);
}

static void test_prefixes_of_hex_ids(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");
	struct container *a = fixture_container(e, "abc111", "ffe000", "/name-a");
	struct container *b = fixture_container(e, "abd222", "abc999", "/name-b");
	struct container *c = fixture_container(e, "12", "", "/name-c"); /* shorter than a bucket */

	expect_found(fx, "abc1", a);
	expect_found(fx, "abc9", b);
	expect_found(fx, "abd", b);
	expect_found(fx, "f", a);
	expect_found(fx, "1", c);
	expect_error(fx, "abc", ERROR_INVALID);
	expect_error(fx, "a", ERROR_INVALID);
	expect_error(fx, "ABC1", ERROR_NOT_FOUND);
	/* one container by both its ids is no ambiguity */
	struct container *d = fixture_container(e, "dead00", "dead11", "/name-d");
	expect_found(fx, "dead", d);
}

static void test_names_on_many_nodes(void **state)
{
	struct fixture *fx = *state;
	struct engine *n1 = fixture_validated(fx, "n1", "D1");
	struct engine *n2 = fixture_validated(fx, "n2", "D2");
	struct engine *n3 = fixture_validated(fx, "n3", "D3");
	struct container *c1 = fixture_container(n1, "aa1", "", "/web");
	struct container *c2 = fixture_container(n2, "aa2", "", "/web");
	struct container *c3 = fixture_container(n3, "aa3", "", "/web");

	expect_error(fx, "web", ERROR_INVALID);
	expect_found(fx, "n1/web", c1);
	expect_found(fx, "n3/web", c3);
	engine_remove_container(n2, c2); /* out of the middle of the chain */
	expect_found(fx, "n1/web", c1);
	expect_found(fx, "n3/web", c3);
	engine_remove_container(n1, c1); /* its head */
	expect_found(fx, "web", c3);
	engine_remove_container(n3, c3);
	expect_error(fx, "web", ERROR_NOT_FOUND);
}

static void test_rescheduled_container_is_one(void **state)
{
	struct fixture *fx = *state;
	struct engine *n1 = fixture_validated(fx, "n1", "D1");
	struct engine *n2 = fixture_validated(fx, "n2", "D2");
	struct error down = { .code = ERROR_CONNECT, .text = (char *)"down" };

	fixture_container(n1, "aa1", "cafe00", "/web");
	struct container *live = fixture_container(n2, "aa2", "cafe00", "/web");
	expect_error(fx, "cafe00", ERROR_INVALID);
	for (int i = 0; i < 3; i++)
		engine_report_failure(n1, &down);
	assert_false(engine_is_healthy(n1));
	expect_found(fx, "cafe00", live);
	expect_found(fx, "cafe", live);
	expect_found(fx, "web", live);
}

/* The engines that it ran on before are all down. */
static void test_container_rescheduled_twice_is_one(void **state)
{
	struct fixture *fx = *state;
	struct error down = { .code = ERROR_CONNECT, .text = (char *)"down" };
	struct engine *engines[3];
	struct container *copies[3];

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		auto_free char *name = xasprintf("n%zu", i + 1);
		auto_free char *id = xasprintf("aa%zu", i + 1);

		engines[i] = fixture_validated(fx, name, name);
		copies[i] = fixture_container(engines[i], id, "cafe00", "/web");
	}
	for (size_t i = 0; i < 2 * 3; i++)
		engine_report_failure(engines[i / 3], &down);
	expect_found(fx, "cafe00", copies[2]);
	expect_found(fx, "cafe", copies[2]);
	expect_found(fx, "web", copies[2]);
	fixture_container(fixture_validated(fx, "n4", "n4"), "bb1", "", "/web"); /* another one */
	expect_error(fx, "web", ERROR_INVALID);
}

static void test_names_are_reserved(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D1");
	struct container *r = fixture_container(e, "", "cafe", "/web");

	assert_ptr_equal(cluster_find_name(fx->cluster, "web"), r);
	assert_ptr_equal(cluster_find_name(fx->cluster, "/web"), r);
	assert_null(cluster_find_name(fx->cluster, ""));
	assert_null(cluster_find_name(fx->cluster, "we"));
	expect_error(fx, "web", ERROR_NOT_FOUND); /* not there yet */
	expect_error(fx, "cafe", ERROR_NOT_FOUND);
	engine_remove_container(e, r);
	assert_null(cluster_find_name(fx->cluster, "web"));
}

static void test_pending_engines_show_nothing(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D1");

	fixture_container(e, "abc", "", "/web");
	assert_non_null(cluster_find_container_by_id(fx->cluster, "abc"));
	engine_suspend(e, "why");
	assert_int_equal(e->containers_count, 0);
	fixture_container(e, "abc", "", "/web"); /* read, but not validated */
	expect_error(fx, "web", ERROR_NOT_FOUND);
	assert_null(cluster_find_container_by_id(fx->cluster, "abc"));
	assert_null(cluster_find_name(fx->cluster, "web"));
	assert_non_null(engine_find_container(e, "abc"));
}

static void test_execs(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D1");
	struct container *c = fixture_container(e, "abc", "", "/web");

	assert_null(cluster_find_exec(fx->cluster, "x1"));
	cluster_remember_exec(fx->cluster, c, "x1");
	cluster_remember_exec(fx->cluster, c, "x1");
	assert_ptr_equal(cluster_find_exec(fx->cluster, "x1"), c);
	cluster_end_exec(fx->cluster, "x1");
	cluster_end_exec(fx->cluster, "x1");
	assert_ptr_equal(cluster_find_exec(fx->cluster, "x1"), c); /* its exit code is asked for */
	engine_remove_container(e, c);
	assert_null(cluster_find_exec(fx->cluster, "x1"));
}

static void test_execs_are_bounded(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D1");
	struct container *c = fixture_container(e, "abc", "", "/web");
	char id[16];

	cluster_remember_exec(fx->cluster, c, "running");
	for (int i = 0; i < 5000; i++) { /* as health checks do */
		snprintf(id, sizeof(id), "x%d", i);
		cluster_remember_exec(fx->cluster, c, id);
		cluster_end_exec(fx->cluster, id);
	}
	assert_non_null(cluster_find_exec(fx->cluster, "running"));
	assert_non_null(cluster_find_exec(fx->cluster, "x4999"));
	assert_null(cluster_find_exec(fx->cluster, "x0"));
}

static char *repeat(const char *before, const char *piece, size_t times, const char *after)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, before);
	for (size_t i = 0; i < times; i++)
		strbuf_add_str(&sb, piece);
	strbuf_add_str(&sb, after);
	return strbuf_steal(&sb);
}

/* What is longer than a name may be is refused, and costs nothing. */
static void test_names_have_a_maximum(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");
	auto_free char *longest = repeat("/", "x", NAME_BYTES_MAX, "");
	struct container *c = fixture_container(e, "abc", "", longest);
	auto_free char *longer = repeat("", "x", NAME_BYTES_MAX + 1, "");
	auto_free char *slashes = repeat("a", "/", NAME_SLASHES_MAX, "x");
	auto_free char *more = repeat("a", "/", 16000, "x");
	int64_t before;

	expect_found(fx, longest + 1, c);
	expect_error(fx, slashes, ERROR_NOT_FOUND);
	before = metrics[METRIC_name_lookups_total];
	expect_error(fx, longer, ERROR_INVALID);
	expect_error(fx, more, ERROR_INVALID);
	assert_int_equal(metrics[METRIC_name_lookups_total], before);
}

static int64_t lookups_of_path(struct fixture *fx, const char *path, struct container *expected)
{
	int64_t before = metrics[METRIC_name_lookups_total];
	const char *rest = "";

	assert_ptr_equal(cluster_find_container_in(fx->cluster, path, &rest), expected);
	if (expected)
		assert_string_equal(rest, "/b/json");
	return metrics[METRIC_name_lookups_total] - before;
}

static void test_the_longest_name_in_a_path(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");
	struct container *outer = fixture_container(e, "abc", "", "/web");
	struct container *inner = fixture_container(e, "abd", "", "/web/db");

	lookups_of_path(fx, "web/b/json", outer);
	lookups_of_path(fx, "n1/web/b/json", outer);
	lookups_of_path(fx, "web/db/b/json", inner);
	lookups_of_path(fx, "web%2Fdb/b/json", inner);
	lookups_of_path(fx, "web", NULL);
	lookups_of_path(fx, "/", NULL);
	lookups_of_path(fx, "", NULL);
}

/* The work for a path of any length is that for one with as many slashes as a name may have. */
static void test_a_long_path_is_no_work(void **state)
{
	struct fixture *fx = *state;
	auto_free char *few = repeat("", "a/", NAME_SLASHES_MAX + 2, "b/json");
	auto_free char *many = repeat("", "a/", 450000, "b/json");
	int64_t bound;

	fixture_container(fixture_validated(fx, "n1", "D"), "fbc", "", "/web");
	bound = lookups_of_path(fx, few, NULL);
	assert_true(bound < NAME_SLASHES_MAX * NAME_SLASHES_MAX);
	assert_int_equal(lookups_of_path(fx, many, NULL), bound);
}

/* --- walking --- */

static bool see_one(void *arg, struct container *c)
{
	strbuf_add_str(arg, c->id);
	return false;
}

static void expect_walk(
	struct fixture *fx, struct lookup_place *place, bool is_last, const char *expected)
{
	auto_strbuf struct strbuf seen = STRBUF_INIT;

	assert_int_equal(lookup_walk(fx->cluster->lookup, place, see_one, &seen), is_last);
	assert_string_equal(seen.buf, expected);
}

static void set_age(struct container *c, int64_t created_ns)
{
	engine_before_change(c->engine, c);
	c->created_ns = created_ns;
	engine_after_change(c->engine, c);
}

static void test_each_is_seen_once_whatever_its_age(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "test-engine", "D");
	struct container *a = fixture_container(e, "a", "", "/a");
	struct container *b = fixture_container(e, "b", "", "/b");
	struct container *c = fixture_container(e, "c", "", "/c");
	struct lookup_place place = { 0 }, other = { 0 };

	set_age(a, 30);
	set_age(b, 20);
	set_age(c, 10);
	expect_walk(fx, &place, false, "a");
	set_age(a, 5);  /* behind the place: not again */
	set_age(c, 40); /* before it: not missed */
	expect_walk(fx, &place, false, "b");
	expect_walk(fx, &place, false, "c");
	expect_walk(fx, &place, true, "");
	lookup_walk_end(&place);
	lookup_walk_end(&other);

	/* Nobody walks any more: each has the place of its age. */
	set_age(a, 6);
	set_age(c, 41);
	expect_walk(fx, &other, false, "c");
	engine_remove_container(e, b);
	expect_walk(fx, &other, false, "a");
	lookup_walk_end(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spec_cases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_engine_id_with_slashes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prefixes_of_hex_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_on_many_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rescheduled_container_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_container_rescheduled_twice_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_have_a_maximum, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_longest_name_in_a_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_long_path_is_no_work, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_are_reserved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending_engines_show_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_each_is_seen_once_whatever_its_age, setup, teardown),
		cmocka_unit_test_setup_teardown(test_execs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_execs_are_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
