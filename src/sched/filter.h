/*
 * sched/filter.h - what a filter is.
 *
 * A filter narrows a list of nodes in place and in order.  What must hold is its `narrow`; what is
 * only preferred is its `prefer`, which is asked later, about nodes that could take the container,
 * and never leaves an empty list.  Private to this floor.
 */
#pragma once

#include "sched/sched.h"
#include "sched/wish.h"

/* A label whose values stay together. */
struct together_key {
	char *name; /* owned */
	bool hard;
};

/* One decision. */
struct round {
	const struct wish *wish;
	const struct node *nodes; /* all of the cluster, whatever has been refused already */
	size_t count;
	struct node **scratch; /* room for `count` pointers */
	const struct together_key *together;
	size_t together_count;
	bool volumes_everywhere;
};

struct filter {
	const char *name;
	/* Returns how many stay. */
	size_t (*narrow)(const struct round *r, struct node **nodes, size_t count);
	/* NULL: prefers nothing. */
	size_t (*prefer)(const struct round *r, struct node **nodes, size_t count);
	/* What the request asks of this filter, one string an item of the error text. NULL: never
	 * anything. */
	void (*list)(const struct wish *w, struct strv *items);
	/* After it refused every node: what an engine would say, if it has a word for it.  False:
	 * it has none.  NULL: never. */
	bool (*refuse)(const struct round *r, struct error *err);
	/* When there is no node, and it refused some: reasons that the counts do not tell, one
	 * string a line.  NULL: none. */
	void (*explain)(const struct round *r, struct strv *reasons);
};

/* All that can be configured, in the default order; ends with NULL. */
extern const struct filter *const filters[];

extern const struct filter filter_health, filter_port, filter_slots, filter_dependency,
	filter_together, filter_affinity, filter_constraint, filter_whitelist;
/* Not among them: behind those that were configured, always. */
extern const struct filter filter_availability;

/* Keeps the nodes that the test accepts. */
typedef bool filter_test(const struct node *n, const void *arg);
size_t filter_keep(struct node **nodes, size_t count, filter_test *test, const void *arg);

/* The nodes with the highest count; *ret_most is that count. */
typedef size_t filter_count(const struct node *n, const void *arg);
size_t filter_keep_most(
	struct node **nodes, size_t count, filter_count *score, const void *arg, size_t *ret_most);

/* Narrows by one expression, soft or not. */
typedef size_t filter_by(
	const struct round *r, const struct expr *e, struct node **nodes, size_t count);
/* By every hard expression of the list. */
size_t filter_require(const struct round *r, const struct expr_list *l, filter_by *by,
	struct node **nodes, size_t count);
/*
 * By every soft expression that leaves a node, in order: one that cannot be met together with those
 * before it is dropped alone.
 */
size_t filter_prefer(const struct round *r, const struct expr_list *l, filter_by *by,
	struct node **nodes, size_t count);
/* `<key><op><value> (soft=true|false)` for each. */
void filter_list_expressions(const struct expr_list *l, struct strv *items);

/* The first lines of section 6: what was asked of the filters up to and including `last`. */
void filter_write_conditions(
	struct strbuf *sb, const struct wish *w, const struct filter *const *chain, size_t count);
/* The text for an expression that cannot be read, as if the default filters were asked.  Returns
 * false. */
bool filter_syntax_error(const struct wish *w, const struct filter *at_fault,
	const struct error *why, struct error *err);
