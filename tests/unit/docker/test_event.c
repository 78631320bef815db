#include "docker_test.h"

#include <string.h>

#include "base/util.h"
#include "docker/event.h"

static const struct event_node node = { "node-0", "ABCD|10.0.0.5:2375", "10.0.0.5:2375",
	"10.0.0.5" };

#define NODE_ATTRIBUTES                                                                            \
	"\"node.addr\":\"10.0.0.5:2375\",\"node.id\":\"ABCD|10.0.0.5:2375\",\"node.ip\":"          \
	"\"10.0.0.5\",\"node.name\":\"node-0\""
#define NODE                                                                                       \
	"\"node\":{\"Name\":\"node-0\",\"Id\":\"ABCD|10.0.0.5:2375\",\"Addr\":\"10.0.0.5:2375\","  \
	"\"Ip\":\"10.0.0.5\"}"
#define TIME "\"time\":1700000000,\"timeNano\":1700000000000000001"

static void parse(struct docker_event *e, const char *text)
{
	bool ignore;

	assert_true(event_parse(e, text, strlen(text), &ignore, NULL));
	assert_false(ignore);
}

static void check_written(const char *received, int minor, const char *expected)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	struct docker_event e;

	parse(&e, received);
	strbuf_add_str(&sb, "before\n");
	event_write(&sb, &e, &node, (struct api_version){ 1, minor });
	assert_string_equal(sb.buf + strlen("before\n"), expected);
	event_finish(&e);
}

static void test_write(void **state maybe_unused)
{
	static const char start_20[] =
		"{\"status\":\"start\",\"id\":\"c1\",\"from\":\"busybox\",\"Type\":\"container\","
		"\"Action\":\"start\",\"Actor\":{\"ID\":\"c1\",\"Attributes\":{\"name\":\"web\","
		"\"image\":\"busybox\"}},\"scope\":\"local\"," TIME "}\n";
	static const char start_29[] =
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"c1\","
		"\"Attributes\":{\"image\":\"busybox\",\"name\":\"web\"}},\"scope\":\"local\"," TIME
		"}";
	static const char modern[] =
		"\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"c1\","
		"\"Attributes\":{\"image\":\"busybox\",\"name\":\"web\"," NODE_ATTRIBUTES
		"}},\"scope\":\"local\"," TIME "," NODE "}\n";
	auto_strbuf struct strbuf legacy = STRBUF_INIT, fresh = STRBUF_INIT;

	strbuf_addf(&legacy,
		"{\"status\":\"start\",\"id\":\"c1\",\"from\":\"busybox node:node-0\",%s", modern);
	strbuf_addf(&fresh, "{%s", modern);
	check_written(start_20, 41, legacy.buf);
	check_written(start_29, 41, legacy.buf);
	check_written(start_20, 52, fresh.buf);
	check_written(start_29, 52, fresh.buf);
}

static void test_write_network_and_unknown(void **state maybe_unused)
{
	check_written("{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"n1\","
		      "\"Attributes\":{\"z\":\"1\",\"a\":\"<\"}},\"future\":[1]," TIME "}",
		41,
		"{\"from\":\" node:node-0\",\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":"
		"{\"ID\":\"n1\",\"Attributes\":{\"a\":\"<\"," NODE_ATTRIBUTES ",\"z\":\"1\"}}," TIME
		",\"future\":[1]," NODE "}\n");
}

static void test_write_own(void **state maybe_unused)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	struct docker_event e, copy;
	static const struct event_own own = { EVENT_SWARM, "engine_connect" };

	event_init_own(&e, &own);
	assert_true(e.time_ns > 0);
	e.time_ns = INT64_C(1700000000000000001);
	event_copy(&copy, &e);
	event_finish(&e);
	event_write(&sb, &copy, &node, (struct api_version){ 1, 41 });
	assert_string_equal(sb.buf,
		"{\"status\":\"engine_connect\",\"from\":\"swarm node:node-0\",\"Type\":\"swarm\","
		"\"Action\":\"engine_connect\",\"Actor\":{\"ID\":\"\",\"Attributes\":"
		"{" NODE_ATTRIBUTES "}}," TIME "," NODE "}\n");
	event_finish(&copy);
}

static void test_write_own_with_attributes(void **state maybe_unused)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	struct docker_event e;

	event_init_own(&e, &(struct event_own){ EVENT_NODE, "update", "n1",
				   { { "name", "node-0" }, { "reason", NULL },
					   { "state.new", "\"down\"\n" } } });
	e.time_ns = INT64_C(1700000000000000001);
	event_write(&sb, &e, &node, (struct api_version){ 1, 52 });
	assert_string_equal(sb.buf,
		"{\"Type\":\"node\",\"Action\":\"update\",\"Actor\":{\"ID\":\"n1\",\"Attributes\":"
		"{\"name\":\"node-0\"," NODE_ATTRIBUTES ",\"state.new\":\"\\\"down\\\"\\n\"}},"
		"\"scope\":\"swarm\"," TIME "," NODE "}\n");
	event_finish(&e);
}

static void test_dialects(void **state maybe_unused)
{
	static const struct {
		const char *text;
		enum event_type type;
		const char *action, *actor;
		bool ignore;
	} cases[] = {
		{ "{\"status\":\"created\",\"id\":\"two\"}", EVENT_OTHER, "created", "two", false },
		{ "{\"Type\":\"container\",\"Action\":\"remove\",\"Actor\":{\"ID\":\"c\"}}",
			EVENT_CONTAINER, "destroy", "c", false },
		{ "{\"Type\":\"volume\",\"Action\":\"remove\",\"Actor\":{\"ID\":\"\","
		  "\"Attributes\":{"
		  "\"name\":\"v1\"}}}",
			EVENT_VOLUME, "destroy", "v1", false },
		{ "{\"Type\":\"network\",\"Action\":\"remove\",\"Actor\":{\"ID\":\"\","
		  "\"Attributes\":{"
		  "\"name\":\"\",\"network\":\"n1\"}}}",
			EVENT_NETWORK, "destroy", "n1", false },
		{ "{\"Type\":\"network\",\"Action\":\"remove\",\"Actor\":{\"ID\":\"x\"}}",
			EVENT_NETWORK, "remove", "x", false },
		{ "{\"Type\":\"container\",\"Action\":\"init\",\"Actor\":{\"ID\":\"c\"}}",
			EVENT_CONTAINER, "init", "c", true },
		{ "{\"Type\":\"container\",\"Action\":\"cleanup\",\"Actor\":{\"ID\":\"c\"}}",
			EVENT_CONTAINER, "cleanup", "c", true },
		{ "{\"Type\":\"daemon\",\"Action\":\"reload\",\"Actor\":{\"ID\":\"d\"}}",
			EVENT_DAEMON, "reload", "d", false },
		{ "{\"Type\":\"plugin\",\"Action\":\"enable\"}", EVENT_OTHER, "enable", "", false },
		{ "{\"Type\":7,\"Action\":[],\"Actor\":3,\"time\":\"x\"}", EVENT_OTHER, "", "",
			false },
		{ "{}", EVENT_OTHER, "", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct docker_event e;
		bool ignore;

		assert_true(event_parse(&e, cases[i].text, strlen(cases[i].text), &ignore, NULL));
		assert_int_equal(e.type, cases[i].type);
		assert_string_equal(e.action, cases[i].action);
		assert_string_equal(e.actor_id, cases[i].actor);
		assert_int_equal(ignore, cases[i].ignore);
		event_finish(&e);
	}
}

static void test_refused(void **state maybe_unused)
{
	static const char *const texts[] = { "", "x", "[]", "null", "{} {}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_error struct error err = ERROR_INIT;
		struct docker_event e;
		bool ignore;

		assert_false(event_parse(&e, texts[i], strlen(texts[i]), &ignore, &err));
		assert_true(error_is_set(&err));
	}
}

static void test_time(void **state maybe_unused)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "{\"time\":5}", 5000000000 },
		{ "{\"time\":5,\"timeNano\":5000000001}", 5000000001 },
		{ "{\"time\":9223372036854775807}", 0 },
		{ "{\"time\":-1}", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct docker_event e;

		parse(&e, cases[i].text);
		assert_true(e.time_ns == cases[i].ns);
		event_finish(&e);
	}
}

static void test_action_words(void **state maybe_unused)
{
	struct docker_event e;

	parse(&e, "{\"Type\":\"container\",\"Action\":\"exec_start: sh -c x\"}");
	assert_true(event_action_is(&e, "exec_start"));
	assert_false(event_action_is(&e, "exec"));
	assert_false(event_action_is(&e, "exec_start2"));
	event_finish(&e);
}

static void test_filters(void **state maybe_unused)
{
	static const char start[] =
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"4f0c1e\","
		"\"Attributes\":{\"name\":\"web-1\",\"image\":\"busybox:1.36\",\"k\":\"v\","
		"\"com.docker.swarm.id\":\"5a5a\"}},\"scope\":\"local\"}";
	static const char exec[] =
		"{\"Type\":\"container\",\"Action\":\"exec_start: sh\",\"Actor\":{\"ID\":\"4f\"}}";
	static const char pull[] =
		"{\"Type\":\"image\",\"Action\":\"pull\",\"Actor\":{\"ID\":\"foo/bar:2\","
		"\"Attributes\":{\"name\":\"foo/bar\"}}}";
	static const char podman[] = "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":"
				     "\"4f\",\"Attributes\":{"
				     "\"image\":\"docker.io/library/busybox:latest\"}}}";
	static const char connect[] =
		"{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"9f8e\","
		"\"Attributes\":{\"name\":\"back\",\"container\":\"4f0c1e\"}},\"scope\":\"swarm\"}";
	static const struct {
		const char *event, *filters;
		bool passes;
	} cases[] = {
		{ start, "{}", true }, { start, "{\"type\":[\"container\"]}", true },
		{ start, "{\"type\":[\"image\",\"container\"]}", true },
		{ start, "{\"type\":[\"image\"]}", false },
		{ start, "{\"event\":[\"start\"]}", true },
		{ start, "{\"event\":[\"star\"]}", false },
		{ exec, "{\"event\":[\"exec_start\"]}", true },
		{ exec, "{\"event\":[\"exec_start: sh\"]}", true },
		{ exec, "{\"event\":[\"exec_create\"]}", false },
		{ start, "{\"container\":[\"4f0c1e\"]}", true },
		{ start, "{\"container\":[\"4f0\"]}", true },
		{ start, "{\"container\":[\"web\"]}", true },
		{ start, "{\"container\":[\"node-0/web-1\"]}", true },
		{ start, "{\"container\":[\"node-1/web-1\"]}", false },
		{ start, "{\"container\":[\"5a5a\"]}", true },
		{ start, "{\"container\":[\"x\",\"web-1\"]}", true },
		{ start, "{\"container\":[\"x\"]}", false },
		{ connect, "{\"container\":[\"4f0c1e\"]}", false },
		{ start, "{\"image\":[\"busybox\"]}", true },
		{ start, "{\"image\":[\"busybox:1.36\"]}", true },
		{ start, "{\"image\":[\"busybox:1\"]}", false },
		{ start, "{\"image\":[\"busy\"]}", false },
		{ podman, "{\"image\":[\"busybox\"]}", true },
		{ podman, "{\"image\":[\"busybox:latest\"]}", true },
		{ pull, "{\"image\":[\"foo/bar\"]}", true },
		{ pull, "{\"image\":[\"foo/bar:2\"]}", true },
		{ pull, "{\"image\":[\"bar\"]}", false },
		{ connect, "{\"network\":[\"back\"]}", true },
		{ connect, "{\"network\":[\"9f\"]}", true },
		{ connect, "{\"network\":[\"front\"]}", false },
		{ connect, "{\"volume\":[\"back2\"]}", false },
		{ connect, "{\"scope\":[\"swarm\"]}", true },
		{ start, "{\"scope\":[\"swarm\"]}", false }, { start, "{\"label\":[\"k\"]}", true },
		{ start, "{\"label\":[\"k=v\"]}", true }, { start, "{\"label\":[\"k=x\"]}", false },
		{ start, "{\"label\":[\"k=v\",\"absent\"]}", false },
		{ start, "{\"node\":[\"node-0\"]}", true },
		{ start, "{\"node\":[\"ABCD|10.0.0.5:2375\"]}", true },
		{ start, "{\"node\":[\"node-1\"]}", false },
		{ start, "{\"event\":[\"start\"],\"type\":[\"image\"]}", false },
		{ start, "{\"daemon\":[\"x\"]}", false }, { start, "{\"plugin\":[\"x\"]}", false },
		{ start, "{\"service\":[\"x\"]}", false },
		{ start, "{\"nosuch\":[\"x\"]}", true }, /* engines ignore it */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_list_filters struct list_filters f = { 0 };
		struct docker_event e;

		parse(&e, cases[i].event);
		assert_true(list_filters_parse(&f, cases[i].filters, NULL));
		if (event_matches(&e, &node, &f) != cases[i].passes)
			fail_msg("%s on %s", cases[i].filters, cases[i].event);
		event_finish(&e);
	}
}

static void test_own_events_and_filters(void **state maybe_unused)
{
	auto_list_filters struct list_filters f = { 0 };
	struct docker_event e;
	static const struct event_own own = { EVENT_SWARM, "engine_connect" };

	event_init_own(&e, &own);
	assert_true(event_matches(&e, &node, &f));
	list_filters_add(&f, "type", "swarm");
	list_filters_add(&f, "node", "node-0");
	assert_true(event_matches(&e, &node, &f));
	list_filters_add(&f, "label", "x");
	assert_false(event_matches(&e, &node, &f));
	event_finish(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_network_and_unknown),
		cmocka_unit_test(test_write_own),
		cmocka_unit_test(test_write_own_with_attributes),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_action_words),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_own_events_and_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
