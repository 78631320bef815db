#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "docker/container.h"
#include "register/service.h"

#define PUBLISH(inside, host) "\"" inside "\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"" host "\"}]"
#define TWO                   PUBLISH("443/tcp", "4443") "," PUBLISH("80/tcp", "8000")

struct wish {
	const char *name, *image, *ports, *env, *labels, *exposed, *network;
	const char *state; /* more members of State */
	struct service_terms terms;
	const char *expected; /* id name address:port tags attributes health;... */
};

static struct container *build(const struct wish *w)
{
	const struct container_view view = { .engine_cpus = 1, .keeps_services = true };
	auto_free char *text = xasprintf(
		"{\"Id\":\"0123456789abcdef\",\"Name\":\"/%s\","
		"\"State\":{\"Status\":\"running\",\"Running\":true%s},"
		"\"Config\":{\"Image\":\"%s\",\"Env\":[\"SECRET=1\"%s],\"Labels\":{%s},"
		"\"ExposedPorts\":{%s},\"Hostname\":\"host\"},"
		"\"HostConfig\":{\"NetworkMode\":\"%s\"},\"NetworkSettings\":{\"Ports\":{%s},"
		"\"Networks\":{\"front\":{\"IPAddress\":\"10.1.0.5\"},\"bridge\":"
		"{\"IPAddress\":\"172.17.0.5\"}}}}",
		w->name, w->state ? w->state : "", w->image, w->env ? w->env : "",
		w->labels ? w->labels : "", w->exposed ? w->exposed : "",
		w->network ? w->network : "default", w->ports ? w->ports : "");
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
	struct container *c = container_create();

	assert_non_null(doc);
	assert_true(container_set_inspect(c, yyjson_doc_get_root(doc), &view, NULL));
	return c;
}

static void describe(struct strbuf *sb, const struct service *s)
{
	auto_free char *tags = strv_join(&s->tags, ",");

	strbuf_addf(sb, "%s%s %s %s:%u [%s]", sb->len ? "; " : "", s->id, s->name, s->ip, s->port,
		tags);
	for (size_t i = 0; i < s->attributes.count; i++)
		strbuf_addf(sb, " %s=%s", s->attributes.items[i].key, s->attributes.items[i].value);
	if (s->health)
		strbuf_addf(sb, " (%s)", service_health_texts[s->health]);
}

static void check(const struct wish *w)
{
	struct service_terms terms = w->terms;
	struct container *c = build(w);
	struct services found = { 0 };
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	terms.node = "n1";
	terms.ip = "192.0.2.10";
	service_read(&found, c, NULL, &terms);
	for (size_t i = 0; i < found.count; i++)
		describe(&sb, &found.items[i]);
	assert_string_equal(sb.buf, w->expected);
	services_finish(&found);
	container_destroy(c);
}

static void test_what_registrator_writes(void **state maybe_unused)
{
	static const struct wish cases[] = {
		{ "r0", "team/redis", PUBLISH("6379/tcp", "10000"),
			.expected = "n1:r0:6379 redis 192.0.2.10:10000 []" },
		{ "w", "nginx", TWO,
			.expected = "n1:w:443 nginx-443 192.0.2.10:4443 []; "
				    "n1:w:80 nginx-80 192.0.2.10:8000 []" },
		{ "w", "nginx", TWO, .env = ",\"SERVICE_NAME=web\"",
			.expected = "n1:w:443 web-443 192.0.2.10:4443 []; "
				    "n1:w:80 web-80 192.0.2.10:8000 []" },
		{ "w", "nginx", TWO, .env = ",\"SERVICE_80_NAME=http\",\"SERVICE_443_IGNORE=1\"",
			.expected = "n1:w:80 http 192.0.2.10:8000 []" },
		{ "w", "nginx", TWO, .env = ",\"SERVICE_443_IGNORE=false\"",
			.expected = "n1:w:80 nginx-80 192.0.2.10:8000 []" },
		{ "d", "dns", PUBLISH("53/udp", "53"),
			.expected = "n1:d:53:udp dns 192.0.2.10:53 [udp]" },
		{ "h", "exporter", .exposed = "\"9100/tcp\":{}", .network = "host",
			.expected = "n1:h:9100 exporter 192.0.2.10:9100 []" },
		{ "t", "a", PUBLISH("1/tcp", "1"), .env = ",\"SERVICE_TAGS=b\"",
			.labels = "\"SERVICE_TAGS\":\"a\"",
			.expected = "n1:t:1 a 192.0.2.10:1 [a]" },
		{ "m", "b", PUBLISH("8080/tcp", "8080"),
			.env = ",\"SERVICE_REGION=eu\",\"SERVICE_8080_REGION=us\"",
			.expected = "n1:m:8080 b 192.0.2.10:8080 [] region=us" },
		/* Names of images. */
		{ "i", "reg:5000/team/app:1.2", PUBLISH("1/tcp", "1"),
			.expected = "n1:i:1 app 192.0.2.10:1 []" },
		{ "i", "team/app@sha256:0123", PUBLISH("1/tcp", "1"),
			.expected = "n1:i:1 app@sha256 192.0.2.10:1 []" },
		{ "i", "sha256:0123", PUBLISH("1/tcp", "1"),
			.expected = "n1:i:1 sha256 192.0.2.10:1 []" },
		/* What is only exposed, and what is published on the node's loopback. */
		{ "e", "a", .exposed = "\"80/tcp\":{}", .expected = "" },
		{ "l", "a", "\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1\"}]",
			.expected = "" },
		{ "b", "a", "\"80/tcp\":[{\"HostIp\":\"192.0.2.77\",\"HostPort\":\"1\"}]",
			.expected = "n1:b:80 a 192.0.2.77:1 []" },
		{ "x", "a", PUBLISH("80/tcp", "1"), .exposed = "\"80/tcp\":{},\"81/tcp\":{}",
			.expected = "n1:x:80 a 192.0.2.10:1 []" },
		{ "s", "a", PUBLISH("80/tcp", "1"), .env = ",\"SERVICE_ID=mine\"",
			.expected = "mine a 192.0.2.10:1 []" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

static void test_what_the_operator_or_the_container_wants(void **state maybe_unused)
{
	static const struct wish cases[] = {
		{ "i", "a", .exposed = "\"80/tcp\":{}", .terms.internal = true,
			.expected = "n1:i:80 a 172.17.0.5:80 []" },
		{ "i", "a", .exposed = "\"80/tcp\":{}",
			.env = ",\"SERVICE_80_INTERNAL=true\",\"SERVICE_NETWORK=front\"",
			.expected = "n1:i:80 a 10.1.0.5:80 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .env = ",\"SERVICE_INTERNAL=false\"",
			.terms.internal = true, .expected = "n1:o:80 a 192.0.2.10:1 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .env = ",\"SERVICE_IP=192.0.2.99\"",
			.expected = "n1:o:80 a 192.0.2.99:1 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .env = ",\"SERVICE_IP=nonsense\"",
			.expected = "n1:o:80 a 192.0.2.10:1 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .labels = "\"ip\":\"192.0.2.98/24\"",
			.terms.ip_label = "ip", .expected = "n1:o:80 a 192.0.2.98:1 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .terms.named_only = true, .expected = "" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .terms.named_only = true,
			.env = ",\"SERVICE_NAME=n\"", .expected = "n1:o:80 n 192.0.2.10:1 []" },
		{ "o", "a", PUBLISH("80/tcp", "1"), .terms.tags = "z,y",
			.env = ",\"SERVICE_TAGS=x\"",
			.expected = "n1:o:80 a 192.0.2.10:1 [x,y,z]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

static void test_health(void **state maybe_unused)
{
	static const struct wish cases[] = {
		{ "h", "a", PUBLISH("80/tcp", "1"), .state = ",\"Health\":{\"Status\":\"healthy\"}",
			.expected = "n1:h:80 a 192.0.2.10:1 [] (passing)" },
		{ "h", "a", PUBLISH("80/tcp", "1"),
			.state = ",\"Health\":{\"Status\":\"unhealthy\"}",
			.expected = "n1:h:80 a 192.0.2.10:1 [] (critical)" },
		{ "h", "a", PUBLISH("80/tcp", "1"),
			.state = ",\"Health\":{\"Status\":\"starting\"}",
			.expected = "n1:h:80 a 192.0.2.10:1 [] (critical)" },
		{ "h", "a", PUBLISH("80/tcp", "1"),
			.state = ",\"Health\":{\"Status\":\"starting\"}",
			.env = ",\"SERVICE_CHECK_INITIAL_STATUS=passing\"",
			.expected = "n1:h:80 a 192.0.2.10:1 [] check_initial_status=passing "
				    "(passing)" },
		{ "h", "a", PUBLISH("80/tcp", "1"), .state = ",\"Paused\":true",
			.expected = "n1:h:80 a 192.0.2.10:1 [] (critical)" },
		{ "h", "a", PUBLISH("80/tcp", "1"), .state = ",\"Restarting\":true",
			.expected = "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_registrator_writes),
		cmocka_unit_test(test_what_the_operator_or_the_container_wants),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests_name("register-service", tests, NULL, NULL);
}
