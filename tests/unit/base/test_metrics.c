#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_write) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
