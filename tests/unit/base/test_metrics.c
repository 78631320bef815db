#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "unit.h"

static void test_write(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	metric_inc(METRIC_http_requests_total);
	metric_add(METRIC_http_requests_total, 2);
	metric_set(METRIC_engines, -7);
	metric_raise(METRIC_loop_longest_turn_seconds, 1500);
	metric_observe(METRIC_TIMES_placement_duration_seconds, 60);
	metrics_write(&(struct exposition){ .sb = &text });
	assert_non_null(strstr(text.buf, "# HELP swarm_http_requests_total requests answered\n"
					 "# TYPE swarm_http_requests_total counter\n"
					 "swarm_http_requests_total 3\n"));
	assert_non_null(strstr(text.buf, "# TYPE swarm_engines gauge\nswarm_engines -7\n"));
	assert_non_null(strstr(text.buf, "\nswarm_loop_longest_turn_seconds 0.0015\n"));
	assert_non_null(
		strstr(text.buf, "\nswarm_placement_duration_seconds_bucket{le=\"5e-05\"} 0\n"
				 "swarm_placement_duration_seconds_bucket{le=\"0.0001\"} 1\n"));
	assert_non_null(strstr(text.buf, "\nswarm_placement_duration_seconds_sum 6e-05\n"));
}

static void test_openmetrics(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct exposition to = { .sb = &text, .openmetrics = true };

	(void)state;
	exposition_family(&to, "swarm_calls_total", "counter", "calls");
	exposition_sample(&to, "swarm_calls_total", "", 1);
	exposition_family(&to, "swarm_total", "gauge", "all");
	exposition_end(&to);
	assert_string_equal(text.buf, "# HELP swarm_calls calls\n# TYPE swarm_calls counter\n"
				      "swarm_calls_total 1\n"
				      "# HELP swarm_total all\n# TYPE swarm_total gauge\n"
				      "# EOF\n");
}

static void test_labels(void **state)
{
	auto_strbuf struct strbuf labels = STRBUF_INIT;

	(void)state;
	exposition_label(&labels, "a", "say \"hi\"\\\n");
	exposition_label(&labels, "b", "caf\xc3\xa9 \xff");
	assert_string_equal(
		labels.buf, "a=\"say \\\"hi\\\"\\\\\\n\",b=\"caf\xc3\xa9 \xef\xbf\xbd\"");
}

static void test_histogram(void **state)
{
	static const struct histogram_scale scale = { { 5000, 1000000 } };
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, &scale, 5000);
	histogram_add(&h, &scale, 5001);
	histogram_add(&h, &scale, 2000000);
	histogram_write(&h, &scale, &(struct exposition){ .sb = &text }, "x_seconds", "a=\"b\"");
	assert_string_equal(text.buf, "x_seconds_bucket{a=\"b\",le=\"0.005\"} 1\n"
				      "x_seconds_bucket{a=\"b\",le=\"1.0\"} 2\n"
				      "x_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"
				      "x_seconds_sum{a=\"b\"} 2.010001\n"
				      "x_seconds_count{a=\"b\"} 3\n");
}

static void test_process(void **state)
{
	static const char *const names[] = { "process_cpu_seconds_total", "process_open_fds",
		"process_resident_memory_bytes", "process_max_fds" };
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	metrics_write_process(&(struct exposition){ .sb = &text }, INT64_C(1700000000500000000));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_free char *start = xasprintf("\n%s ", names[i]);
		const char *row = strstr(text.buf, start);

		assert_non_null(row);
		assert_true(strtod(row + strlen(start), NULL) > 0);
	}
	assert_non_null(strstr(text.buf, "\nprocess_start_time_seconds 1700000000.5\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_write),
		cmocka_unit_test(test_openmetrics), cmocka_unit_test(test_labels),
		cmocka_unit_test(test_histogram), cmocka_unit_test(test_process) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
