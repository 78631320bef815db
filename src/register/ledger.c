/* register/ledger.c - entries by key, each with those who want it. */
#include "register/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/strv.h"

struct claim {
	struct list by_owner, by_entry;
	struct ledger_entry *entry;
	const struct ledger_owner *owner;
	char *value; /* owned */
	bool again;  /* wanted still, while claims are compared */
};

void ledger_init(struct ledger *l)
{
	*l = (struct ledger){ 0 };
	list_init(&l->due);
}

void ledger_owner_init(struct ledger_owner *o)
{
	list_init(&o->claims);
}

const char *ledger_wanted(const struct ledger_entry *e)
{
	const struct claim *first = list_first(&e->claims, struct claim, by_entry);

	return first ? first->value : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_due(const struct ledger_entry *e)
{
	return !e->foreign && !e->refused && !e->orphan && !same_text(ledger_wanted(e), e->found);
}

static void drop_entry(struct ledger *l, struct ledger_entry *e)
{
	list_remove(&e->due);
	HASH_DELETE(hh, l->entries, e);
	free(e->key);
	free(e->found);
	free(e);
}

/* After every change.  The entry may be gone then: nobody knows anything about it any more. */
static void update(struct ledger *l, struct ledger_entry *e)
{
	bool due = is_due(e);

	if (!e->found && !e->foreign && list_empty(&e->claims)) {
		drop_entry(l, e);
		return;
	}
	if (due && list_empty(&e->due)) {
		e->since = l->now++;
		list_push_back(&l->due, &e->due);
	} else if (!due) {
		list_remove(&e->due);
	}
}

static struct ledger_entry *find_entry(const struct ledger *l, const char *key)
{
	struct ledger_entry *e;

	HASH_FIND_STR(l->entries, key, e);
	return e;
}

static struct ledger_entry *ensure_entry(struct ledger *l, const char *key)
{
	struct ledger_entry *e = find_entry(l, key);

	if (e)
		return e;
	e = xnew(struct ledger_entry);
	e->key = xstrdup(key);
	list_init(&e->claims);
	list_init(&e->due);
	HASH_ADD_KEYPTR(hh, l->entries, e->key, strlen(e->key), e);
	return e;
}

/* --- claims --- */

static struct claim *find_claim(const struct ledger_entry *e, const struct ledger_owner *o)
{
	struct claim *c;

	list_for_each (c, &e->claims, by_entry) {
		if (c->owner == o)
			return c;
	}
	return NULL;
}

static void drop_claim(struct ledger *l, struct claim *c)
{
	struct ledger_entry *e = c->entry;

	list_remove(&c->by_owner);
	list_remove(&c->by_entry);
	free(c->value);
	free(c);
	e->refused = false;
	update(l, e);
}

static void add_claim(
	struct ledger *l, struct ledger_owner *o, struct ledger_entry *e, const char *value)
{
	struct claim *c = xnew(struct claim);

	c->owner = o;
	c->entry = e;
	c->value = xstrdup(value);
	c->again = true;
	list_push_back(&o->claims, &c->by_owner);
	list_push_back(&e->claims, &c->by_entry);
	e->orphan = false;
	e->refused = false;
	update(l, e);
}

static void set_claim(struct ledger *l, struct claim *c, const char *value)
{
	c->again = true;
	if (strcmp(c->value, value) == 0)
		return;
	free(c->value);
	c->value = xstrdup(value);
	c->entry->refused = false;
	update(l, c->entry);
}

void ledger_claim(struct ledger *l, struct ledger_owner *o, const struct kv_entries *wanted)
{
	struct claim *c, *next;

	list_for_each (c, &o->claims, by_owner)
		c->again = false;
	for (size_t i = 0; i < wanted->count; i++) {
		struct ledger_entry *e = ensure_entry(l, wanted->items[i].key);
		struct claim *old = find_claim(e, o);

		if (!old)
			add_claim(l, o, e, wanted->items[i].value);
		else if (!old->again) /* of a key that it has twice the first counts */
			set_claim(l, old, wanted->items[i].value);
	}
	list_for_each_safe (c, next, &o->claims, by_owner) {
		if (!c->again)
			drop_claim(l, c);
	}
}

/* --- the registry --- */

static void set_found(struct ledger *l, struct ledger_entry *e, const char *value)
{
	l->stored += (value != NULL) - (e->found != NULL);
	free(e->found);
	e->found = xstrdup_null(value);
}

/* Ours, or nothing at all: what is foreign stays so until it is gone. */
static void read_entry(struct ledger *l, struct ledger_entry *e, const char *value, size_t *drift)
{
	bool was_settled = e->found && !e->foreign && !e->orphan && list_empty(&e->due);

	if (was_settled && !same_text(e->found, value))
		(*drift)++;
	e->foreign = false;
	e->refused = false;
	e->orphan = value && (e->orphan || !e->found) && list_empty(&e->claims);
	l->orphans += e->orphan;
	set_found(l, e, value);
	update(l, e);
}

static const char *found_value(const struct kv_entries *found, const char *key)
{
	struct kv_entry wanted = { .key = (char *)key };
	const struct kv_entry *e = found->count ? bsearch(&wanted, found->items, found->count,
							  sizeof(wanted), kv_entries_compare)
						: NULL;

	return e ? e->value : NULL;
}

void ledger_read(struct ledger *l, const struct kv_entries *found, const struct strv *foreign,
	size_t *ret_drift)
{
	struct ledger_entry *e, *next;

	*ret_drift = 0;
	l->orphans = 0;
	for (size_t i = 0; i < found->count; i++)
		(void)ensure_entry(l, found->items[i].key);
	HASH_ITER (hh, l->entries, e, next)
		read_entry(l, e, found_value(found, e->key), ret_drift);
	for (size_t i = 0; i < foreign->count; i++) {
		e = ensure_entry(l, foreign->items[i]);
		if (e->found)
			continue; /* ours after all */
		e->foreign = true;
		update(l, e);
	}
}

void ledger_release(struct ledger *l, bool (*gone)(void *arg, const char *key), void *arg)
{
	struct ledger_entry *e, *next;
	size_t left = 0;

	if (l->orphans == 0)
		return;
	HASH_ITER (hh, l->entries, e, next) {
		if (!e->orphan)
			continue;
		if (!gone(arg, e->key)) {
			left++;
			continue;
		}
		e->orphan = false;
		update(l, e);
	}
	l->orphans = left;
}

void ledger_settle(struct ledger *l, const char *key, const char *value)
{
	struct ledger_entry *e = find_entry(l, key);

	if (!e && !value)
		return;
	e = ensure_entry(l, key);
	set_found(l, e, value);
	/* What was written a while ago may be wanted otherwise by now. */
	list_remove(&e->due);
	update(l, e);
}

void ledger_refuse(struct ledger *l, const char *key)
{
	struct ledger_entry *e = find_entry(l, key);

	if (!e)
		return;
	e->refused = true;
	update(l, e);
}

bool ledger_is_settled(const struct ledger *l, uint64_t moment)
{
	const struct ledger_entry *first = list_first(&l->due, struct ledger_entry, due);

	return !first || first->since >= moment;
}

void ledger_finish(struct ledger *l)
{
	struct ledger_entry *e, *next;

	HASH_ITER (hh, l->entries, e, next) {
		assert(list_empty(&e->claims));
		drop_entry(l, e);
	}
}
