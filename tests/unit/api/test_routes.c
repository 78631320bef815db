/* Every endpoint of the Docker API has its row, and the row is the one that a request finds. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "api/routes.h"
#include "base/mem.h"
#include "base/strv.h"

/* Every "{...}" of the path becomes what stands for it. */
static char *fill(const char *path, const char *with)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	for (const char *p = path; *p; p++) {
		if (*p != '{') {
			strbuf_add_char(&sb, *p);
			continue;
		}
		strbuf_add_str(&sb, with);
		p = strchr(p, '}');
	}
	return strbuf_steal(&sb);
}

/* The path of the row that answers, with "{}" for what it captures; NULL for none. */
static char *find_row(const char *method, const char *path)
{
	struct request rq = { .path = xstrdup(path) };
	auto_error struct error err = ERROR_INIT;
	const struct route *route = routes_find(method, &rq, &err);

	assert_false(error_is_set(&err));
	free(rq.path);
	for (size_t i = 0; i < REQUEST_CAPTURES; i++)
		free(rq.captures[i]);
	return route ? fill(route->path, "{}") : NULL;
}

static void check_endpoint(const char *method, const char *path, const char *name)
{
	auto_free char *wanted = fill(path, "{}");
	auto_free char *asked = fill(path, name);
	auto_free char *found = find_row(method, asked);

	if (!found || strcmp(found, wanted) != 0)
		fail_msg("%s %s is answered by %s", method, asked, found ? found : "no row");
}

static void test_every_endpoint_has_a_row(void **state)
{
	/* names of containers and images hold slashes */
	static const char *const names[] = { "web", "node-1/web" };
	FILE *list = fopen(DATA_DIR "/engine-api-1.56.txt", "r");
	char line[256], method[16], path[200];
	size_t count = 0;

	(void)state;
	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%15s %199s", method, path), 2);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			check_endpoint(method, path, names[i]);
		count++;
	}
	fclose(list);
	assert_true(count > 100);
}

/* A row that an earlier one hides would never answer. */
static void test_no_row_hides_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		auto_free char *asked = fill(routes[i].path, "web");
		auto_free char *wanted = fill(routes[i].path, "{}");
		auto_free char *found = find_row(routes[i].method, asked);

		assert_non_null(found);
		assert_string_equal(found, wanted);
	}
}

static void test_every_row_says_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		assert_non_null(routes[i].handle);
		assert_true(routes[i].meaning && *routes[i].meaning);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_endpoint_has_a_row),
		cmocka_unit_test(test_no_row_hides_another),
		cmocka_unit_test(test_every_row_says_what_it_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
