/* The engine's socket in create requests: found, and replaced where the container expects it. */
#include "docker_test.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "docker/engine_socket.h"

#define HOST(members) "{\"HostConfig\":{" members "}}"

static void test_replace(void **state)
{
	static const struct {
		const char *before, *after; /* NULL: it is not bound */
	} cases[] = {
		{ "{}", NULL },
		{ HOST(""), NULL },
		{ HOST("\"Binds\":null,\"Mounts\":7"), NULL },
		{ HOST("\"Binds\":[\"/var/run/docker.sock:/s:ro\",\"/a:/b\",3]"),
			HOST("\"Binds\":[\"/pool.sock:/s:ro\",\"/a:/b\",3]") },
		{ HOST("\"Binds\":[\"/run/docker.sock:/var/run/docker.sock\"]"),
			HOST("\"Binds\":[\"/pool.sock:/var/run/docker.sock\"]") },
		{ HOST("\"Binds\":[\"/run/docker.socket:/x\",\"/run/docker.sock\",\"v:/run/"
		       "docker.sock\"]"),
			NULL },
		{ HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/var/run/"
		       "docker.sock\",\"Target\":\"/t\"}]"),
			HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/"
			     "pool.sock\",\"Target\":\"/t\"}]") },
		{ HOST("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"/run/docker.sock\"}]"),
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json yyjson_doc *parsed =
			json_parse(cases[i].before, strlen(cases[i].before), NULL);
		auto_json_mut yyjson_mut_doc *doc = yyjson_doc_mut_copy(parsed, NULL);
		const char *expected = cases[i].after ? cases[i].after : cases[i].before;
		size_t len;

		assert_int_equal(engine_socket_is_bound(doc), cases[i].after != NULL);
		engine_socket_replace(doc, "/pool.sock");
		auto_free char *text = json_doc_text(doc, &len);
		assert_string_equal(text, expected);
		assert_false(engine_socket_is_bound(doc));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_replace) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
