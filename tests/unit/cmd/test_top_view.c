#include "cmd/top_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"

#define STATS(read, cpu, memory)                                                                   \
	"{\"read\":\"" read "\",\"preread\":\"0001-01-01T00:00:00Z\",\"cpu_stats\":{"              \
	"\"cpu_usage\":{\"total_usage\":" cpu "}},\"precpu_stats\":{\"cpu_usage\":{"               \
	"\"total_usage\":0}},\"memory_stats\":" memory "}"

static yyjson_doc *parse(const char *text)
{
	yyjson_doc *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

static const struct {
	const char *stats;
	int64_t memory; /* -1: no sample */
} rows[] = {
	{ STATS("2026-01-01T00:00:00Z", "5", "{\"usage\":1000}"), 1000 },
	{ STATS("2026-01-01T00:00:00Z", "5",
		  "{\"usage\":1000,\"stats\":{\"inactive_file\":400,\"file\":9}}"),
		600 },
	{ STATS("2026-01-01T00:00:00Z", "5",
		  "{\"usage\":1000,\"stats\":{\"total_inactive_file\":300,\"inactive_file\":1}}"),
		700 },
	{ STATS("2026-01-01T00:00:00Z", "5", "{\"usage\":1000,\"stats\":{\"inactive_file\":4000}}"),
		1000 },
	{ STATS("2026-01-01T00:00:00Z", "5", "{\"usage\":-1}"), -1 },
	{ STATS("2026-01-01T00:00:00Z", "-5", "{}"), -1 },
	{ STATS("0001-01-01T00:00:00Z", "5", "{}"), -1 }, /* one that does not run */
	{ STATS("now", "5", "{}"), -1 },
	{ "{}", -1 },
	{ "[]", -1 },
};

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_json yyjson_doc *doc = parse(rows[i].stats);
		struct top_sample s;
		bool ok = top_sample_read(&s, yyjson_doc_get_root(doc));

		assert_int_equal(ok, rows[i].memory >= 0);
		if (ok)
			assert_int_equal(s.memory_bytes, rows[i].memory);
	}
}

static void test_rates(void **state)
{
	static const struct {
		struct top_sample before, now;
		double cpus;
	} cases[] = {
		{ { .at_ns = 1000, .cpu_ns = 0 }, { .at_ns = 2000, .cpu_ns = 1500 }, 1.5 },
		{ { .at_ns = 1000, .cpu_ns = 0 }, { .at_ns = 2000, .cpu_ns = 0 }, 0 },
		/* an engine that answers twice with one sample, or whose clock or counter goes back
		 */
		{ { .at_ns = 1000, .cpu_ns = 9 }, { .at_ns = 1000, .cpu_ns = 9 }, -1 },
		{ { .at_ns = 2000, .cpu_ns = 9 }, { .at_ns = 1000, .cpu_ns = 10 }, -1 },
		{ { .at_ns = 1000, .cpu_ns = 9 }, { .at_ns = 2000, .cpu_ns = 8 }, -1 },
		/* one that measures by itself */
		{ { .at_ns = 0 },
			{ .at_ns = 2000, .cpu_ns = 500, .before_ns = 1000, .before_cpu_ns = 0 },
			0.5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct top_sample *before = cases[i].before.at_ns ? &cases[i].before : NULL;

		assert_true(top_sample_cpus(before, &cases[i].now) == cases[i].cpus);
	}
}

#define NODE(name)                                                                                 \
	"{\"Description\":{\"Hostname\":\"" name "\",\"Resources\":{\"NanoCPUs\":2000000000,"      \
	"\"MemoryBytes\":1000}},\"Status\":{\"State\":\"ready\"}}"
#define CONTAINER(id, name) "{\"Id\":\"" id "\",\"Names\":[\"/x/" name "/alias\",\"/" name "\"]}"

static const char nodes_text[] = "[" NODE("b") "," NODE("a") "]";
static const char containers_text[] = "[" CONTAINER("1", "a/one") "," CONTAINER(
	"2", "a/two") "," CONTAINER("3", "b/three") "," CONTAINER("4",
	"gone/four") "," CONTAINER("5", "five") ",7,{\"Names\":[null]}]";

static void test_sums(void **state)
{
	auto_json yyjson_doc *nodes = parse(nodes_text), *containers = parse(containers_text);
	auto_json yyjson_doc *first = parse(STATS("2026-01-01T00:00:00Z", "0", "{\"usage\":100}"));
	auto_json yyjson_doc *last =
		parse(STATS("2026-01-01T00:00:01Z", "1000000000", "{\"usage\":250}"));
	struct top_view v;

	(void)state;
	top_view_init(&v, yyjson_doc_get_root(nodes), yyjson_doc_get_root(containers), 2);
	/* the first of each node */
	assert_int_equal(v.count, 2);
	assert_string_equal(v.containers[0].name, "one");
	assert_string_equal(v.containers[1].name, "three");
	top_view_take(&v, 1, yyjson_doc_get_root(first));
	top_view_take(&v, 1, yyjson_doc_get_root(last));
	top_view_take(&v, 0, NULL);
	top_view_sum(&v, TOP_CPU);
	assert_string_equal(v.nodes[0].name, "b");
	assert_int_equal(v.nodes[0].running, 1);
	assert_int_equal(v.nodes[0].measured, 1);
	assert_true(v.nodes[0].used_cpus == 1);
	assert_int_equal(v.nodes[0].used_memory, 250);
	assert_int_equal(v.nodes[1].running, 2);
	assert_int_equal(v.nodes[1].measured, 0);
	top_view_finish(&v);
}

static void test_orders(void **state)
{
	enum top_order order;

	(void)state;
	assert_true(top_order_parse("memory", &order, NULL) && order == TOP_MEMORY);
	assert_false(top_order_parse("", &order, NULL));
	assert_false(top_order_parse("mem", &order, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
