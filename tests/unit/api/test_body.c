/* A request's body: waited for, refused, and read as an object. */
#include "peer.h"

#include "api/body.h"
#include "base/json.h"
#include "http/server.h"

struct rig {
	struct loop *loop;
	struct http_server *server;
	struct raw client;
	struct request rq;
	struct task task;
};

static enum task_turn sleep_on(struct task *t)
{
	return task_wait(t, t->step);
}
STEP(sleep_on);

static void keep(struct exchange *x, void *arg)
{
	struct rig *r = arg;

	r->rq.x = x;
}

/* A request whose head has come, and so much of its body. */
static void rig_start(struct rig *r, const char *head, const char *body)
{
	struct http_server_config config = { .handle = keep, .arg = r };

	*r = (struct rig){ .loop = loop_create() };
	task_init(&r->task, r->loop, &sleep_on_step, NULL);
	r->server = http_server_create(r->loop, &config);
	http_server_take(r->server, raw_pair(r->loop, &r->client));
	raw_send(&r->client, head);
	turn_until(r->loop, r->rq.x);
	body_start(&r->rq, &r->task);
	raw_send(&r->client, body);
}

static void rig_stop(struct rig *r)
{
	exchange_finish(r->rq.x);
	http_server_destroy(r->server);
	task_finish(&r->task);
	raw_close(&r->client);
	loop_turn(r->loop, 0);
	loop_destroy(r->loop);
}

#define auto_rig __attribute__((cleanup(rig_stop)))

#define POST(length)                                                                               \
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " length  \
	"\r\n\r\n"

static void test_waits_until_all_is_there(void **state)
{
	auto_rig struct rig r;
	struct error err = ERROR_INIT;

	(void)state;
	rig_start(&r, POST("5"), "ab");
	assert_false(body_is_ready(&r.rq, &r.task, 10, &err));
	assert_false(error_is_set(&err));
	raw_send(&r.client, "cde");
	turn_until(r.loop, body_is_ready(&r.rq, &r.task, 10, &err));
	assert_int_equal(evbuffer_get_length(r.rq.x->body), 5);
}

static void test_a_body_that_stops_coming_is_a_408(void **state)
{
	auto_rig struct rig r;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	rig_start(&r, POST("5"), "ab");
	r.task.timed_out = true; /* as after body_wait */
	assert_false(body_is_ready(&r.rq, &r.task, 10, &err));
	assert_int_equal(err.status, 408);
	assert_string_equal(error_text(&err), "the body of the request did not come");
}

/* What has come at last is not thrown away for having been late. */
static void test_late_is_better_than_never(void **state)
{
	auto_rig struct rig r;

	(void)state;
	rig_start(&r, POST("2"), "ab");
	turn_until(r.loop, r.rq.x->body_complete);
	r.task.timed_out = true;
	assert_true(body_is_ready(&r.rq, &r.task, 10, NULL));
}

static void test_too_large(void **state)
{
	auto_rig struct rig r;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	rig_start(&r, POST("11"), "");
	assert_false(body_is_ready(&r.rq, &r.task, 10, &err));
	assert_int_equal(err.code, ERROR_TOO_LARGE);
}

static void test_a_client_that_is_gone(void **state)
{
	auto_rig struct rig r;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	rig_start(&r, POST("5"), "ab");
	raw_close(&r.client);
	turn_until(r.loop, r.rq.x->gone);
	assert_false(body_is_ready(&r.rq, &r.task, 10, &err));
	assert_int_equal(err.code, ERROR_CLOSED);
}

static void test_objects(void **state)
{
	static const struct {
		const char *body, *otherwise, *object, *error;
	} cases[] = {
		{ "{\"a\":1}", NULL, "{\"a\":1}", NULL },
		{ "", "{}", "{}", NULL },
		{ "", NULL, NULL, JSON_TEXT_EMPTY },
		{ "[]", "{}", NULL, "invalid JSON: an object is expected" },
		{ "null", NULL, "{}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct exchange x = { .body = evbuffer_new() };
		struct request rq = { .x = &x };
		auto_error struct error err = ERROR_INIT;
		auto_json_mut yyjson_mut_doc *doc = NULL;

		evbuffer_add(x.body, cases[i].body, strlen(cases[i].body));
		doc = body_object(&rq, cases[i].otherwise, &err);
		evbuffer_free(x.body);
		assert_int_equal(doc != NULL, cases[i].object != NULL);
		if (!doc) {
			assert_int_equal(err.code, ERROR_INVALID);
			assert_string_equal(error_text(&err), cases[i].error);
			continue;
		}
		auto_strbuf struct strbuf text = STRBUF_INIT;

		json_mut_write(&text, yyjson_mut_doc_get_root(doc));
		assert_string_equal(text.buf, cases[i].object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_until_all_is_there),
		cmocka_unit_test(test_a_body_that_stops_coming_is_a_408),
		cmocka_unit_test(test_late_is_better_than_never),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_a_client_that_is_gone),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
