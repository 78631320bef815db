/* Names taken apart, and domains that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "names/zone.h"

static void test_names(void **state maybe_unused)
{
	static const struct {
		const char *asked;
		enum zone_kind kind;
		const char *name, *ip;
		enum zone_ports ports;
		unsigned port;
	} cases[] = {
		{ "swarm", ZONE_APEX, "", "", ZONE_ALL_PORTS, 0 },
		{ "web.swarm", ZONE_THING, "web", "", ZONE_ALL_PORTS, 0 },
		{ "web.shop.swarm", ZONE_THING, "web.shop", "", ZONE_ALL_PORTS, 0 },
		{ "_80._tcp.web.swarm", ZONE_THING, "web", "", ZONE_ONE_PORT, 80 },
		{ "_53._udp.web.shop.swarm", ZONE_THING, "web.shop", "", ZONE_ONE_PORT, 53 },
		{ "_tcp.web.swarm", ZONE_THING, "web", "", ZONE_NO_PORT, 0 },
		{ "_http._tcp.web.swarm", ZONE_THING, "web", "", ZONE_NO_PORT, 0 },
		{ "_0._tcp.web.swarm", ZONE_THING, "web", "", ZONE_NO_PORT, 0 },
		{ "n1.node.swarm", ZONE_NODE, "n1", "", ZONE_ALL_PORTS, 0 },
		{ "n1.example.com.node.swarm", ZONE_NODE, "n1.example.com", "", ZONE_ALL_PORTS, 0 },
		{ "node.swarm", ZONE_NODE, "", "", ZONE_ALL_PORTS, 0 },
		{ "webswarm", ZONE_OUTSIDE, "", "", ZONE_ALL_PORTS, 0 },
		{ "example.com", ZONE_OUTSIDE, "", "", ZONE_ALL_PORTS, 0 },
		{ "", ZONE_OUTSIDE, "", "", ZONE_ALL_PORTS, 0 },
		{ "10.2.0.192.in-addr.arpa", ZONE_ADDRESS, "", "192.0.2.10", ZONE_ALL_PORTS, 0 },
		{ "2.0.192.in-addr.arpa", ZONE_OUTSIDE, "", "", ZONE_ALL_PORTS, 0 },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
			ZONE_ADDRESS, "", "2001:db8::1", ZONE_ALL_PORTS, 0 },
		{ "g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
			ZONE_OUTSIDE, "", "", ZONE_ALL_PORTS, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct zone_question q;

		zone_read(&q, "swarm", cases[i].asked);
		if (q.kind != cases[i].kind || strcmp(q.name, cases[i].name) != 0 ||
			strcmp(q.ip, cases[i].ip) != 0 || q.ports != cases[i].ports ||
			(q.ports == ZONE_ONE_PORT && q.port != cases[i].port))
			fail_msg("%s: kind %d name '%s' ip '%s' ports %d %u", cases[i].asked,
				q.kind, q.name, q.ip, q.ports, q.port);
	}
}

static void test_domains(void **state maybe_unused)
{
	static const struct {
		const char *text, *domain; /* NULL: none */
	} cases[] = {
		{ "swarm.", "swarm" },
		{ "Pool.Example.com", "pool.example.com" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ "a b", NULL },
		{ ".swarm", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *domain = zone_domain_parse(cases[i].text, NULL);

		if (!domain != !cases[i].domain || (domain && strcmp(domain, cases[i].domain) != 0))
			fail_msg("'%s': %s", cases[i].text, domain ? domain : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
