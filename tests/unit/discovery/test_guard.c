#include "discovery/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GRACE 100

/* One look at the source: the list that came at a time, and the members after it. */
struct look {
	int64_t at_ms;
	const char *list; /* NULL: none came, but time has passed */
	const char *members;
};

static const struct course {
	const char *name;
	struct look looks[5]; /* ends with a NULL for members */
} courses[] = {
	{ "one by one",
		{ { 1, "a,b,c", "a,b,c" }, { 2, "a,b", "a,b" }, { 3, "a", "a" }, { 4, "", "" } } },
	{ "less than half at once", { { 1, "a,b,c,d", "a,b,c,d" }, { 2, "a,b", "a,b" } } },
	{ "a landslide", { { 1, "a,b,c", "a,b,c" }, { 2, "a", "a,b,c" }, { 101, NULL, "a,b,c" },
				 { 102, NULL, "a" } } },
	{ "everything is gone", { { 1, "a,b", "a,b" }, { 2, "", "a,b" }, { 102, NULL, "" } } },
	{ "and comes back in parts",
		{ { 1, "a,b,c", "a,b,c" }, { 2, "", "a,b,c" }, { 3, "b", "b,a,c" },
			{ 50, "b,c", "b,c,a" }, { 102, NULL, "b,c" } } },
	{ "back and away again is no landslide",
		{ { 1, "a,b", "a,b" }, { 2, "", "a,b" }, { 3, "a", "a,b" }, { 4, "", "b" },
			{ 102, NULL, "" } } },
	{ "replaced", { { 1, "a,b", "a,b" }, { 2, "c,d", "c,d,a,b" }, { 102, NULL, "c,d" } } },
	{ "duplicates stay", { { 1, "a,a,b", "a,a,b" }, { 2, "a,a", "a,a" } } },
};

static void run_look(struct guard *g, const struct look *l)
{
	auto_strv struct strv list = STRV_INIT;
	auto_strv struct strv members = STRV_INIT;

	if (l->list && *l->list)
		strv_split(&list, l->list, ',');
	if (l->list)
		guard_update(g, &list, l->at_ms);
	else
		guard_expire(g, l->at_ms);
	guard_list(g, &members);
	auto_free char *text = strv_join(&members, ",");
	assert_string_equal(text, l->members);
}

static void test_courses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(courses); i++) {
		struct guard g;

		print_message("# %s\n", courses[i].name);
		guard_init(&g, GRACE);
		for (size_t j = 0; j < 5 && courses[i].looks[j].members; j++)
			run_look(&g, &courses[i].looks[j]);
		guard_finish(&g);
	}
}

/* Two of three are back before the source is read again: the third is not dropped for that. */
static void test_distrust(void **state)
{
	static const struct look looks[] = {
		{ 11, "a,b", "a,b,c" }, { 12, "a,b,c", "a,b,c" }, { 13, "b,c", "b,c,a" },
		{ 112, NULL, "b,c,a" }, { 113, NULL, "b,c" }, { 114, "c", "c" }, /* trusted again */
	};
	struct guard g;

	(void)state;
	guard_init(&g, GRACE);
	run_look(&g, &(struct look){ 1, "a,b,c", "a,b,c" });
	guard_distrust(&g, 10);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		run_look(&g, &looks[i]);
	guard_finish(&g);
}

static void test_next(void **state)
{
	auto_strv struct strv list = STRV_INIT;
	struct strv none = STRV_INIT;
	struct guard g;

	(void)state;
	strv_split(&list, "a,b", ',');
	guard_init(&g, GRACE);
	assert_int_equal(guard_update(&g, &list, 1), 0);
	assert_int_equal(guard_next_ms(&g), -1);
	assert_int_equal(guard_update(&g, &none, 2), 2);
	assert_int_equal(guard_next_ms(&g), 102);
	assert_int_equal(guard_update(&g, &none, 3), 0);
	assert_int_equal(guard_next_ms(&g), 102);
	guard_finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_courses),
		cmocka_unit_test(test_distrust),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
