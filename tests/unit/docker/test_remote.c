#include "docker_test.h"

#include <event2/buffer.h>
#include <string.h>

#include "base/mem.h"
#include "docker/remote.h"

static void test_target(void **state maybe_unused)
{
	static const struct {
		struct api_range range;
		struct api_version client;
		const char *target;
	} cases[] = {
		{ { { 0, 0 }, { 0, 0 } }, { 1, 47 }, "/info" }, /* not asked yet */
		{ { { 1, 24 }, { 1, 41 } }, { 1, 47 }, "/v1.41/info" },
		{ { { 1, 24 }, { 1, 55 } }, { 1, 47 }, "/v1.47/info" },
		{ { { 1, 44 }, { 1, 52 } }, { 1, 24 }, "/v1.44/info" },
		{ { { 1, 24 }, { 1, 41 } }, { 0, 0 }, "/v1.41/info" },
		{ { { 1, 24 }, { 1, 99 } }, { 0, 0 }, "/v1.55/info" }, /* the newest we know */
		{ { { 1, 60 }, { 1, 99 } }, { 0, 0 }, "/v1.60/info" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct remote r = { .range = cases[i].range };
		auto_free char *target = remote_target(&r, cases[i].client, "/info");

		assert_string_equal(target, cases[i].target);
	}
}

static void test_call(void **state maybe_unused)
{
	struct remote r = { .range = { { 1, 24 }, { 1, 41 } } };
	struct call c;

	remote_call_init(
		&c, &r, (struct api_version){ 1, 30 }, "POST", "/containers/%s/start", "x");
	assert_string_equal(c.head.method, "POST");
	assert_string_equal(c.head.target, "/v1.30/containers/x/start");
	call_finish(&c);
}

static void test_learn_version(void **state maybe_unused)
{
	static const struct {
		const char *version;
		enum remote_kind kind;
		struct api_range range;
	} cases[] = {
		{ "{\"Components\":[{\"Name\":\"Engine\"}],\"ApiVersion\":\"1.41\","
		  "\"MinAPIVersion\":"
		  "\"1.12\"}",
			REMOTE_DOCKER, { { 1, 12 }, { 1, 41 } } },
		{ "{\"Components\":[{\"Name\":\"Podman Engine\"},{\"Name\":\"Conmon\"}],"
		  "\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.24\"}",
			REMOTE_PODMAN, { { 1, 24 }, { 1, 41 } } },
		{ "{\"ApiVersion\":\"1.23\"}", REMOTE_DOCKER, { { 1, 23 }, { 1, 23 } } },
		{ "{\"ApiVersion\":\"new\"}", REMOTE_DOCKER, { { 0, 0 }, { 0, 0 } } },
		{ "[]", REMOTE_DOCKER, { { 0, 0 }, { 0, 0 } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json yyjson_doc *doc = parse_json(cases[i].version);
		struct remote r = { 0 };

		remote_learn_version(&r, yyjson_doc_get_root(doc));
		assert_int_equal(r.kind, cases[i].kind);
		assert_int_equal(api_version_compare(r.range.min, cases[i].range.min), 0);
		assert_int_equal(api_version_compare(r.range.max, cases[i].range.max), 0);
	}
}

static void answer(struct call *c, int status, const char *body)
{
	call_init(c, "GET", "/");
	c->done = c->head_done = true;
	c->answer.status = status;
	if (!c->in)
		c->in = evbuffer_new();
	evbuffer_add(c->in, body, strlen(body));
}

static void test_check_answers(void **state maybe_unused)
{
	static const struct {
		int status;
		const char *body, *text; /* NULL: fine */
		bool missing_image;
	} cases[] = {
		{ 200, "", NULL, false },
		{ 304, "", NULL, false },
		{ 404, "{\"message\":\"No such image: x:latest\"}", "No such image: x:latest",
			true },
		{ 404, "{\"message\":\"no such image\"}", "no such image", true },
		{ 404, "{\"cause\":\"x\",\"message\":\"x: image not known\"}", "x: image not known",
			true },
		{ 404, "{\"message\":\"No such container: x\"}", "No such container: x", false },
		{ 404, "{\"message\":\"plugin \\\"x\\\" not found\"}", "plugin \"x\" not found",
			false },
		{ 500, "{\"message\":\"No such image: x\"}", "No such image: x", false },
		{ 409, "name taken\n", "name taken", false },
	};
	struct remote r = { .address = (char *)"10.0.0.5:2375" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		struct call c;

		answer(&c, cases[i].status, cases[i].body);
		assert_int_equal(remote_check(&c, &r, &err), cases[i].text == NULL);
		if (cases[i].text) {
			assert_int_equal(err.code, ERROR_ENGINE);
			assert_int_equal(err.status, cases[i].status);
			assert_string_equal(err.text, cases[i].text);
		}
		assert_int_equal(remote_error_is_missing_image(&err), cases[i].missing_image);
		call_finish(&c);
	}
}

static void test_check_transport(void **state maybe_unused)
{
	static const struct {
		enum error_code code;
		bool connection;
		const char *address, *text;
	} cases[] = {
		{ ERROR_CONNECT, true, "10.0.0.5:2375",
			"Cannot connect to the Docker daemon at tcp://10.0.0.5:2375. Is the docker "
			"daemon running?" },
		{ ERROR_TIMEOUT, true, "unix:///run/d.sock",
			"Cannot connect to the Docker daemon at unix:///run/d.sock. Is the docker "
			"daemon running?" },
		{ ERROR_TLS, true, "10.0.0.5:2375", "why" },
		{ ERROR_CLOSED, false, "10.0.0.5:2375", "why" },
		{ ERROR_TIMEOUT, false, "10.0.0.5:2375", "why" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct remote r = { .address = (char *)cases[i].address };
		auto_error struct error err = ERROR_INIT;
		struct call c;

		call_init(&c, "GET", "/");
		c.done = true;
		c.connection_failed = cases[i].connection;
		error_set(&c.err, cases[i].code, "why");
		assert_false(remote_check(&c, &r, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.text, cases[i].text);
		assert_false(remote_check(&c, &r, NULL));
		call_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_learn_version),
		cmocka_unit_test(test_check_answers),
		cmocka_unit_test(test_check_transport),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
