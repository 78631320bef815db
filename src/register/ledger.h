/*
 * register/ledger.h - what should stand in a registry, what does, and the difference; pure.
 *
 * An entry is a key and a text.  Owners (nodes) claim entries; of several who want the same key the
 * first has it.  What is foreign is never due.  What was found but never claimed in this process's
 * life is an orphan: it goes only when somebody says that its owner is known to want nothing
 * (ledger_release), because a manager that has just begun does not know all yet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/strv.h"
#include "kv/entries.h"

struct ledger_entry {
	UT_hash_handle hh;
	char *key;          /* owned */
	char *found;        /* in the registry; owned; NULL: it is not there */
	struct list claims; /* private; the first one is wanted */
	struct list due;    /* ledger::due; alone: it is as it should be */
	uint64_t since;     /* grows along the list of what is due */
	bool foreign;
	bool orphan;
	bool refused; /* the registry will not have it; until it, or the registry, changes */
};

struct ledger {
	struct ledger_entry *entries; /* owned; by key */
	struct list due;              /* in the order in which they became so */
	uint64_t now;                 /* `since` of the next one */
	size_t orphans;               /* at most so many */
	size_t stored;                /* entries of ours in the registry */
};

/* Embedded in who claims. */
struct ledger_owner {
	struct list claims; /* private */
};

void ledger_init(struct ledger *l);
/* Owners have dropped their claims. */
void ledger_finish(struct ledger *l);
void ledger_owner_init(struct ledger_owner *o);

/* All that the owner wants from now on. */
void ledger_claim(struct ledger *l, struct ledger_owner *o, const struct kv_entries *wanted);
/* All that stands in the registry: ours (sorted), and the keys of others.  How much of what this
 * process had settled was not as it should be any more is *ret_drift. */
void ledger_read(struct ledger *l, const struct kv_entries *found, const struct strv *foreign,
	size_t *ret_drift);
/* Orphans for which `gone` says so are due to be deleted. */
void ledger_release(struct ledger *l, bool (*gone)(void *arg, const char *key), void *arg);

/* NULL: to be deleted. */
const char *ledger_wanted(const struct ledger_entry *e);
/* This value (NULL: none) stands in the registry now. */
void ledger_settle(struct ledger *l, const char *key, const char *value);
void ledger_refuse(struct ledger *l, const char *key);
/* Everything that was due before this moment, as ledger::now told it, is settled. */
bool ledger_is_settled(const struct ledger *l, uint64_t moment);
