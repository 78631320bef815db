#include "cmd/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/parse.h"

struct values {
	bool tls;
	bool debug;
	char *level;
	char *cert;
	char *address;
	int64_t retry;
	struct strv hosts;
	struct strv filters;
};

static const struct option_spec specs[] = {
	{ "tls", OPTION(BOOL, struct values, tls) },
	{ "debug", OPTION(BOOL, struct values, debug), .env = "TEST_DEBUG" },
	{ "log-level", "l", OPTION(STRING, struct values, level), .initial = "info" },
	{ "tlscert", OPTION(STRING, struct values, cert) },
	{ "advertise", "addr", OPTION(STRING, struct values, address), .env = "TEST_ADDRESS" },
	{ "retry", OPTION(INT, struct values, retry), .initial = "3" },
	{ "host", "H", OPTION(LIST, struct values, hosts), .initial = "tcp://127.0.0.1:2375",
		.env = "TEST_HOST" },
	{ "filter", "f", OPTION(LIST, struct values, filters) },
};

/* The options that differ from nothing given, then the words, in one text. */
static char *describe(const struct values *v, const struct strv *words, bool help)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_free char *hosts = strv_join(&v->hosts, "+");
	auto_free char *filters = strv_join(&v->filters, "+");
	auto_free char *rest = strv_join(words, " ");

	if (v->tls)
		strbuf_add_str(&text, "tls ");
	if (v->debug)
		strbuf_add_str(&text, "debug ");
	if (strcmp(v->level, "info") != 0)
		strbuf_addf(&text, "level=%s ", v->level);
	if (v->cert)
		strbuf_addf(&text, "cert=%s ", v->cert);
	if (v->address)
		strbuf_addf(&text, "address=%s ", v->address);
	if (v->retry != 3)
		strbuf_addf(&text, "retry=%d ", (int)v->retry);
	if (strcmp(hosts, "tcp://127.0.0.1:2375") != 0)
		strbuf_addf(&text, "hosts=%s ", hosts);
	if (v->filters.count)
		strbuf_addf(&text, "filters=%s ", filters);
	if (help)
		strbuf_add_str(&text, "help ");
	strbuf_addf(&text, "| %s", rest);
	return strbuf_steal(&text);
}

/* line: words separated by blanks; "''" is an empty one.  Returns the description or error. */
static char *parse_line(const char *line, enum options_order order)
{
	auto_strv struct strv given = STRV_INIT;
	auto_strv struct strv words = STRV_INIT;
	auto_error struct error err = ERROR_INIT;
	struct values values = { 0 };
	struct options options;

	if (*line)
		strv_split(&given, line, ' ');
	for (size_t i = 0; i < given.count; i++) {
		if (strcmp(given.items[i], "''") == 0)
			given.items[i][0] = '\0';
	}
	options_init(&options, specs, ARRAY_SIZE(specs), &values);
	bool ok = options_parse(&options, given.items, given.count, order, &words, &err);
	char *result = ok ? describe(&values, &words, options.help) : xstrdup(err.text);
	options_finish(&options);
	return result;
}

struct parse_case {
	const char *line;
	const char *expected;
};

static void check_cases(const struct parse_case *cases, size_t count, enum options_order order)
{
	for (size_t i = 0; i < count; i++) {
		auto_free char *got = parse_line(cases[i].line, order);

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("'%s': got '%s', expected '%s'", cases[i].line, got,
				cases[i].expected);
	}
}

static const struct parse_case syntax[] = {
	{ "", "| " },
	/* one dash or two */
	{ "-debug", "debug | " },
	{ "--debug", "debug | " },
	{ "-l debug", "level=debug | " },
	{ "--l debug", "level=debug | " },
	{ "-log-level=warn", "level=warn | " },
	{ "-addr=x", "address=x | " },
	{ "---tls", "bad flag syntax: ---tls" },
	{ "--=x", "bad flag syntax: --=x" },
	{ "-=x", "bad flag syntax: -=x" },
	{ "-", "| -" },
	/* values */
	{ "--tlscert=a=b", "cert=a=b | " },
	{ "--tlscert a", "cert=a | " },
	{ "--tlscert=", "cert= | " },
	{ "--tlscert ''", "cert= | " },
	{ "--tlscert -x", "cert=-x | " },
	{ "--tlscert --", "cert=-- | " },
	{ "--tlscert", "flag needs an argument: -tlscert" },
	{ "-H", "flag needs an argument: -H" },
	{ "--bogus", "flag provided but not defined: -bogus" },
	{ "-bogus=1", "flag provided but not defined: -bogus" },
	{ "-TLS", "flag provided but not defined: -TLS" },
	/* booleans */
	{ "--tls", "tls | " },
	{ "--tls=false", "| " },
	{ "--tls=0", "| " },
	{ "--tls=F", "| " },
	{ "--tls=1", "tls | " },
	{ "--tls=TRUE", "tls | " },
	{ "--tls false", "tls | false" },
	{ "--tls --tls=f", "| " },
	{ "--tls=yes",
		"invalid boolean value \"yes\" for -tls: not one of 1, t, true, 0, f, false" },
	{ "--tls=", "invalid boolean value \"\" for -tls: not one of 1, t, true, 0, f, false" },
	/* integers */
	{ "--retry 5", "retry=5 | " },
	{ "--retry=0x5", "retry=5 | " },
	{ "--retry=010", "retry=8 | " },
	{ "--retry=-1", "retry=-1 | " },
	{ "--retry -1", "retry=-1 | " },
	{ "--retry=x", "invalid value \"x\" for flag -retry: not a whole number" },
	{ "--retry=1.5", "invalid value \"1.5\" for flag -retry: not a whole number" },
	{ "--retry=99999999999999999999",
		"invalid value \"99999999999999999999\" for flag -retry: not a whole number" },
	/* two spellings, and one twice */
	{ "--log-level=debug -l warn", "Cannot use two forms of the same flag: l log-level" },
	{ "-H a -host b", "Cannot use two forms of the same flag: H host" },
	{ "--log-level=debug --log-level=warn", "level=warn | " },
	{ "-l debug --l warn", "level=warn | " },
	/* lists */
	{ "-H a", "hosts=a | " },
	{ "-H a -H b", "hosts=a+b | " },
	{ "-H a,b", "hosts=a,b | " },
	{ "--filter port --filter=health", "filters=port+health | " },
	/* order */
	{ "url", "| url" },
	{ "url --tls", "tls | url" },
	{ "--tls url", "tls | url" },
	{ "-l warn url --tls", "tls level=warn | url" },
	{ "a --tls b", "tls | a b" },
	{ "-- url", "| url" },
	{ "--tls -- url", "tls | url" },
	{ "--tls -- --tlscert x", "tls | --tlscert x" },
	{ "url --tls --", "tls | url" },
	{ "-- --", "| --" },
	{ "''", "| " },
	/* help */
	{ "--help", "help | " },
	{ "-h", "help | " },
	{ "-help url", "help | url" },
	{ "url -h --bogus", "help | url --bogus" },
	{ "--bogus -h", "flag provided but not defined: -bogus" },
	{ "--tlscert -h", "cert=-h | " },
	{ "-- -h", "| -h" },
};

static void test_syntax(void **state)
{
	(void)state;
	check_cases(syntax, ARRAY_SIZE(syntax), OPTIONS_ANYWHERE);
}

static const struct parse_case before_command[] = {
	{ "manage --tls", "| manage --tls" },
	{ "--tls manage --debug", "tls | manage --debug" },
	{ "-l warn manage", "level=warn | manage" },
	{ "--tls - -x", "tls | - -x" },
	{ "-- --tls", "| --tls" },
};

static void test_words_before_the_command(void **state)
{
	(void)state;
	check_cases(before_command, ARRAY_SIZE(before_command), OPTIONS_FIRST);
}

static const struct {
	const char *name, *value;
	const char *line;
	const char *expected;
} environments[] = {
	{ "TEST_DEBUG", "1", "", "debug | " },
	{ "TEST_DEBUG", "true", "--debug=false", "| " },
	{ "TEST_DEBUG", "yes", "", "| " },
	{ "TEST_DEBUG", "", "", "| " },
	{ "TEST_ADDRESS", "a:1", "", "address=a:1 | " },
	{ "TEST_ADDRESS", "a:1", "--addr b:2", "address=b:2 | " },
	{ "TEST_ADDRESS", "", "", "| " },
	{ "TEST_HOST", ":2375", "", "hosts=:2375 | " },
	{ "TEST_HOST", "a:1, b:2 ,c:3", "", "hosts=a:1+b:2+c:3 | " },
	{ "TEST_HOST", "a:1,b:2", "-H c:3", "hosts=c:3 | " },
	{ "TEST_HOST", "a:1,b:2", "-H c:3 -H d:4", "hosts=c:3+d:4 | " },
	{ "TEST_HOST", "", "", "| " },
};

static void test_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(environments); i++) {
		setenv(environments[i].name, environments[i].value, 1);
		auto_free char *got = parse_line(environments[i].line, OPTIONS_ANYWHERE);
		unsetenv(environments[i].name);
		assert_string_equal(got, environments[i].expected);
	}
}

static void test_given_is_not_defaulted(void **state)
{
	char name[] = "-l", level[] = "info";
	char *const line[] = { name, level };
	struct values values = { 0 };
	struct strv words = STRV_INIT;
	struct options options;

	(void)state;
	options_init(&options, specs, ARRAY_SIZE(specs), &values);
	assert_false(options_given(&options, "log-level"));
	assert_true(options_parse(&options, line, 2, OPTIONS_ANYWHERE, &words, NULL));
	assert_true(options_given(&options, "log-level"));
	assert_false(options_given(&options, "host"));
	options_finish(&options);
}

static const char *const labels[] = {
	"--tls",
	"--debug",
	"--log-level, -l \"info\"",
	"--tlscert ",
	"--advertise, --addr ",
	"--retry \"3\"",
	"--host, -H [--host option --host option]",
	"--filter, -f [--filter option --filter option]",
};

static void test_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		auto_strbuf struct strbuf got = STRBUF_INIT;

		option_label(&specs[i], &got);
		assert_string_equal(got.buf, labels[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_words_before_the_command),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_given_is_not_defaulted),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
