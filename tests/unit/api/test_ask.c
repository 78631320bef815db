/* A question to two engines: what each of them does, and what the client hears of it. */
#include "unit.h"

#undef turn_until
#include "peer.h"

#include "api/ask.h"
#include "api/entry.h"
#include "api/routes.h"
#include "manager/parts.h"

enum { ENGINES = 2, TIMEOUT_MS = 200 };

struct world {
	struct fixture fx;
	struct fake_engine *engines[ENGINES];
	struct manager manager;
	struct api api;
	struct http_server *server;
	struct raw client;
	const struct ask_kind *kind;
};

static struct world *world;

static bool prepare(struct ask *a, struct error *err maybe_unused)
{
	for (size_t i = 0; i < ENGINES; i++)
		ask_add(a, fixture_engine(&world->fx, world->engines[i]->address), "/info", NULL);
	return true;
}

static bool is_gone(const struct fanout_item *item)
{
	return item->err.status == 500; /* what a fake says when it fails */
}

static char *say_ok(struct ask *a maybe_unused, size_t *ret_len, struct error *err maybe_unused)
{
	*ret_len = 3;
	return xstrdup("\"k\"");
}

static void handle(struct exchange *x, void *arg)
{
	struct world *w = arg;
	struct request *rq = request_create(&w->api, x, NULL);

	rq->route = routes_find("GET", rq, NULL);
	ask_run(rq, w->kind);
}

static int setup(void **state)
{
	struct world *w = world = xnew(struct world);
	struct http_server_config config = { .handle = handle, .arg = w };
	auto_strv struct strv members = STRV_INIT;
	const struct api_config api_config = { .version = "x", .max_version = { 1, 44 } };

	fixture_create(&w->fx);
	for (size_t i = 0; i < ENGINES; i++) {
		static const char *const names[ENGINES] = { "a", "b" };

		w->engines[i] = fake_engine_create(w->fx.loop);
		w->engines[i]->name = w->engines[i]->daemon_id = names[i];
		strv_add(&members, w->engines[i]->address);
	}
	members_set(w->fx.cluster, &members);
	turn_until(w->fx.loop, w->fx.cluster->healthy == ENGINES);
	parts_init(&w->manager, w->fx.loop, w->fx.cluster, NULL, 0);
	api_init(&w->api, w->fx.loop, &w->manager, &api_config);
	w->server = http_server_create(w->fx.loop, &config);
	http_server_take(w->server, raw_pair(w->fx.loop, &w->client));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	api_finish(&w->api);
	http_server_destroy(w->server);
	raw_close(&w->client);
	parts_finish(&w->manager);
	for (size_t i = 0; i < ENGINES; i++)
		fake_engine_destroy(w->engines[i]);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

/* What an engine does: answers, refuses, freezes. */
static void set_behaviour(struct fake_engine *f, char how)
{
	f->fail = how == 'r' ? "/info" : NULL;
	f->hold = how == 'f' ? "/info" : NULL;
}

static const struct {
	const char *what;
	enum ask_need need;
	enum ask_order order;
	const char *behaviour; /* of each engine */
	bool gone;
	const char *done;
	int status;
	const char *text;       /* in the answer */
	int refreshed[ENGINES]; /* how often */
} cases[] = {
	{ "all do", ASK_ALL_MUST, 0, "oo", false, NULL, 200, "\"k\"", { 1, 1 } },
	{ "one of all refuses", ASK_ALL_MUST, 0, "or", false, NULL, 500,
		"b: out of order\\nsucceeded on a", { 1, 1 } },
	{ "one of all is lost", ASK_ALL_MUST, 0, "of", false, NULL, 500, "\\nsucceeded on a",
		{ 1, 0 } },
	{ "a line each", ASK_ALL_MUST, 0, "or", false, "painted", 500,
		"b: out of order\\na: painted", { 1, 1 } },
	{ "it was gone from one", ASK_ALL_MUST, 0, "or", true, NULL, 200, "\"k\"", { 1, 1 } },
	{ "it was gone from all", ASK_ALL_MUST, 0, "rr", true, NULL, 500,
		"{\"message\":\"out of order\"}", { 1, 1 } },
	{ "all refuse and say the same", ASK_ALL_MUST, 0, "rr", false, NULL, 500,
		"{\"message\":\"out of order\"}", { 1, 1 } },
	{ "one refuses, one is lost", ASK_ALL_MUST, 0, "rf", false, NULL, 500,
		"a: out of order\\nb: ", { 1, 0 } },
	{ "a lost one is a warning", ASK_ANSWERED_MUST, 0, "of", false, NULL, 200,
		"Warning: 299 swarm \"b: ", { 1, 0 } },
	{ "a refusal is none", ASK_ANSWERED_MUST, 0, "or", false, NULL, 500,
		"b: out of order\\nsucceeded on a", { 1, 1 } },
	{ "all are lost", ASK_ANSWERED_MUST, 0, "ff", false, NULL, 500, "a: ", { 0, 0 } },
	{ "one does", ASK_ONE_MUST, 0, "ro", false, NULL, 200, "\"k\"", { 1, 1 } },
	{ "none of one does", ASK_ONE_MUST, 0, "rr", false, NULL, 500,
		"{\"message\":\"out of order\"}", { 1, 1 } },
	{ "none must", ASK_NONE_MUST, 0, "rf", false, NULL, 200, "\"k\"", { 1, 0 } },
	{ "each in turn", ASK_ALL_MUST, ASK_EACH, "oo", false, NULL, 200, "\"k\"", { 1, 1 } },
	{ "each until one fails", ASK_ALL_MUST, ASK_EACH, "ro", false, NULL, 500,
		"{\"message\":\"out of order\"}", { 1, 0 } },
	{ "the first that is there", ASK_ALL_MUST, ASK_FIRST, "oo", false, NULL, 200, "\"k\"",
		{ 1, 0 } },
	{ "who refuses is there", ASK_ALL_MUST, ASK_FIRST, "ro", false, NULL, 500,
		"{\"message\":\"out of order\"}", { 1, 0 } },
	{ "the next, when one is frozen", ASK_ALL_MUST, ASK_FIRST, "fo", false, NULL, 200, "\"k\"",
		{ 0, 1 } },
};

static void run_case(struct world *w, size_t i)
{
	const struct ask_kind kind = {
		.order = cases[i].order,
		.need = cases[i].need,
		.mode = CALL_JSON,
		.timeout_ms = TIMEOUT_MS,
		.done = cases[i].done,
		.prepare = prepare,
		.gone = cases[i].gone ? is_gone : NULL,
		.refresh_each = refresh_images,
		.answer = say_ok,
	};
	auto_free char *line = xasprintf("HTTP/1.1 %d ", cases[i].status);
	int lists[ENGINES];

	w->kind = &kind;
	for (size_t k = 0; k < ENGINES; k++) {
		lists[k] = w->engines[k]->image_lists;
		set_behaviour(w->engines[k], cases[i].behaviour[k]);
	}
	raw_forget(&w->client);
	raw_send(&w->client, "GET /info HTTP/1.1\r\nHost: a\r\n\r\n");
	turn_until(w->fx.loop, raw_has(&w->client, "\r\n\r\n") && list_empty(&w->api.requests));
	if (!raw_has(&w->client, line) || !raw_has(&w->client, cases[i].text))
		fail_msg("%s: %.*s", cases[i].what, (int)evbuffer_get_length(w->client.in),
			(const char *)evbuffer_pullup(w->client.in, -1));
	for (size_t k = 0; k < ENGINES; k++) {
		fake_engine_release(w->engines[k]);
		if (w->engines[k]->image_lists - lists[k] != cases[i].refreshed[k])
			fail_msg("%s: engine %zu refreshed %d times", cases[i].what, k,
				w->engines[k]->image_lists - lists[k]);
	}
}

static void test_outcomes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		run_case(*state, i);
}

/* At the end of the process what is asked is thrown away, whatever it waits for. */
static void test_cancelled(void **state)
{
	static const struct ask_kind kind = {
		.mode = CALL_JSON,
		.timeout_ms = 60 * 1000,
		.prepare = prepare,
		.refresh_each = refresh_images,
	};
	struct world *w = *state;

	w->kind = &kind;
	set_behaviour(w->engines[0], 'f');
	raw_send(&w->client, "GET /info HTTP/1.1\r\nHost: a\r\n\r\n");
	turn_until(w->fx.loop, !list_empty(&w->engines[0]->held));
	api_finish(&w->api);
	assert_true(list_empty(&w->api.requests));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_outcomes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
