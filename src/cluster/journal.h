/*
 * cluster/journal.h - what happened in the pool, in the order in which this manager heard of it.
 *
 * Every event that the bus publishes is kept as it was told, with its node as that was then.  What
 * engines say and what the manager says itself have ceilings of their own, so that a busy engine
 * does not push the loss of a node out; of each, the oldest give way.  A third part is filled from
 * the engines' own journals (journal_add_past): what happened before this manager followed them.
 *
 * What is lent is valid until the loop turns, or something is added.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "docker/event.h"

struct engine;
struct journal;

/* Bits, so that several can be asked for. */
enum journal_kind {
	JOURNAL_OBJECT = 1,   /* an engine's event */
	JOURNAL_CREATE = 2,   /* ... of a container that was created, or is gone */
	JOURNAL_NODE = 4,     /* nodes join, leave, fail, return, are paused, drained, lost */
	JOURNAL_MOVE = 8,     /* containers are made anew elsewhere, leave a node, or wait */
	JOURNAL_LEADER = 16,  /* which of several managers leads */
	JOURNAL_REFUSAL = 32, /* a create found no node */
	JOURNAL_ALL = 63,
};

/* Ceilings; a typical event takes 1.5 KiB. */
enum {
	JOURNAL_ENGINES_MAX = 8192, /* of what engines say */
	JOURNAL_ENGINES_BYTES = 8 * 1024 * 1024,
	JOURNAL_OWN_MAX = 1024, /* of what the manager says */
	JOURNAL_OWN_BYTES = 1024 * 1024,
	JOURNAL_PAST_MAX = 4096, /* of what engines' journals say of the time before */
	JOURNAL_PAST_BYTES = 4 * 1024 * 1024,
};

struct journal_entry {
	uint64_t number; /* from 1, in the order of coming; 0: of the time before */
	enum journal_kind kind;
	struct docker_event event; /* owned */
	struct event_node node;    /* as it was then; texts interned */
	/* Private. */
	struct list link;  /* of those that have a number */
	struct list shelf; /* of those that share a ceiling */
	UT_hash_handle hh;
	uint64_t key;    /* alike for what is the same event */
	uint64_t serial; /* of the time before: which of those with the same time */
	size_t bytes;
};

struct journal *journal_create(void) must_check;
void journal_destroy(struct journal *j);

/* A copy of it; engine: NULL for what is about none. */
void journal_add(struct journal *j, enum journal_kind kind, const struct docker_event *e,
	const struct engine *engine);
/* Out of the engine's own journal; false when it is here already: the same engine, time, type,
 * action and actor. */
bool journal_add_past(struct journal *j, const struct docker_event *e, const struct engine *engine);

/* The number of the newest; 0: nothing has happened. */
uint64_t journal_last(const struct journal *j);
/* Newest first: what came before `than` (NULL: the newest of all), of these kinds; NULL: that was
 * the oldest. */
const struct journal_entry *journal_older(
	const struct journal *j, const struct journal_entry *than, unsigned kinds);
/* The first behind this number, of these kinds: to go on where somebody was.  NULL: none yet. */
const struct journal_entry *journal_newer(const struct journal *j, uint64_t number, unsigned kinds);

/*
 * Reads forward, over many turns: what was there when it began, as far as its times are within
 * since and until, then whatever comes.
 */
struct journal_reader {
	const struct journal *journal; /* borrowed */
	int64_t since_ns, until_ns;
	/* Private. */
	uint64_t began, number; /* the newest when it began; the newest that was read */
	uint64_t dropped;       /* the newest that was gone when it began */
	int64_t past_ns;        /* the newest of the time before that was read, ... */
	uint64_t past_serial;   /* ... and which of those with this time */
	bool reads_past;
	uint64_t changes;              /* the journal's, for which the next ones are right */
	struct list *next, *next_past; /* the heads of their lists: none */
};
/* with_past: what was there is read as well. */
void journal_reader_init(struct journal_reader *r, const struct journal *j, bool with_past,
	int64_t since_ns, int64_t until_ns);
/* NULL: there is no more at the moment. */
const struct journal_entry *journal_read(struct journal_reader *r);
/* Something went before it was read. */
bool journal_reader_is_late(const struct journal_reader *r);
