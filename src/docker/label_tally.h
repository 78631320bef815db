/*
 * docker/label_tally.h - which values a label has among a node's containers, and how often.
 *
 * Placing tests an expression against the values in use, of which there mostly are few, instead of
 * against each of thirty thousand containers.  A key is counted from when it is first asked for,
 * and kept up to date from then on; so only the keys that wishes name cost anything.  Of those the
 * least recently asked gives way.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct container;

struct label_count {
	const char *value; /* interned; "" also counts those without the label */
	size_t count;      /* of containers; never 0 */
	UT_hash_handle hh; /* by value */
};

struct label_tally {
	const char *key;            /* interned */
	struct label_count *counts; /* owned hash */
	uint64_t asked;
};

enum { LABEL_TALLIES_MAX = 8 };

struct label_tallies {
	struct label_tally *items; /* owned */
	size_t count;
	uint64_t clock; /* of asking */
};

/* The containers are all that have been added and not been removed.  Borrowed until the next call.
 */
const struct label_tally *label_tally_of(struct label_tallies *t,
	struct container *const *containers, size_t count, const char *key);
/* Of containers that have exactly this value. */
size_t label_tally_count(const struct label_tally *tally, const char *value);

/* Around every change of a container's labels or of the set. */
void label_tallies_add(struct label_tallies *t, const struct container *c);
void label_tallies_remove(struct label_tallies *t, const struct container *c);
void label_tallies_finish(struct label_tallies *t);
