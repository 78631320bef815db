/*
 * The parsers of short texts.  The first line of the input is a pattern or a second name, the rest
 * the text: what is parsed and formatted parses to the same again, and an order is an order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/match.h"
#include "base/mem.h"
#include "base/parse.h"
#include "fuzz.h"

static void check_duration(const char *s)
{
	auto_error struct error err = ERROR_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int64_t ns, again;

	if (!parse_duration(s, &ns, &err)) {
		fuzz_check(err.code == ERROR_INVALID);
		return;
	}
	format_duration(&text, ns);
	/* fractions pass through a double, which is exact for up to 52 bits */
	fuzz_check(parse_duration(text.buf, &again, NULL));
	fuzz_check(again == ns);
}

static void check_time(const char *s)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int64_t ns, again;

	if (!time_parse_rfc3339(s, &ns))
		return;
	time_format_utc_nano(&text, ns);
	fuzz_check(time_parse_rfc3339(text.buf, &again) && again == ns);
}

static void check_address(const char *s)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;
	auto_free char *host_again = NULL;
	auto_free char *port_again = NULL;

	if (!parse_host_port(s, &host, &port, NULL))
		return;
	auto_free char *text = format_host_port(host, port);
	fuzz_check(parse_host_port(text, &host_again, &port_again, NULL));
	fuzz_check(strcmp(host, host_again) == 0 && strcmp(port, port_again) == 0);
}

static void check_numbers(const char *s)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int64_t i, any;
	double d;

	if (parse_i64(s, &i)) {
		format_human_size(&text, i);
		format_human_duration(&text, i);
		fuzz_check(text.len > 0);
	}
	parse_i64_any_base(s, &any);
	parse_double(s, &d);
	parse_query_bool(s);
}

static void check_order(const char *a, const char *b)
{
	int order = compare_natural(a, b);
	int reverse = compare_natural(b, a);

	fuzz_check((order > 0) == (reverse < 0) && (order == 0) == (reverse == 0));
	fuzz_check(compare_natural(a, a) == 0);
}

static void check_match(const char *pattern, const char *s)
{
	struct regex *re = regex_create(pattern, REGEX_SEARCH, NULL);

	glob_matches(pattern, s);
	if (re)
		regex_matches(re, s);
	regex_destroy(re);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *first = xmalloc(size + 1);

	memcpy(first, data, size);
	first[size] = '\0';
	char *newline = strchr(first, '\n');
	if (newline)
		*newline = '\0';
	auto_free char *rest = xstrdup(newline ? newline + 1 : first);
	check_duration(rest);
	check_time(rest);
	check_address(rest);
	check_numbers(rest);
	check_order(first, rest);
	check_match(first, rest);
	return 0;
}
