#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "unit.h"

static void test_write(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	size_t lines = 0;

	(void)state;
	metric_inc(METRIC_http_requests_total);
	metric_add(METRIC_http_requests_total, 2);
	metric_set(METRIC_engines, -7);
	metrics_write(&text);
	assert_non_null(strstr(text.buf, "# HELP swarm_http_requests_total requests answered\n"
					 "# TYPE swarm_http_requests_total counter\n"
					 "swarm_http_requests_total 3\n"));
	assert_non_null(strstr(text.buf, "# TYPE swarm_engines gauge\nswarm_engines -7\n"));
	for (const char *s = text.buf; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 3 * METRIC_COUNT);
}

static void test_process(void **state)
{
	static const char *const names[] = { "process_cpu_seconds_total", "process_open_fds",
		"process_resident_memory_bytes", "process_max_fds" };
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	metrics_write_process(&text, INT64_C(1700000000500000000));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_free char *start = xasprintf("\n%s ", names[i]);
		const char *row = strstr(text.buf, start);

		assert_non_null(row);
		assert_true(strtod(row + strlen(start), NULL) > 0);
	}
	assert_non_null(strstr(text.buf, "\nprocess_start_time_seconds 1700000000.500\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_write),
		cmocka_unit_test(test_process) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
