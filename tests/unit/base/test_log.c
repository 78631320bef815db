#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "unit.h"

/* Lines go to memory; what stands behind the time is compared. */
static char *captured;
static size_t captured_len, taken;
static FILE *memory;

static int open_memory(void **state)
{
	(void)state;
	memory = open_memstream(&captured, &captured_len);
	log_set_sink(memory);
	log_set_level(LOG_INFO);
	return 0;
}

static int close_memory(void **state)
{
	(void)state;
	log_set_sink(stdout);
	fclose(memory);
	free(captured);
	captured = NULL;
	taken = 0;
	return 0;
}

/* The text written since the last call. */
static const char *take_text(void)
{
	fflush(memory);
	const char *text = captured + taken;
	taken = captured_len;
	return text;
}

/* The same without `time="..." `. */
static const char *take_line(void)
{
	const char *text = take_text();
	const char *level = strstr(text, "level=");

	return level ? level : text;
}

static void test_message(void **state)
{
	static const struct {
		const char *msg, *line;
	} rows[] = {
		{ "two words", "level=info msg=\"two words\"\n" },
		{ "bare-._/@^+1", "level=info msg=bare-._/@^+1\n" },
		{ "", "level=info\n" },
		{ "a=b", "level=info msg=\"a=b\"\n" },
		{ "say \"hi\"\n\\", "level=info msg=\"say \\\"hi\\\"\\n\\\\\"\n" },
		{ "\x1b[31mred\x7f", "level=info msg=\"\\x1b[31mred\\x7f\"\n" },
		{ "caf\xc3\xa9 \xff", "level=info msg=\"caf\xc3\xa9 \\xff\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		log_info("%s", rows[i].msg);
		assert_row(rows[i].msg, take_line(), rows[i].line);
	}
}

static void test_json(void **state)
{
	(void)state;
	log_set_json(true);
	log_info("say \"hi\"");
	const char *text = take_text();
	assert_true(str_starts_with(text, "{\"time\":\""));
	assert_string_equal(
		strstr(text, ",\"level\""), ",\"level\":\"info\",\"msg\":\"say \\\"hi\\\"\"}\n");
	log_fields(LOG_WARN, "", "b", "\xff\n", "a", NULL, NULL);
	assert_string_equal(strstr(take_text(), ",\"level\""),
		",\"level\":\"warning\",\"msg\":\"\",\"a\":\"\",\"b\":\"\\ufffd\\n\"}\n");
	log_set_json(false);
}

static void test_log_format(void **state)
{
	auto_error struct error err = ERROR_INIT;
	bool json = false;

	(void)state;
	assert_true(log_format_parse("JSON", &json, &err) && json);
	assert_true(log_format_parse("text", &json, &err) && !json);
	assert_false(log_format_parse("xml", &json, &err));
	assert_string_equal(error_text(&err), "invalid log format \"xml\": not one of text, json");
}

static void test_levels(void **state)
{
	(void)state;
	log_debug("hidden");
	assert_false(log_enabled(LOG_DEBUG));
	log_warn("w");
	assert_string_equal(take_line(), "level=warning msg=w\n");
	log_error("e%d", 1);
	assert_string_equal(take_line(), "level=error msg=e1\n");
	log_fields(LOG_FATAL, "f", NULL);
	assert_string_equal(take_line(), "level=fatal msg=f\n");
	log_set_level(LOG_DEBUG);
	log_debug("seen");
	assert_string_equal(take_line(), "level=debug msg=seen\n");
	log_set_level(LOG_PANIC);
	log_fields(LOG_FATAL, "hidden", "k", "v", NULL);
	log_fields(LOG_PANIC, "p", NULL);
	assert_string_equal(take_line(), "level=panic msg=p\n");
}

static void test_fields(void **state)
{
	(void)state;
	log_fields(LOG_INFO, "Listening for HTTP", "proto", "tcp", "addr", ":2375", "none", NULL,
		"empty", "", NULL);
	assert_string_equal(take_line(), "level=info msg=\"Listening for HTTP\" addr=\":2375\" "
					 "empty= none= proto=tcp\n");
	log_fields(LOG_INFO, "x", "time", "1", "msg", "2", "level", "3", "a", "4", NULL);
	assert_string_equal(
		take_line(), "level=info msg=x a=4 fields.level=3 fields.msg=2 fields.time=1\n");
}

static void test_time(void **state)
{
	static const struct {
		const char *zone, *suffix;
	} rows[] = { { "UTC0", "Z\" " }, { "AAA-05:30", "+05:30\" " },
		{ "AAA03:15", "-03:15\" " } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[64] = { 0 };
		int64_t ns;

		setenv("TZ", rows[i].zone, 1);
		tzset();
		log_info("x");
		const char *line = take_text();
		assert_true(str_starts_with(line, "time=\""));
		memcpy(text, line + 6, (size_t)(strstr(line, "level=") - line) - 6);
		assert_true(str_ends_with(text, rows[i].suffix));
		*strchr(text, '"') = '\0';
		assert_true(time_parse_rfc3339(text, &ns));
		assert_in_range(clock_wall_ns() - ns, 0, 60 * NS_PER_S);
	}
}

static void test_level_names(void **state)
{
	static const struct {
		const char *text;
		enum log_level level;
	} rows[] = {
		{ "debug", LOG_DEBUG },
		{ "Info", LOG_INFO },
		{ "warn", LOG_WARN },
		{ "WARNING", LOG_WARN },
		{ "error", LOG_ERROR },
		{ "fatal", LOG_FATAL },
		{ "panic", LOG_PANIC },
	};
	auto_error struct error err = ERROR_INIT;
	enum log_level level = LOG_PANIC;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(log_level_parse(rows[i].text, &level, &err));
		assert_int_equal(level, rows[i].level);
	}
	assert_false(log_level_parse("loud", &level, &err));
	assert_string_equal(err.text, "not a valid logrus Level: \"loud\"");
	assert_int_equal(level, LOG_PANIC);
}

/* On a terminal: colour, four letters, seconds, padded text. */
static void test_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char line[512] = { 0 };
	char expected[512];

	(void)state;
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	FILE *terminal = fopen(ptsname(master), "w");
	assert_non_null(terminal);
	log_set_sink(terminal);
	clock_advance_ms(3000);
	log_fields(LOG_WARN, "bad\x1b[0m", "k", "two words", NULL);
	clock_advance_ms(-3000);
	assert_true(read(master, line, sizeof(line) - 1) > 0);
	snprintf(expected, sizeof(expected),
		"\x1b[33mWARN\x1b[0m[0003] %-44s  \x1b[33mk\x1b[0m=\"two words\"\r\n",
		"bad\\x1b[0m");
	assert_string_equal(line, expected);
	log_set_sink(stdout);
	fclose(terminal);
	close(master);
}

static size_t read_all(int fd, char *buf, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while (len < room && (n = read(fd, buf + len, room - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return len;
}

/* More lines than a pipe holds, and nobody who reads it; also lines longer than what fits. */
static void test_nobody_reads(void **state)
{
	static char text[2 * 65536], word[10000];
	int ends[2];
	size_t lines = 0, lost = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	FILE *sink = fdopen(ends[1], "w");
	memset(word, 'x', sizeof(word) - 1);
	log_set_level(LOG_INFO);
	log_set_sink(sink);
	for (int i = 0; i < 200; i++)
		log_info("%s", i % 2 ? "short" : word);
	assert_true(read_all(ends[0], text, sizeof(text) - 1) > 4096);
	for (const char *at = text; (at = strstr(at, "time=")); at++)
		lines++;
	log_info("room");
	read_all(ends[0], text, sizeof(text) - 1);
	const char *told = strstr(text, "lines=");
	assert_non_null(told);
	assert_int_equal(sscanf(told, "lines=%zu\n", &lost), 1);
	/* the last of those counted may have been cut, and is among both */
	assert_in_range(lines + lost, 200, 201);
	assert_non_null(strstr(told, "\ntime="));
	assert_true(str_ends_with(text, "level=info msg=room\n"));
	log_set_sink(stdout);
	fclose(sink);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_levels, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_fields, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_time, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_json, open_memory, close_memory),
		cmocka_unit_test(test_level_names),
		cmocka_unit_test(test_log_format),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
