/* Every wait of a create, refused, cut, frozen, cancelled, forgotten, and no longer allowed. */
#include "rig.h"

#include "manager/create.h"
#include "manager/publish.h"

struct trial {
	struct rig rig;
	struct create *create;
	struct publish *publish; /* owned; NULL */
	bool finished;
	char *result; /* owned: "201", the status of an engine's error, or the code of ours */
};

static void handle_finished(struct create *c, void *arg)
{
	struct trial *t = arg;

	t->finished = true;
	t->result = !error_is_set(&c->err)        ? xstrdup("201")
		    : c->err.code == ERROR_ENGINE ? xasprintf("%d", c->err.status)
						  : xstrdup(error_code_name(c->err.code));
	assert_true((c->answer != NULL) == !error_is_set(&c->err));
}

/* --- what is asked for --- */

static void lack_the_image(struct rig *r)
{
	r->fakes[0]->lacks_image = r->fakes[1]->lacks_image = true;
}

static void spread_a_network(struct rig *r)
{
	fake_engine_add_network(r->fakes[1], "net", "{\"" LABEL_NETWORK_IPAM "\":\"null\"}");
}

/* Then the image is looked at first. */
static void relay_ports(struct rig *r maybe_unused)
{
}

static void have_two_networks(struct rig *r)
{
	fake_engine_add_network(r->fakes[0], "a", "{}");
	fake_engine_add_network(r->fakes[0], "b", "{}");
}

/* The results when the first, second, ... wait ends so.  Frozen: until the engine dies.  Lost: by
 * then the manager no longer leads.  A question that was cut off is asked again. */
static const struct script {
	const char *name, *more;
	void (*prepare)(struct rig *r);
	const char *refused, *cut, *frozen, *lost;
} scripts[] = {
	{ "plain", "", NULL, "500 201 201", "closed 201 201", "closed 201 201", "201 201 201" },
	{ "pull", "", lack_the_image, "500 500 500 201 201", "closed closed closed 201 201",
		"closed closed closed 201 201", "unavailable unavailable 201 201 201" },
	{ "network", "\"NetworkMode\":\"net\"", spread_a_network, "500 500 500 201 201",
		"closed 201 closed 201 201", "closed connect closed 201 201",
		"unavailable unavailable 201 201 201" },
	{ "ports", "\"PublishAllPorts\":true", relay_ports, "201 500 201 201", "201 closed 201 201",
		"connect closed 201 201", "unavailable 201 201 201" },
	{ "connect", "\"NetworkMode\":\"a\"", have_two_networks, "500 500 201 201",
		"closed closed 201 201", "closed closed 201 201", "unavailable 201 201 201" },
};

static void begin(struct trial *t, const struct script *s, enum fake_fault fault, int n)
{
	auto_free char *body = xasprintf(
		"{\"Image\":\"busybox\",\"Env\":[\"constraint:node==node-1\"],\"HostConfig\":{"
		"\"Memory\":4096%s%s}%s}",
		*s->more ? "," : "", s->more,
		s->prepare == have_two_networks
			? ",\"NetworkingConfig\":{\"EndpointsConfig\":{\"a\":{},\"b\":{}}}"
			: "");
	struct container_config config;
	struct error err = ERROR_INIT;

	*t = (struct trial){ 0 };
	rig_create(&t->rig, s->prepare);
	if (s->prepare == relay_ports)
		t->publish = publish_create(&t->rig.manager,
			&(struct publish_config){
				.all = true, .host = "127.0.0.1", .first = 40000, .last = 40100 });
	rig_fault(&t->rig, fault, n);
	assert_true(config_parse(&config, body, strlen(body), "new", "", &err));
	t->create = create_start(
		&t->rig.manager, &config, NULL, (struct api_version){ 1, 44 }, handle_finished, t);
}

static void end(struct trial *t)
{
	rig_check_idle(&t->rig);
	publish_destroy(t->publish);
	rig_destroy(&t->rig);
	free(t->result);
}

/* --- how it ends --- */

static int count_waits(const struct script *s)
{
	struct trial t;
	int waits;

	begin(&t, s, FAKE_NO_FAULT, 0);
	rig_wait_idle(&t.rig);
	assert_string_equal(t.result, "201");
	assert_non_null(fake_engine_find(t.rig.fakes[0], "new"));
	waits = t.rig.fakes[0]->asked;
	end(&t);
	return waits;
}

static void add_result(struct strbuf *results, struct trial *t)
{
	rig_wait_idle(&t->rig);
	assert_true(t->finished);
	if (t->rig.fakes[0]->fault == FAKE_REFUSES) /* a container that is none is gone again */
		assert_int_equal(fake_engine_find(t->rig.fakes[0], "new") != NULL,
			strcmp(t->result, "201") == 0);
	strbuf_addf(results, "%s%s", results->len ? " " : "", t->result);
	end(t);
}

static void check_results(
	const struct script *s, const char *how, const struct strbuf *results, const char *expected)
{
	if (strcmp(results->buf, expected) != 0)
		fail_msg("%s, %s: %s instead of %s", s->name, how, results->buf, expected);
}

static void try_fault(const struct script *s, int waits, enum fake_fault fault)
{
	auto_strbuf struct strbuf results = STRBUF_INIT;
	struct trial t;

	for (int n = 0; n < waits; n++) {
		begin(&t, s, fault, n);
		if (fault == FAKE_FREEZES) { /* and then it dies */
			rig_wait_frozen(&t.rig);
			fake_engine_stop(t.rig.fakes[0]);
		}
		add_result(&results, &t);
	}
	if (fault == FAKE_REFUSES)
		check_results(s, "refused", &results, s->refused);
	else if (fault == FAKE_CUTS)
		check_results(s, "cut", &results, s->cut);
	else
		check_results(s, "frozen", &results, s->frozen);
}

/* Nothing more is changed than what was asked before. */
static void try_lost(const struct script *s, int waits)
{
	auto_strbuf struct strbuf results = STRBUF_INIT;
	struct trial t;

	for (int n = 0; n < waits; n++) {
		begin(&t, s, FAKE_FREEZES, n);
		rig_wait_frozen(&t.rig);
		int changes = t.rig.fakes[0]->changes;

		manager_set_acting(&t.rig.manager, false);
		fake_engine_release(t.rig.fakes[0]);
		turn_until(t.rig.fx.loop, t.finished);
		assert_int_equal(t.rig.fakes[0]->changes, changes);
		add_result(&results, &t);
	}
	check_results(s, "lost", &results, s->lost);
}

static void try_cancelled(const struct script *s, int waits)
{
	for (int n = 0; n < waits; n++) {
		struct trial t;

		begin(&t, s, FAKE_FREEZES, n);
		rig_wait_frozen(&t.rig);
		create_cancel(t.create);
		rig_check_idle(&t.rig);
		fake_engine_release(t.rig.fakes[0]);
		turn_for_ms(t.rig.fx.loop, 5);
		assert_false(t.finished);
		end(&t);
	}
}

/* Its client leaves: it goes on without it. */
static void try_forgotten(const struct script *s, int waits)
{
	for (int n = 0; n < waits; n++) {
		struct trial t;

		begin(&t, s, FAKE_FREEZES, n);
		rig_wait_frozen(&t.rig);
		create_forget(t.create);
		fake_engine_release(t.rig.fakes[0]);
		rig_wait_idle(&t.rig);
		assert_false(t.finished);
		assert_non_null(fake_engine_find(t.rig.fakes[0], "new"));
		end(&t);
	}
}

static void test_every_wait(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		int waits = count_waits(&scripts[i]);

		assert_true(waits > 1);
		try_fault(&scripts[i], waits, FAKE_REFUSES);
		try_fault(&scripts[i], waits, FAKE_CUTS);
		try_fault(&scripts[i], waits, FAKE_FREEZES);
		try_lost(&scripts[i], waits);
		try_cancelled(&scripts[i], waits);
		try_forgotten(&scripts[i], waits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
