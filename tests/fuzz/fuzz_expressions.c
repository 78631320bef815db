/*
 * The first line is an expression, the others are names of nodes.  What was parsed comes back after
 * formatting, == and != are opposites, and placing by it chooses only nodes that were offered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "sched/expr.h"
#include "sched/sched.h"

#define MAX_NODES 8

static void check_format(const struct expr *e)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct expr again;

	strbuf_addf(
		&sb, "%s%s%s%s", e->key, e->differs ? "!=" : "==", e->soft ? "~" : "", e->value);
	fuzz_check(expr_parse(&again, sb.buf, &err));
	fuzz_check(strcmp(e->key, again.key) == 0 && strcmp(e->value, again.value) == 0);
	fuzz_check(e->differs == again.differs && e->soft == again.soft);
	fuzz_check(e->is_regex == again.is_regex && !e->regex == !again.regex);
	expr_finish(&again);
}

static void check_expression(const char *text, const struct strv *candidates)
{
	auto_error struct error err = ERROR_INIT;
	struct expr e;

	if (!expr_parse(&e, text, &err)) {
		fuzz_check(error_is_set(&err));
		return;
	}
	fuzz_check(!error_is_set(&err));
	check_format(&e);
	for (size_t i = 0; i < candidates->count; i++) {
		bool found = expr_matches(&e, candidates->items[i]);

		fuzz_check(expr_accepts(&e, found) == (found != e.differs));
		if (!e.is_regex && strcmp(e.value, candidates->items[i]) == 0)
			fuzz_check(found);
	}
	expr_finish(&e);
}

static const struct volume_uses no_uses;

/* No node has containers. */
static size_t make_nodes(struct node *nodes, const struct strv *names, const struct labels *labels,
	struct label_tallies *tallies)
{
	size_t count = min_of(names->count, (size_t)MAX_NODES);

	for (size_t i = 0; i < count; i++) {
		nodes[i] = (struct node){
			.id = names->items[i],
			.engine_id = "engine",
			.name = names->items[i],
			.addr = "10.0.0.1:2375",
			.ip = "10.0.0.1",
			.os = "",
			.arch = "",
			.labels = labels,
			.tallies = tallies,
			.volume_uses = &no_uses,
			.health = 100,
		};
	}
	return count;
}

/* One of the lists holds the expression. */
static void check_placing(struct sched *s, const struct strv *names, const struct strv *affinities,
	const struct strv *constraints, const struct strv *whitelists)
{
	static const struct labels none;
	auto_error struct error err = ERROR_INIT;
	struct node nodes[MAX_NODES], *ranked[MAX_NODES];
	struct label_tallies tallies = { 0 };
	size_t count = make_nodes(nodes, names, &none, &tallies), fitting = 0;
	struct wish *w = wish_create_expressions(affinities, constraints, whitelists, 0, 0, &err);

	if (w && sched_place(s, w, nodes, count, ranked, &fitting, &err)) {
		fuzz_check(!error_is_set(&err));
		fuzz_check(fitting > 0 && fitting <= count);
		for (size_t i = 0; i < fitting; i++)
			fuzz_check(ranked[i] >= nodes && ranked[i] < nodes + count);
	} else {
		fuzz_check(error_is_set(&err) && *error_text(&err));
	}
	wish_destroy(w);
	label_tallies_finish(&tallies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_strv struct strv lines = STRV_INIT;
	auto_strv struct strv wanted = STRV_INIT;
	auto_free char *text = xstrndup((const char *)data, size);
	struct sched *s = sched_create(NULL, NULL, NULL);

	sched_seed(s, size);
	strv_split(&lines, text, '\n');
	strv_add(&wanted, lines.items[0]);
	strv_remove(&lines, 0);
	check_expression(wanted.items[0], &lines);
	check_placing(s, &lines, &wanted, NULL, NULL);
	check_placing(s, &lines, NULL, &wanted, NULL);
	check_placing(s, &lines, NULL, NULL, &wanted);
	sched_destroy(s);
	return 0;
}
