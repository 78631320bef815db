#include "cmd/place_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"

enum flag {
	FLAG_ENV,
	FLAG_LABEL,
	FLAG_PORT,
	FLAG_VOLUME,
	FLAG_NETWORK,
	FLAG_MEMORY,
	FLAG_CPUS,
	FLAG_GPUS
};

static const struct {
	enum flag flag;
	const char *value;
	const char *has; /* somewhere in the body; NULL: an error */
} rows[] = {
	{ FLAG_ENV, "constraint:storage==ssd", "\"Env\":[\"constraint:storage==ssd\"]" },
	{ FLAG_ENV, "PLACE_TEST", "\"Env\":[\"PLACE_TEST=here\"]" },
	{ FLAG_ENV, "PLACE_TEST_NOT_SET", "\"Env\":[]" },
	{ FLAG_LABEL, "a=b=c", "\"Labels\":{\"a\":\"b=c\"}" },
	{ FLAG_LABEL, "a", "\"Labels\":{\"a\":\"\"}" },
	{ FLAG_PORT, "80", "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}]}" },
	{ FLAG_PORT, "8080:80/udp", "{\"80/udp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}" },
	{ FLAG_PORT, "127.0.0.1:8080:80", "{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}" },
	{ FLAG_PORT, "127.0.0.1::80", "{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"\"}" },
	{ FLAG_PORT, "[::1]:8080:80", "{\"HostIp\":\"::1\",\"HostPort\":\"8080\"}" },
	{ FLAG_PORT, "8000-8001:80-81", "\"81/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8001\"}]" },
	{ FLAG_PORT, "8000-8010:80", "\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8000-8010\"}]" },
	{ FLAG_PORT, "80-81", "\"ExposedPorts\":{\"80/tcp\":{},\"81/tcp\":{}}" },
	{ FLAG_PORT, "1-65535", "\"65535/tcp\"" },
	{ FLAG_PORT, "", NULL },
	{ FLAG_PORT, ":", NULL },
	{ FLAG_PORT, "x:80", NULL },
	{ FLAG_PORT, "80:x", NULL },
	{ FLAG_PORT, "8000-8002:80-81", NULL },
	{ FLAG_PORT, "80/xyz", NULL },
	{ FLAG_PORT, "99999", NULL },
	{ FLAG_PORT, "]:1:2:", NULL },
	{ FLAG_VOLUME, "data:/d", "\"Binds\":[\"data:/d\"]" },
	{ FLAG_VOLUME, "/d", "\"Volumes\":{\"/d\":{}}" },
	{ FLAG_NETWORK, "front", "\"EndpointsConfig\":{\"front\":{}}" },
	{ FLAG_NETWORK, "container:db", "\"NetworkMode\":\"container:db\"" },
	{ FLAG_NETWORK, "host", "\"EndpointsConfig\":{}" },
	{ FLAG_MEMORY, "4m", "\"Memory\":4194304" },
	{ FLAG_MEMORY, "2g", "\"Memory\":2147483648" },
	{ FLAG_MEMORY, "many", NULL },
	{ FLAG_MEMORY, "9223372036854775808", NULL },
	{ FLAG_CPUS, "1.5", "\"NanoCpus\":1500000000" },
	{ FLAG_CPUS, "nan", NULL },
	{ FLAG_CPUS, "1e300", NULL },
	{ FLAG_CPUS, "-1", NULL },
	{ FLAG_GPUS, "all", "\"DeviceRequests\":[{\"Count\":-1,\"Capabilities\":[[\"gpu\"]]}]" },
	{ FLAG_GPUS, "2", "{\"Count\":2," },
	{ FLAG_GPUS, "device=0,1", "{\"DeviceIDs\":[\"0\",\"1\"]," },
	{ FLAG_GPUS, "some", NULL },
};

static void set_flag(struct place_wish *w, enum flag flag, const char *value)
{
	switch (flag) {
	case FLAG_ENV: strv_add(&w->env, value); break;
	case FLAG_LABEL: strv_add(&w->labels, value); break;
	case FLAG_PORT: strv_add(&w->publish, value); break;
	case FLAG_VOLUME: strv_add(&w->volumes, value); break;
	case FLAG_NETWORK: w->network = xstrdup(value); break;
	case FLAG_MEMORY: w->memory = xstrdup(value); break;
	case FLAG_CPUS: w->cpus = xstrdup(value); break;
	case FLAG_GPUS: w->gpus = xstrdup(value); break;
	}
}

static void finish(struct place_wish *w)
{
	strv_finish(&w->env);
	strv_finish(&w->labels);
	strv_finish(&w->publish);
	strv_finish(&w->volumes);
	free(w->network);
	free(w->memory);
	free(w->cpus);
	free(w->gpus);
}

static void test_flags(void **state)
{
	(void)state;
	setenv("PLACE_TEST", "here", 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		struct place_wish w = { 0 };

		set_flag(&w, rows[i].flag, rows[i].value);
		auto_json_mut yyjson_mut_doc *doc = place_body(&w, "busybox", NULL, 0, &err);
		auto_free char *text = doc ? json_doc_text(doc, NULL) : xstrdup("");

		if (!doc != !rows[i].has || (doc && !strstr(text, rows[i].has)))
			fail_msg("row %zu: %s %s", i, text, error_text(&err));
		finish(&w);
	}
}

static void test_command(void **state)
{
	char sleep[] = "sleep", flag[] = "-c", one[] = "1", *words[] = { sleep, flag, one };
	struct place_wish w = { 0 };

	(void)state;
	auto_json_mut yyjson_mut_doc *doc = place_body(&w, "busybox", words, 3, NULL);
	auto_free char *text = json_doc_text(doc, NULL);

	assert_non_null(strstr(text, "\"Image\":\"busybox\",\"Cmd\":[\"sleep\",\"-c\",\"1\"]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
