/* What is said to a question: two nodes, and what runs on them. */
#include "fixture.h"

#include <arpa/inet.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "names/answer.h"

struct world {
	struct fixture fx;
	struct directory directory;
	struct engine *n1, *n2;
};

static struct engine *add_node(struct fixture *fx, const char *name, const char *ip)
{
	struct engine *e = fixture_validated(fx, name, name);

	free(e->ip);
	e->ip = xstrdup(ip);
	return e;
}

static void publish(struct container *c, uint16_t inside, uint16_t port, const char *ip)
{
	c->ports = xreallocarray(c->ports, (size_t)c->ports_count + 1, sizeof(*c->ports));
	c->ports[c->ports_count++] = (struct port_use){
		.protocol = inside == 53 ? PORT_UDP : PORT_TCP,
		.first = port,
		.last = port,
		.inside = inside,
		.any_address = !*ip,
		.address = intern(ip),
	};
}

static struct container *add_web(struct engine *e, const char *id, const char *name, uint16_t port)
{
	struct container *c = fixture_container(e, id, "", name);

	engine_before_change(e, c);
	labels_add(&c->labels, "com.docker.compose.service", "web");
	labels_add(&c->labels, "com.docker.compose.project", "shop");
	publish(c, 80, port, "");
	engine_after_change(e, c);
	return c;
}

static void add_others(struct world *w)
{
	struct container *c = fixture_container(w->n1, "c4", "", "/sick");

	publish(c, 80, 9000, "");
	c->health = HEALTH_UNHEALTHY;
	c = fixture_container(w->n1, "c5", "", "/Inner.Most");
	publish(c, 53, 5300, "");
	publish(c, 80, 8000, "127.0.0.1");
	c = fixture_container(w->n2, "c6", "", "/on-host");
	c->host_network = true;
	c->exposed = xcalloc(1, sizeof(*c->exposed));
	c->exposed_count = 1;
	c->exposed[0] = (struct port_use){ .first = 9100,
		.last = 9100,
		.inside = 9100,
		.any_address = true,
		.address = intern("") };
	fixture_container(w->n2, "c7", "", "/closed");
	c = fixture_container(w->n1, "c8", "", "/six");
	publish(c, 80, 8006, "2001:db8::6");
}

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->n1 = add_node(&w->fx, "N1", "192.0.2.1");
	w->n2 = add_node(&w->fx, "n2", "192.0.2.2");
	directory_init(&w->directory, w->fx.cluster);
	add_web(w->n1, "c1", "/shop-web-1", 8001);
	add_web(w->n2, "c2", "/shop-web-2", 8002);
	add_web(w->n2, "c3", "/shop-web-3", 8003)->state = CONTAINER_EXITED;
	add_others(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	directory_finish(&w->directory);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

static void write_record(struct strbuf *sb, const struct packet_record *r)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (r->type == TYPE_A || r->type == TYPE_AAAA)
		inet_ntop(r->type == TYPE_A ? AF_INET : AF_INET6, &r->address, ip, sizeof(ip));
	strbuf_addf(sb, "%s%s", sb->len ? " " : "", (const char *[]){ "", "!", "+" }[r->section]);
	if (r->type == TYPE_SRV)
		strbuf_addf(sb, "%s:%u", r->target, r->port);
	else if (r->type == TYPE_SOA)
		strbuf_add_str(sb, "soa");
	else
		strbuf_addf(sb, "%s%s", ip, r->target);
}

/* The code, if it is an error, and the records. */
static void ask(struct world *w, const char *name, uint16_t type, uint32_t turn, struct strbuf *sb)
{
	struct packet_query q = { .type = type };
	struct packet_answer a = { 0 };

	snprintf(q.name, sizeof(q.name), "%s", name);
	answer_fill(&a,
		&(struct answer_source){
			.directory = &w->directory,
			.domain = "swarm",
			.local_ip = "192.0.2.9",
			.turn = turn,
		},
		&q);
	if (a.code)
		strbuf_addf(sb, "%d", a.code);
	for (size_t i = 0; i < a.count; i++)
		write_record(sb, &a.records[i]);
	packet_answer_finish(&a);
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		uint32_t turn;
		const char *expected; /* "!": authority, "+": additional; a number: the code */
	} cases[] = {
		{ "shop-web-1.swarm", TYPE_A, 0, "192.0.2.1" },
		{ "web.shop.swarm", TYPE_A, 0, "192.0.2.1 192.0.2.2" },
		{ "web.shop.swarm", TYPE_A, 1, "192.0.2.2 192.0.2.1" },
		{ "web.shop.swarm", TYPE_SRV, 0,
			"shop-web-1.swarm:8001 +192.0.2.1 shop-web-2.swarm:8002 +192.0.2.2" },
		{ "_80._tcp.shop-web-2.swarm", TYPE_SRV, 0, "shop-web-2.swarm:8002 +192.0.2.2" },
		{ "_81._tcp.shop-web-2.swarm", TYPE_SRV, 0, "!soa" },
		{ "_80._udp.shop-web-2.swarm", TYPE_SRV, 0, "!soa" },
		{ "_80._tcp.shop-web-2.swarm", TYPE_A, 0, "!soa" },
		{ "_tcp.shop-web-2.swarm", TYPE_SRV, 0, "!soa" },
		{ "_tcp.nobody.swarm", TYPE_SRV, 0, "3 !soa" },
		{ "web.shop.swarm", TYPE_AAAA, 0, "!soa" },
		{ "shop.swarm", TYPE_A, 0, "!soa" },       /* something is below it */
		{ "shop-web-3.swarm", TYPE_A, 0, "!soa" }, /* does not run */
		{ "sick.swarm", TYPE_A, 0, "!soa" },
		{ "closed.swarm", TYPE_A, 0, "!soa" },
		{ "inner.most.swarm", TYPE_SRV, 0, "Inner.Most.swarm:5300 +192.0.2.1" },
		{ "on-host.swarm", TYPE_A, 0, "192.0.2.2" },
		{ "on-host.swarm", TYPE_SRV, 0, "on-host.swarm:9100 +192.0.2.2" },
		{ "six.swarm", TYPE_AAAA, 0, "2001:db8::6" },
		{ "six.swarm", TYPE_A, 0, "!soa" },
		{ "nobody.swarm", TYPE_A, 0, "3 !soa" },
		{ "n1.node.swarm", TYPE_A, 0, "192.0.2.1" },
		{ "n3.node.swarm", TYPE_A, 0, "3 !soa" },
		{ "node.swarm", TYPE_A, 0, "!soa" },
		{ "2.2.0.192.in-addr.arpa", TYPE_PTR, 0, "n2.node.swarm" },
		{ "3.2.0.192.in-addr.arpa", TYPE_PTR, 0, "5" },
		{ "example.com", TYPE_A, 0, "5" },
		{ "swarm", TYPE_SOA, 0, "soa" },
		{ "swarm", TYPE_A, 0, "192.0.2.9" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf said = STRBUF_INIT;

		ask(*state, cases[i].name, cases[i].type, cases[i].turn, &said);
		if (strcmp(said.len ? said.buf : "", cases[i].expected) != 0)
			fail_msg("%s %u: '%s' instead of '%s'", cases[i].name, cases[i].type,
				said.buf, cases[i].expected);
	}
}

static void test_follows_what_changes(void **state)
{
	struct world *w = *state;
	auto_strbuf struct strbuf said = STRBUF_INIT;

	engine_remove_container(w->n1, engine_find_container(w->n1, "c1"));
	ask(w, "web.shop.swarm", TYPE_A, 0, &said);
	assert_string_equal(said.buf, "192.0.2.2");
	strbuf_reset(&said);
	add_web(w->n1, "c9", "/late", 8009);
	ask(w, "late.swarm", TYPE_A, 0, &said);
	assert_string_equal(said.buf, "192.0.2.1");
	strbuf_reset(&said);
	fixture_members(&w->fx, NULL, NULL);
	ask(w, "web.shop.swarm", TYPE_A, 0, &said);
	assert_string_equal(said.buf, "3 !soa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follows_what_changes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
