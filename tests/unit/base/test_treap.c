#include "base/treap.h"
#include "base/util.h"
#include "unit.h"

enum { MANY = 20000 };

struct number {
	struct treap_node node;
	int value;
};

struct reader {
	int after, count, last, most;
};

static struct number numbers[MANY];

static int value_of(const struct treap_node *node)
{
	return container_of((struct treap_node *)node, struct number, node)->value;
}

static int compare(const struct treap_node *a, const struct treap_node *b)
{
	return value_of(a) - value_of(b);
}

static int stands_to(const struct treap_node *node, const void *arg)
{
	return value_of(node) - ((const struct reader *)arg)->after;
}

static bool visit(struct treap_node *node, void *arg)
{
	struct reader *r = arg;

	assert_true(value_of(node) > r->last);
	r->last = value_of(node);
	return ++r->count < r->most;
}

static int depth(const struct treap_node *node)
{
	return node ? 1 + max_of(depth(node->left), depth(node->right)) : 0;
}

static void fill(struct treap *t, int step)
{
	*t = (struct treap){ .compare = compare };
	for (int i = 0; i < MANY; i++) {
		numbers[i].value = (int)((int64_t)i * step % MANY);
		treap_insert(t, &numbers[i].node);
	}
}

static struct reader walk(const struct treap *t, int after, int most)
{
	struct reader r = { .after = after, .last = after, .most = most };

	bool is_whole = treap_walk(t, stands_to, visit, &r);

	assert_int_equal(is_whole, r.count < most);
	return r;
}

/* Upwards, downwards and mixed: in order, and never deep. */
static void test_order(void **state)
{
	static const int steps[] = { 1, MANY - 1, 7919 };
	struct treap t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		fill(&t, steps[i]);
		assert_int_equal(walk(&t, -1, MANY + 1).count, MANY);
		assert_in_range(depth(t.root), 1, 100);
	}
}

/* A reader goes on from what it has seen, though that and half of the others have gone. */
static void test_walk_while_others_go(void **state)
{
	struct treap t;
	struct reader r;

	(void)state;
	fill(&t, 7919);
	r = walk(&t, -1, 1000);
	assert_int_equal(r.last, 999);
	assert_int_equal(walk(&t, r.last, 1).last, 1000); /* not that one again */
	for (int i = 0; i < MANY; i++) {
		if (numbers[i].value % 2)
			treap_remove(&t, &numbers[i].node);
	}
	r = walk(&t, r.last, MANY);
	assert_int_equal(r.count, (MANY - 1000) / 2);
	assert_in_range(depth(t.root), 1, 100);
	treap_remove(&t, &numbers[1].node); /* once more */
	assert_int_equal(walk(&t, -1, MANY).count, MANY / 2);
	for (int i = 0; i < MANY; i++)
		treap_remove(&t, &numbers[i].node);
	assert_null(t.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_walk_while_others_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
