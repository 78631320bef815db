#include "discovery/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct world {
	struct loop *loop;
	struct registry *registry;
	char folder[64];
};

static void handle_error(void *arg, const struct error *err)
{
	(void)arg;
	fail_msg("%s", error_text(err));
}

static const struct registry_ops ops = { .handle_error = handle_error };

static int begin(void **state)
{
	struct world *w = xnew(struct world);
	auto_error struct error err = ERROR_INIT;

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_registry.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->loop = loop_create();
	w->registry = registry_create(w->loop, w->folder, &ops, NULL, &err);
	assert_non_null(w->registry);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;
	auto_free char *file = xasprintf("%s/registry", w->folder);
	auto_free char *lock = xasprintf("%s.lock", file);

	registry_destroy(w->registry);
	loop_destroy(w->loop);
	unlink(file);
	unlink(lock);
	assert_int_equal(rmdir(w->folder), 0);
	free(w);
	return 0;
}

static bool put(struct world *w, const char *token, int number)
{
	auto_free char *address =
		xasprintf("10.%d.%d.%d:2375", number >> 16, (number >> 8) & 255, number & 255);

	return registry_put(w->registry, token, address, 60, NULL);
}

static void test_the_text_is_made_once(void **state)
{
	struct world *w = *state;

	struct registry_text *none = registry_list_text(w->registry, "none");
	assert_string_equal(none->text, "[]");
	registry_text_unref(none);

	assert_true(put(w, "t", 1));
	struct registry_text *one = registry_list_text(w->registry, "t");
	struct registry_text *same = registry_list_text(w->registry, "t");
	assert_string_equal(one->text, "[\"10.0.0.1:2375\"]");
	assert_int_equal(one->len, strlen(one->text));
	assert_ptr_equal(one, same);

	/* A beat is no change. */
	assert_true(put(w, "t", 1));
	struct registry_text *still = registry_list_text(w->registry, "t");
	assert_ptr_equal(one, still);

	assert_true(put(w, "t", 2));
	struct registry_text *other = registry_list_text(w->registry, "t");
	assert_string_equal(other->text, "[\"10.0.0.1:2375\",\"10.0.0.2:2375\"]");
	assert_string_equal(one->text, "[\"10.0.0.1:2375\"]");
	registry_text_unref(one);
	registry_text_unref(same);
	registry_text_unref(still);
	registry_text_unref(other);
}

static void test_strangers_cannot_fill_it(void **state)
{
	struct world *w = *state;
	auto_free char *own = xstrdup(registry_own_token(w->registry));
	int number = 0;

	while (put(w, "a", number))
		number++;
	assert_int_equal(number, REGISTRY_MAX_TOKEN_MEMBERS);
	assert_false(put(w, "b", 0));
	assert_true(put(w, own, 0));
	/* Who is there may beat. */
	assert_true(put(w, "a", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_text_is_made_once, begin, end),
		cmocka_unit_test_setup_teardown(test_strangers_cannot_fill_it, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
