#include "manager/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

struct world {
	struct loop *loop;
	struct keep *keep;
	struct keep_listener listener;
	int told;
	char folder[64];
};

static void handle_change(struct keep_listener *l)
{
	container_of(l, struct world, listener)->told++;
}

static struct keep *open_keep(struct world *w)
{
	auto_error struct error err = ERROR_INIT;
	struct keep *k = keep_create(w->loop);

	if (!keep_open_folder(k, w->folder, &err))
		fail_msg("%s", error_text(&err));
	return k;
}

static int begin(void **state)
{
	struct world *w = xnew(struct world);

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_keep.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->loop = loop_create();
	w->keep = open_keep(w);
	w->listener = (struct keep_listener){ .prefix = "nodes/", .handle_change = handle_change };
	*state = w;
	return 0;
}

static void remove_file(const struct world *w, const char *name)
{
	auto_free char *path = xasprintf("%s/%s", w->folder, name);

	unlink(path);
}

static int end(void **state)
{
	struct world *w = *state;

	keep_unlisten(&w->listener);
	keep_destroy(w->keep);
	loop_destroy(w->loop);
	remove_file(w, "kept");
	remove_file(w, "kept.lock");
	assert_int_equal(rmdir(w->folder), 0);
	free(w);
	return 0;
}

/* A put (value), or a drop (NULL), until it is at rest. */
static enum error_code change(struct world *w, const char *key, const char *value)
{
	struct keep_write write = { 0 };

	if (value)
		keep_put(w->keep, key, value, &write, NULL);
	else
		keep_drop(w->keep, key, &write, NULL);
	while (!write.done)
		loop_turn(w->loop, 1000);
	enum error_code code = write.err.code;
	keep_write_finish(&write);
	return code;
}

static void assert_holds(const struct keep *k, const char *prefix, const char *expected)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	struct keep_entry entry;

	keep_each(&entry, k, prefix) strbuf_addf(&sb, "%s=%s ", entry.key, entry.value);
	assert_string_equal(sb.buf, expected);
}

/* As after kill -9: what the file has, without the end of this process in order. */
static void assert_at_rest(const struct world *w, const char *expected)
{
	char command[256], folder[64] = "/tmp/test_keep.XXXXXX";
	struct world copy = { .loop = w->loop };
	struct keep *k;

	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command), "cp %s/kept %s/", w->folder, folder);
	assert_int_equal(system(command), 0);
	memcpy(copy.folder, folder, sizeof(folder));
	k = open_keep(&copy);
	assert_holds(k, "", expected);
	keep_destroy(k);
	remove_file(&copy, "kept");
	remove_file(&copy, "kept.lock");
	assert_int_equal(rmdir(folder), 0);
}

static void test_what_is_done_is_at_rest(void **state)
{
	struct world *w = *state;

	assert_true(keep_is_whole(w->keep));
	assert_int_equal(change(w, "nodes/b", "{\"Availability\":\"drain\"}"), ERROR_NONE);
	assert_int_equal(change(w, "nodes/a", "<\"\xc3\xa4\n>"), ERROR_NONE);
	assert_int_equal(change(w, "lost/x|1", ""), ERROR_NONE);
	assert_at_rest(w, "lost/x|1= nodes/a=<\"\xc3\xa4\n> nodes/b={\"Availability\":\"drain\"} ");
	assert_int_equal(change(w, "nodes/a", "2"), ERROR_NONE);
	assert_int_equal(change(w, "lost/x|1", NULL), ERROR_NONE);
	assert_int_equal(change(w, "lost/never", NULL), ERROR_NONE);
	assert_at_rest(w, "nodes/a=2 nodes/b={\"Availability\":\"drain\"} ");
	assert_holds(w->keep, "nodes/b", "nodes/b={\"Availability\":\"drain\"} ");
	assert_string_equal(keep_get(w->keep, "nodes/a"), "2");
	assert_null(keep_get(w->keep, "lost/x|1"));
}

static void test_visible_at_once(void **state)
{
	struct world *w = *state;
	struct keep_write writes[3] = { 0 };

	keep_put(w->keep, "nodes/a", "1", &writes[0], NULL);
	assert_string_equal(keep_get(w->keep, "nodes/a"), "1");
	keep_put(w->keep, "nodes/a", "2", &writes[1], NULL);
	keep_drop(w->keep, "nodes/a", &writes[2], NULL);
	assert_null(keep_get(w->keep, "nodes/a"));
	assert_holds(w->keep, "", "");
	for (int i = 0; i < 3; i++) {
		while (!writes[i].done)
			loop_turn(w->loop, 1000);
		assert_false(error_is_set(&writes[i].err));
	}
	assert_at_rest(w, "");
}

/* The end in order saves what nobody waited for, and who stopped waiting changes nothing. */
static void test_the_end_saves(void **state)
{
	struct world *w = *state;
	struct keep_write write = { 0 };

	keep_put(w->keep, "nodes/a", "1", &write, NULL);
	keep_write_finish(&write);
	keep_put(w->keep, "nodes/b", "2", NULL, NULL);
	keep_destroy(w->keep);
	w->keep = open_keep(w);
	assert_holds(w->keep, "", "nodes/a=1 nodes/b=2 ");
}

static void test_told_once_a_turn(void **state)
{
	struct world *w = *state;

	keep_listen(w->keep, &w->listener);
	keep_put(w->keep, "nodes/a", "1", NULL, NULL);
	keep_put(w->keep, "nodes/b", "1", NULL, NULL);
	assert_int_equal(w->told, 0);
	loop_turn(w->loop, 0);
	assert_int_equal(w->told, 1);
	assert_int_equal(change(w, "lost/a", "1"), ERROR_NONE);
	loop_turn(w->loop, 0);
	assert_int_equal(w->told, 1);
}

static void test_ceilings(void **state)
{
	struct world *w = *state;
	auto_free char *large = xmalloc(KEEP_MAX_VALUE + 2);
	int kept = 0;

	memset(large, 'x', KEEP_MAX_VALUE + 1);
	large[KEEP_MAX_VALUE + 1] = '\0';
	assert_int_equal(change(w, "nodes/a", large), ERROR_TOO_LARGE);
	assert_null(keep_get(w->keep, "nodes/a"));
	large[KEEP_MAX_VALUE] = '\0';
	for (;; kept++) {
		auto_free char *key = xasprintf("nodes/%d", kept);

		keep_put(w->keep, key, large, NULL, NULL);
		if (!keep_get(w->keep, key))
			break;
	}
	assert_int_equal(kept, KEEP_MAX_BYTES / KEEP_MAX_VALUE - 1);
	assert_int_equal(change(w, "nodes/full", large), ERROR_FULL);
	assert_int_equal(change(w, "nodes/0", "small"), ERROR_NONE);
}

/* Cut anywhere, a file is refused by name rather than taken for less than was kept. */
static void test_half_a_file(void **state)
{
	struct world *w = *state;
	auto_free char *path = xasprintf("%s/kept", w->folder);
	static const char whole[] = "{\"SwarmKept\":1,\"Entries\":{\"nodes/a\":\"1\"}}";

	keep_destroy(steal(w->keep));
	for (size_t len = 1; len < sizeof(whole); len++) {
		auto_error struct error err = ERROR_INIT;
		struct keep *k = keep_create(w->loop);
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(whole, 1, len, f), len);
		fclose(f);
		assert_int_equal(keep_open_folder(k, w->folder, &err), len == sizeof(whole) - 1);
		if (error_is_set(&err))
			assert_non_null(strstr(err.text, "move it away"));
		keep_destroy(k);
	}
	w->keep = open_keep(w);
}

/* The folder has gone: who waits hears of it, and the change is written when it is back. */
static void test_a_disk_that_fails(void **state)
{
	struct world *w = *state;
	auto_free char *fresh = xasprintf("%s/kept.new", w->folder);
	auto_free char *below = xasprintf("%s/x", fresh);
	char command[256];

	snprintf(command, sizeof(command), "mkdir -p %s", below);
	assert_int_equal(system(command), 0);
	assert_int_equal(change(w, "nodes/a", "1"), ERROR_UNAVAILABLE);
	rmdir(below);
	rmdir(fresh);
	assert_int_equal(change(w, "nodes/b", "2"), ERROR_NONE);
	assert_at_rest(w, "nodes/a=1 nodes/b=2 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_done_is_at_rest, begin, end),
		cmocka_unit_test_setup_teardown(test_visible_at_once, begin, end),
		cmocka_unit_test_setup_teardown(test_the_end_saves, begin, end),
		cmocka_unit_test_setup_teardown(test_told_once_a_turn, begin, end),
		cmocka_unit_test_setup_teardown(test_ceilings, begin, end),
		cmocka_unit_test_setup_teardown(test_half_a_file, begin, end),
		cmocka_unit_test_setup_teardown(test_a_disk_that_fails, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
