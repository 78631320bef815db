#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "discovery/file.h"
#include "discovery/schemes.h"
#include "net/loop.h"

/* ---- the text ---- */

static const struct {
	const char *text;
	const char *members;
	const char *error; /* NULL: all lines are good */
} texts[] = {
	{ "", "", NULL },
	{ "\n\n", "", NULL },
	{ "a:1\nb:2\n", "a:1,b:2", NULL },
	{ "a:1\nb:2", "a:1,b:2", NULL },
	{ "  a:1 \t\r\n", "a:1", NULL },
	{ "# all\na:1 # one\n  # none\n", "a:1", NULL },
	{ "a:1#2\n", "a:1", NULL },
	{ "a[01:02]:1\n", "a01:1,a02:1", NULL },
	{ "b:1\na:1\nb:1\n", "b:1,a:1,b:1", NULL },
	{ "unix:///run/docker.sock\n", "unix:///run/docker.sock", NULL },
	{ "a:1\nb\nc:3\n", "a:1,c:3", "line 2: address b: missing port in address" },
	{ "\n\nb:1:2\n", "", "line 3: address b:1:2: too many colons in address" },
	{ "x\na:1\ny\nz\n", "a:1",
		"line 1: address x: missing port in address (and 2 more malformed lines)" },
	{ "a:[65535:65536]\nb:1\n", "b:1", "line 1: address a:65536: invalid port '65536'" },
	{ "a:1\nb[2:1]:1\n", "a:1",
		"line 2: 'b[2:1]:1' stands for no address: its range runs backwards" },
	{ "a[0:65536]:1\nb:1\n", "b:1",
		"line 1: 'a[0:65536]:1' stands for more than 65536 addresses" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_strv struct strv got = STRV_INIT;
		auto_error struct error err = ERROR_INIT;
		bool ok = file_parse(texts[i].text, strlen(texts[i].text), &got, &err);
		auto_free char *joined = strv_join(&got, ",");

		assert_string_equal(joined, texts[i].members);
		assert_int_equal(ok, texts[i].error == NULL);
		if (!ok)
			assert_string_equal(err.text, texts[i].error);
	}
}

static void test_nul_byte_is_malformed(void **state)
{
	static const char text[] = "a:1\0b\nc:1\n";
	auto_strv struct strv got = STRV_INIT;

	(void)state;
	assert_false(file_parse(text, sizeof(text) - 1, &got, NULL));
	assert_int_equal(got.count, 1);
	assert_string_equal(got.items[0], "c:1");
}

static void test_work_on_malformed_ranges_is_bounded(void **state)
{
	static const char text[] = "a[0:65535]:\nb[0:1]:\nc:1\n";
	auto_strv struct strv got = STRV_INIT;

	(void)state;
	assert_false(file_parse(text, sizeof(text) - 1, &got, NULL));
	assert_int_equal(got.count, 0);
}

/* ---- the watch ---- */

#define PATIENCE_MS  5000
#define NO_HEARTBEAT 3600000

struct fixture {
	char folder[64];
	char *path, *other; /* in the folder */
	struct loop *loop;
	struct discovery *discovery;
	char *members; /* last list, joined by commas; NULL before */
	size_t lists, errors;
	char *error;
};

static void handle_members(void *arg, const struct strv *members)
{
	struct fixture *f = arg;

	free(f->members);
	f->members = strv_join(members, ",");
	f->lists++;
}

static void handle_error(void *arg, const struct error *err)
{
	struct fixture *f = arg;

	free(f->error);
	f->error = xstrdup(err->text);
	f->errors++;
}

static const struct discovery_ops ops = {
	.handle_members = handle_members,
	.handle_error = handle_error,
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	snprintf(f->folder, sizeof(f->folder), "/tmp/swarm-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->path = xasprintf("%s/nodes", f->folder);
	f->other = xasprintf("%s/other", f->folder);
	f->loop = loop_create();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	discovery_destroy(f->discovery);
	loop_destroy(f->loop);
	unlink(f->path);
	unlink(f->other);
	rmdir(f->folder);
	free(f->path);
	free(f->other);
	free(f->members);
	free(f->error);
	free(f);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void start(struct fixture *f, int64_t heartbeat_ms)
{
	auto_free char *text = xasprintf("file://%s", f->path);
	struct discovery_url url = DISCOVERY_URL_INIT;
	struct strv none = STRV_INIT;

	assert_true(schemes_parse_url(&url, text, NULL));
	f->discovery = discovery_create(f->loop, &url, &none, heartbeat_ms, &ops, f, NULL);
	assert_non_null(f->discovery);
	assert_int_equal(f->lists + f->errors, 0); /* nothing is called from inside create */
	discovery_url_finish(&url);
}

static void wait_for(struct fixture *f, const size_t *count, size_t at_least)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while (*count < at_least && clock_mono_ms() < end)
		loop_turn(f->loop, 50);
	assert_true(*count >= at_least);
}

static void wait_for_members(struct fixture *f, const char *expected)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while ((!f->members || strcmp(f->members, expected) != 0) && clock_mono_ms() < end)
		loop_turn(f->loop, 50);
	assert_non_null(f->members);
	assert_string_equal(f->members, expected);
}

static void test_writing_in_place_is_seen(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "a:1\n");
	start(f, NO_HEARTBEAT);
	wait_for_members(f, "a:1");
	write_file(f->path, "a:1\nb:2\n");
	wait_for_members(f, "a:1,b:2");
	write_file(f->path, "");
	wait_for_members(f, "");
	assert_int_equal(f->errors, 0);
}

static void test_renaming_over_is_seen(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "a:1\n");
	start(f, NO_HEARTBEAT);
	wait_for_members(f, "a:1");
	for (int i = 0; i < 3; i++) {
		char text[16];

		snprintf(text, sizeof(text), "b:%d", i + 1);
		write_file(f->other, text);
		assert_int_equal(rename(f->other, f->path), 0);
		wait_for_members(f, text);
	}
}

static void test_same_list_is_not_reported_again(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "a:1\n");
	start(f, NO_HEARTBEAT);
	wait_for_members(f, "a:1");
	write_file(f->path, "# another text, the same list\na:1\n");
	discovery_reload(f->discovery);
	for (int i = 0; i < 5; i++)
		loop_turn(f->loop, 20);
	write_file(f->path, "b:1\n");
	wait_for_members(f, "b:1");
	assert_int_equal(f->lists, 2);
}

static void test_missing_file_is_an_error_until_it_comes(void **state)
{
	struct fixture *f = *state;

	start(f, NO_HEARTBEAT);
	wait_for(f, &f->errors, 1);
	auto_free char *expected =
		xasprintf("failed to read '%s': No such file or directory", f->path);
	assert_string_equal(f->error, expected);
	assert_int_equal(f->lists, 0);
	write_file(f->path, "a:1\n");
	wait_for_members(f, "a:1");
}

static void test_last_list_stays_when_the_file_goes(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "a:1\n");
	start(f, NO_HEARTBEAT);
	wait_for_members(f, "a:1");
	assert_int_equal(unlink(f->path), 0);
	wait_for(f, &f->errors, 1);
	assert_string_equal(f->members, "a:1");
	assert_int_equal(f->lists, 1);
}

static void test_good_lines_count_beside_bad_ones(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "a:1\nbad\nc:3\n");
	start(f, NO_HEARTBEAT);
	wait_for(f, &f->errors, 1);
	assert_string_equal(f->members, "a:1,c:3");
	assert_non_null(strstr(f->error, "line 2: address bad: missing port in address"));
	assert_non_null(strstr(f->error, f->path));
}

static void test_heartbeat_looks_where_nothing_notifies(void **state)
{
	struct fixture *f = *state;

	/* The folder is not there to be watched; at the next heartbeat it is. */
	assert_int_equal(rmdir(f->folder), 0);
	start(f, 30);
	wait_for(f, &f->errors, 2);
	assert_int_equal(mkdir(f->folder, 0700), 0);
	write_file(f->path, "a:1\n");
	wait_for_members(f, "a:1");
}

static void test_folder_may_be_replaced(void **state)
{
	struct fixture *f = *state;
	auto_free char *aside = xasprintf("%s.old", f->folder);
	auto_free char *moved = xasprintf("%s/nodes", aside);

	write_file(f->path, "a:1\n");
	start(f, 30);
	wait_for_members(f, "a:1");
	assert_int_equal(rename(f->folder, aside), 0);
	wait_for(f, &f->errors, 1);
	assert_int_equal(mkdir(f->folder, 0700), 0);
	write_file(f->path, "b:1\n");
	wait_for_members(f, "b:1");
	unlink(moved);
	rmdir(aside);
}

static void test_only_regular_files_are_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	start(f, NO_HEARTBEAT);
	wait_for(f, &f->errors, 1);
	assert_non_null(strstr(f->error, "not a regular file"));
}

#define WATCH_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_work_on_malformed_ranges_is_bounded),
		cmocka_unit_test(test_nul_byte_is_malformed),
		WATCH_TEST(test_writing_in_place_is_seen),
		WATCH_TEST(test_renaming_over_is_seen),
		WATCH_TEST(test_same_list_is_not_reported_again),
		WATCH_TEST(test_missing_file_is_an_error_until_it_comes),
		WATCH_TEST(test_last_list_stays_when_the_file_goes),
		WATCH_TEST(test_good_lines_count_beside_bad_ones),
		WATCH_TEST(test_heartbeat_looks_where_nothing_notifies),
		WATCH_TEST(test_folder_may_be_replaced),
		WATCH_TEST(test_only_regular_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
