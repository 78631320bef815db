/* base/treap.c - in order from left to right, by weight from the root down. */
#include "base/treap.h"

#include <stddef.h>

/* Addresses have much in common, and whoever makes the nodes come may know the order of things. */
static uint64_t weight_of(const struct treap_node *node)
{
	static uint64_t inserted;
	uint64_t x = (uint64_t)(uintptr_t)node + ++inserted * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* All below `from` to the left or to the right of the node, which is not among them. */
static void split(const struct treap *t, struct treap_node *from, struct treap_node *node)
{
	struct treap_node **left = &node->left, **right = &node->right;

	while (from) {
		if (t->compare(from, node) < 0) {
			*left = from;
			left = &from->right;
			from = from->right;
		} else {
			*right = from;
			right = &from->left;
			from = from->left;
		}
	}
	*left = *right = NULL;
}

void treap_insert(struct treap *t, struct treap_node *node)
{
	struct treap_node **at = &t->root;

	node->weight = weight_of(node);
	while (*at && (*at)->weight >= node->weight)
		at = t->compare(node, *at) < 0 ? &(*at)->left : &(*at)->right;
	split(t, *at, node);
	*at = node;
}

void treap_remove(struct treap *t, struct treap_node *node)
{
	struct treap_node **at = &t->root, *left = node->left, *right = node->right;

	while (*at && *at != node)
		at = t->compare(node, *at) < 0 ? &(*at)->left : &(*at)->right;
	if (!*at)
		return;
	while (left && right) {
		if (left->weight >= right->weight) {
			*at = left;
			at = &left->right;
			left = left->right;
		} else {
			*at = right;
			at = &right->left;
			right = right->left;
		}
	}
	*at = left ? left : right;
	node->left = node->right = NULL;
}

struct treap_node *treap_find(const struct treap *t,
	int (*key)(const struct treap_node *node, const void *arg), const void *arg)
{
	struct treap_node *node = t->root;
	int order;

	while (node && (order = key(node, arg)) != 0)
		node = order > 0 ? node->left : node->right;
	return node;
}

struct walk {
	int (*key)(const struct treap_node *node, const void *arg);
	bool (*visit)(struct treap_node *node, void *arg);
	void *arg;
};

/* As deep as the tree, which is a few times the logarithm of its size. */
static bool walk_below(struct treap_node *node, const struct walk *w)
{
	while (node) {
		if (w->key(node, w->arg) > 0 &&
			!(walk_below(node->left, w) && w->visit(node, w->arg)))
			return false;
		node = node->right;
	}
	return true;
}

bool treap_walk(const struct treap *t, int (*key)(const struct treap_node *node, const void *arg),
	bool (*visit)(struct treap_node *node, void *arg), void *arg)
{
	struct walk w = { .key = key, .visit = visit, .arg = arg };

	return walk_below(t->root, &w);
}
