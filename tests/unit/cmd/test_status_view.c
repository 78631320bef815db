#include "cmd/status_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"

#define PRIMARY                                                                                    \
	"{\"ServerVersion\":\"swarm/2\",\"ContainersRunning\":2,\"SystemStatus\":[[\"Role\","      \
	"\"primary\"]]}"
#define NODE(state, message, word)                                                                 \
	"{\"Status\":{\"State\":\"" state "\",\"Message\":\"" message "\",\"Addr\":\"10.0.0.1\"}," \
	"\"Spec\":{\"Availability\":\"" word "\"},\"Description\":{\"Hostname\":\"node-1\"}}"

static const struct {
	const char *info, *nodes, *containers; /* JSON; NULL: refused */
	enum status_state state;
	const char *shown; /* somewhere on the screen */
} rows[] = {
	{ PRIMARY, "[" NODE("ready", "", "active") "]", "[]", STATUS_GOOD,
		"No problems: all is well." },
	{ PRIMARY, "[" NODE("ready", "", "active") "]", "[]", STATUS_GOOD,
		"Manager     here:1, swarm/2, leads\nNodes       1: 1 ready\nContainers  2: 2 "
		"running" },
	{ PRIMARY, "[]", "[]", STATUS_DEGRADED, "no node is known" },
	{ PRIMARY, "[" NODE("down", "connect: refused", "active") "]", "[]", STATUS_DEGRADED,
		"  node node-1 (10.0.0.1) is down\n    why: connect: refused\n    do:  " },
	{ PRIMARY, "[" NODE("unknown", "", "pause") "]", "[]", STATUS_DEGRADED,
		"1: 0 ready, 1 never reached (1 paused, 0 drained)" },
	{ PRIMARY, "[" NODE("ready", "drained; staying: db (named volume)", "drain") "]", "[]",
		STATUS_GOOD, "\nUnder way\n  node node-1: drained; staying: db (named volume)\n" },
	{ PRIMARY, "[" NODE("ready", "", "active") "]",
		"[{\"Names\":[\"/node-1/web\"],\"Status\":\"Up 2 hours (unhealthy)\"}]",
		STATUS_DEGRADED, "container node-1/web is unhealthy\n    why: Up 2 hours" },
	{ "{\"SystemStatus\":[[\"Role\",\"replica\"],[\"Primary\",\"10.0.0.2:1\"]]}",
		"[" NODE("ready", "", "active") "]", "[]", STATUS_GOOD,
		"a replica; the leader is 10.0.0.2:1" },
	{ "{\"SystemStatus\":[[\"Role\",\"replica\"],[\"Primary\",\"\"]]}", "[]", "[]",
		STATUS_NOBODY, "no manager leads" },
	{ "{\"SystemStatus\":[[\"Role\",\"primary\"],[\" node-7\",\"10.0.0.7:1\"],"
	  "[\"  \xe2\x94\x94 Waiting\",\"3 (at most one copy of each)\"]]}",
		"[" NODE("ready", "", "active") "]", "[]", STATUS_DEGRADED,
		"swarm node lost node-7" },
	{ PRIMARY, NULL, "[]", STATUS_NOBODY, "the manager that leads does not answer" },
	{ NULL, "[]", "[]", STATUS_NOBODY, "the manager does not answer\n    why: refused" },
	{ "{\"ServerVersion\":\"28.0\",\"SystemStatus\":null}", "[]", "[]", STATUS_NOBODY,
		"what answers is no manager" },
	/* what is of another type, or would move the cursor */
	{ "{\"SystemStatus\":[7,[],[\"Role\"],[\"Role\",7]],\"ContainersRunning\":\"x\"}", "[]",
		"[]", STATUS_NOBODY, "what answers is no manager" },
	{ PRIMARY, "[7,null,{},{\"Status\":[]}]", "[3,{\"Names\":[]}]", STATUS_DEGRADED,
		"container  is unhealthy" },
	{ PRIMARY, "[" NODE("down", "\\u001b[2J\\u202e", "active") "]", "[]", STATUS_DEGRADED,
		"why: \\x1b[2J\\u202e\n" },
};

static yyjson_doc *parse(const char *text)
{
	yyjson_doc *doc = text ? json_parse(text, strlen(text), NULL) : NULL;

	assert_true(!text || doc);
	return doc;
}

static char *print(const struct status_view *v)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	status_view_print(v, out);
	fclose(out);
	return text;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_json yyjson_doc *info = parse(rows[i].info), *nodes = parse(rows[i].nodes),
				     *containers = parse(rows[i].containers);
		struct status_view v;

		status_view_init(&v, "here:1", yyjson_doc_get_root(info), "refused");
		if (v.state != STATUS_NOBODY)
			status_view_nodes(&v, yyjson_doc_get_root(nodes), "refused");
		if (v.state != STATUS_NOBODY)
			status_view_containers(&v, yyjson_doc_get_root(containers), "unhealthy");
		auto_free char *text = print(&v);

		assert_int_equal(v.state, rows[i].state);
		if (!strstr(text, rows[i].shown))
			fail_msg("row %zu: %s", i, text);
		status_view_finish(&v);
	}
}

static void test_many(void **state)
{
	auto_strbuf struct strbuf list = STRBUF_INIT;
	auto_json yyjson_doc *info = parse(PRIMARY);
	struct status_view v;

	(void)state;
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&list, "%s" NODE("down", "", "active"), i ? "," : "[");
	strbuf_add_char(&list, ']');
	auto_json yyjson_doc *nodes = parse(list.buf);

	status_view_init(&v, "here:1", yyjson_doc_get_root(info), "");
	status_view_nodes(&v, yyjson_doc_get_root(nodes), "");
	auto_free char *text = print(&v);

	assert_int_equal(v.problems_count, 11);
	assert_non_null(strstr(text, "and 990 more nodes"));
	status_view_finish(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
