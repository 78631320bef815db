/* Whatever an engine sends as an event, a client gets one object in one line. */
#include <string.h>

#include "base/json.h"
#include "docker/event.h"
#include "fuzz.h"

static const struct event_node node = { "node-1", "id|10.0.0.5:2375", "10.0.0.5:2375", "10.0.0.5" };

static void check_written(const struct docker_event *e, int minor)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	event_write(&sb, e, &node, (struct api_version){ 1, minor });
	auto_json yyjson_doc *doc = json_parse(sb.buf, sb.len, NULL);
	fuzz_check(doc && yyjson_is_obj(yyjson_doc_get_root(doc)));
	fuzz_check(memchr(sb.buf, '\n', sb.len) == sb.buf + sb.len - 1);
}

static void check_filters(const struct docker_event *e)
{
	static const char *const keys[] = { "config", "container", "daemon", "event", "image",
		"label", "network", "node", "plugin", "scope", "secret", "service", "type",
		"volume" };
	auto_list_filters struct list_filters f = { 0 };

	fuzz_check(event_matches(e, &node, &f));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		list_filters_add(&f, keys[i], "node-1/web");
	event_matches(e, &node, &f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct docker_event e, copy;
	bool ignore;

	if (!event_parse(&e, (const char *)data, size, &ignore, NULL))
		return 0;
	event_copy(&copy, &e);
	event_finish(&e);
	check_written(&copy, 41);
	check_written(&copy, 52);
	check_filters(&copy);
	event_finish(&copy);
	return 0;
}
