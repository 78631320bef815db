/*
 * test_listeners.c - who may leave, and when.
 */
#include "unit.h"

#include "base/listeners.h"

enum { HEARERS = 4 };

struct hearer {
	struct listeners_link link;
	struct hearer *victim; /* leaves when this one hears */
	int heard;
};

/* Everybody hears once; those who hear make others leave. */
static void tell(struct listeners *ls, int again)
{
	struct listeners_round round;
	struct listeners_link *l;

	listeners_begin(ls, &round);
	while ((l = listeners_next(&round))) {
		struct hearer *h = container_of(l, struct hearer, link);

		h->heard++;
		if (again > 0)
			tell(ls, again - 1);
		if (h->victim)
			listeners_remove(&h->victim->link);
	}
}

static void test_leaving(void **state maybe_unused)
{
	static const struct {
		int hearer, victim; /* -1: none */
		int again;
		int heard[HEARERS];
		size_t left;
	} cases[] = {
		{ -1, -1, 0, { 1, 1, 1, 1 }, 4 },
		{ 0, 0, 0, { 1, 1, 1, 1 }, 3 }, /* itself */
		{ 0, 1, 0, { 1, 0, 1, 1 }, 3 }, /* the next */
		{ 2, 0, 0, { 1, 1, 1, 1 }, 3 }, /* one that has heard */
		{ 0, 3, 0, { 1, 1, 1, 0 }, 3 }, /* the last */
		{ 3, 3, 0, { 1, 1, 1, 1 }, 3 }, /* the last itself */
		/* from within: the inner round takes away whom the outer one has yet to tell */
		{ 1, 2, 1, { 4, 4, 0, 4 }, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hearer h[HEARERS] = { 0 };
		struct listeners ls;

		listeners_init(&ls);
		for (int k = 0; k < HEARERS; k++)
			listeners_add(&ls, &h[k].link);
		if (cases[i].hearer >= 0)
			h[cases[i].hearer].victim = &h[cases[i].victim];
		tell(&ls, cases[i].again);
		for (int k = 0; k < HEARERS; k++)
			assert_int_equal(h[k].heard, cases[i].heard[k]);
		assert_int_equal(ls.count, cases[i].left);
		listeners_finish(&ls);
		assert_null(h[1].link.of);
		listeners_remove(&h[1].link); /* any number of times */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_leaving) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
