/*
 * sched/expr.h - one expression: <key><operator>[~]<value>.
 *
 * Parsed and compiled once per request.  The value is a pattern: `/regex/` is searched anywhere;
 * everything else is compared whole, `*` standing for any text and the other operators of regular
 * expressions keeping their meaning, as in classic Swarm.  A value that is no regular expression
 * by its form also matches what equals it literally, so that "Debian GNU/Linux 12 (bookworm)"
 * finds itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

struct regex;

struct expr {
	char *key;    /* owned */
	char *value;  /* owned; without the '~' of a soft expression */
	bool differs; /* the operator is != */
	bool soft;
	bool is_regex;       /* the value was written /between slashes/ */
	struct regex *regex; /* owned; NULL: only equality counts */
};

/*
 * Errors are ERROR_INVALID with the classic texts: `One of operator ==, != is expected`,
 * `Key '%s' is invalid`, `Value '%s' is invalid`; the latter followed by ": <reason>" for a regular
 * expression that does not compile.  On failure there is nothing to finish.
 */
bool expr_parse(struct expr *ret, const char *text, struct error *err);
void expr_finish(struct expr *e);

/* Whether the candidate is meant by the value, whatever the operator says. */
bool expr_matches(const struct expr *e, const char *candidate);
/*
 * The same for interned candidates, of which many nodes have the same: each is matched once.  Good
 * for one decision, as long as nothing is released.
 */
enum { EXPR_MEMO_SIZE = 256 };
struct expr_memo {
	const char *candidates[EXPR_MEMO_SIZE];
	bool matched[EXPR_MEMO_SIZE];
};
bool expr_matches_interned(const struct expr *e, struct expr_memo *memo, const char *candidate);
/* What the operator makes of it: `found` tells if any candidate matched. */
static inline bool expr_accepts(const struct expr *e, bool found)
{
	return found != e->differs;
}
/* `<key><op><value>`. */
void expr_format(const struct expr *e, struct strbuf *sb);

struct expr_list {
	struct expr *items; /* owned, each owned */
	size_t count, cap;
};

/* Appends; the list keeps what it had on failure. */
bool expr_list_add(struct expr_list *l, const char *text, struct error *err);
void expr_list_finish(struct expr_list *l);
