/*
 * cluster/journal.c - three shelves with ceilings, and one list through two of them.
 */
#include "cluster/journal.h"

#include <assert.h>
#include <string.h>

#include "base/intern.h"
#include "cluster/engine.h"
#include "cluster/event_key.h"

enum { ENGINES, OWN, PAST, SHELVES };

struct shelf {
	struct list entries; /* journal_entry::shelf; owned */
	size_t count, bytes;
};

static const struct {
	size_t count, bytes;
} ceilings[SHELVES] = {
	[ENGINES] = { JOURNAL_ENGINES_MAX, JOURNAL_ENGINES_BYTES },
	[OWN] = { JOURNAL_OWN_MAX, JOURNAL_OWN_BYTES },
	[PAST] = { JOURNAL_PAST_MAX, JOURNAL_PAST_BYTES },
};

struct journal {
	struct list numbered; /* journal_entry::link; of ENGINES and OWN, by number */
	struct shelf shelves[SHELVES];
	struct journal_entry *by_key; /* all */
	uint64_t last, dropped;       /* numbers */
	uint64_t serial;              /* of PAST */
	uint64_t changes;
};

static struct journal_entry *on_shelf(const struct list *at)
{
	return container_of(at, struct journal_entry, shelf);
}

static struct journal_entry *numbered(const struct list *at)
{
	return container_of(at, struct journal_entry, link);
}

struct journal *journal_create(void)
{
	struct journal *j = xnew(struct journal);

	list_init(&j->numbered);
	for (size_t i = 0; i < SHELVES; i++)
		list_init(&j->shelves[i].entries);
	return j;
}

/* --- entries --- */

static struct journal_entry *entry_create(const struct docker_event *e, const struct engine *engine)
{
	struct event_node node = { "", "", "", "" };
	struct journal_entry *entry = xnew(struct journal_entry);

	if (engine)
		node = engine_event_node(engine);
	entry->node = (struct event_node){
		.name = intern(node.name),
		.id = intern(node.id),
		.addr = intern(node.addr),
		.ip = intern(node.ip),
	};
	event_copy(&entry->event, e);
	list_init(&entry->link);
	list_init(&entry->shelf);
	entry->key = event_key_of(e, node.id);
	entry->bytes = sizeof(*entry) + event_bytes(e);
	return entry;
}

static void entry_free(struct journal_entry *entry)
{
	intern_unref(entry->node.name);
	intern_unref(entry->node.id);
	intern_unref(entry->node.addr);
	intern_unref(entry->node.ip);
	event_finish(&entry->event);
	free(entry);
}

static void drop(struct journal *j, struct shelf *shelf, struct journal_entry *entry)
{
	assert(shelf->count > 0 && shelf->bytes >= entry->bytes);
	shelf->count--;
	shelf->bytes -= entry->bytes;
	list_remove(&entry->shelf);
	list_remove(&entry->link);
	HASH_DELETE(hh, j->by_key, entry);
	j->dropped = max_of(j->dropped, entry->number);
	j->changes++;
	entry_free(entry);
}

void journal_destroy(struct journal *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < SHELVES; i++) {
		while (!list_empty(&j->shelves[i].entries))
			drop(j, &j->shelves[i], on_shelf(j->shelves[i].entries.next));
	}
	free(j);
}

/* Behind `at`, and what is too much goes, the first first. */
static void put(struct journal *j, size_t which, struct list *at, struct journal_entry *entry)
{
	struct shelf *shelf = &j->shelves[which];

	list_insert_after(at, &entry->shelf);
	HASH_ADD(hh, j->by_key, key, sizeof(entry->key), entry);
	shelf->count++;
	shelf->bytes += entry->bytes;
	j->changes++;
	while (shelf->count > 1 &&
		(shelf->count > ceilings[which].count || shelf->bytes > ceilings[which].bytes))
		drop(j, shelf, on_shelf(shelf->entries.next));
}

static struct journal_entry *find(const struct journal *j, uint64_t key)
{
	struct journal_entry *found = NULL;

	HASH_FIND(hh, j->by_key, &key, sizeof(key), found);
	return found;
}

void journal_add(struct journal *j, enum journal_kind kind, const struct docker_event *e,
	const struct engine *engine)
{
	bool is_own = kind & (JOURNAL_NODE | JOURNAL_MOVE | JOURNAL_LEADER);
	size_t which = is_own ? OWN : ENGINES; /* clients' refusals push nothing of the pool out */
	struct journal_entry *entry = entry_create(e, engine), *same = find(j, entry->key);

	/* Its engine's journal was asked before its stream had brought it here. */
	if (same && same->number == 0)
		drop(j, &j->shelves[PAST], same);
	entry->kind = kind;
	entry->number = ++j->last;
	list_push_back(&j->numbered, &entry->link);
	put(j, which, j->shelves[which].entries.prev, entry);
}

bool journal_add_past(struct journal *j, const struct docker_event *e, const struct engine *engine)
{
	struct list *head = &j->shelves[PAST].entries, *at = head->prev;
	struct journal_entry *entry = entry_create(e, engine);

	if (find(j, entry->key)) {
		entry_free(entry);
		return false;
	}
	while (at != head && on_shelf(at)->event.time_ns > e->time_ns)
		at = at->prev;
	entry->kind = event_is_of_life(e) ? JOURNAL_CREATE : JOURNAL_OBJECT;
	entry->serial = ++j->serial;
	put(j, PAST, at, entry);
	return true;
}

/* --- for who looks back --- */

uint64_t journal_last(const struct journal *j)
{
	return j->last;
}

/* The one before; NULL: none. */
static struct journal_entry *before(const struct journal *j, const struct journal_entry *than)
{
	const struct list *past = &j->shelves[PAST].entries;
	const struct list *at = than ? than->link.prev : j->numbered.prev;

	if (than && than->number == 0)
		past = than->shelf.prev;
	else if (at != &j->numbered)
		return numbered(at);
	else
		past = past->prev;
	return past == &j->shelves[PAST].entries ? NULL : on_shelf(past);
}

const struct journal_entry *journal_older(
	const struct journal *j, const struct journal_entry *than, unsigned kinds)
{
	do
		than = before(j, than);
	while (than && !(than->kind & kinds));
	return than;
}

/* Of the first behind this number; the head of the list: there is none. */
static struct list *behind(const struct journal *j, uint64_t number)
{
	struct list *at = (struct list *)&j->numbered;

	while (at->prev != &j->numbered && numbered(at->prev)->number > number)
		at = at->prev;
	return at;
}

const struct journal_entry *journal_newer(const struct journal *j, uint64_t number, unsigned kinds)
{
	const struct list *at = behind(j, number);

	while (at != &j->numbered && !(numbered(at)->kind & kinds))
		at = at->next;
	return at == &j->numbered ? NULL : numbered(at);
}

/* --- for who follows --- */

void journal_reader_init(struct journal_reader *r, const struct journal *j, bool with_past,
	int64_t since_ns, int64_t until_ns)
{
	*r = (struct journal_reader){
		.journal = j,
		.since_ns = since_ns,
		.until_ns = until_ns,
		.began = j->last,
		.number = with_past ? 0 : j->last,
		.dropped = j->dropped,
		.past_ns = INT64_MIN,
		.reads_past = with_past,
		.changes = j->changes - 1,
	};
}

static bool was_read(const struct journal_reader *r, const struct journal_entry *past)
{
	return past->event.time_ns < r->past_ns ||
	       (past->event.time_ns == r->past_ns && past->serial <= r->past_serial);
}

/* Somebody has added something, or this is the first time. */
static void find_place(struct journal_reader *r)
{
	const struct journal *j = r->journal;
	struct list *head = (struct list *)&j->shelves[PAST].entries;

	if (r->changes == j->changes)
		return;
	r->changes = j->changes;
	r->next = behind(j, r->number);
	r->next_past = head;
	while (r->reads_past && r->next_past->prev != head &&
		!was_read(r, on_shelf(r->next_past->prev)))
		r->next_past = r->next_past->prev;
}

static bool is_within(const struct journal_reader *r, const struct journal_entry *e)
{
	return e->number > r->began ||
	       (e->event.time_ns >= r->since_ns && e->event.time_ns <= r->until_ns);
}

static struct journal_entry *take_past(struct journal_reader *r)
{
	struct journal_entry *e = on_shelf(r->next_past);

	r->past_ns = e->event.time_ns;
	r->past_serial = e->serial;
	r->next_past = r->next_past->next;
	return e;
}

static struct journal_entry *take_next(struct journal_reader *r)
{
	const struct journal *j = r->journal;
	struct journal_entry *next = r->next == &j->numbered ? NULL : numbered(r->next);

	if (r->next_past != &j->shelves[PAST].entries &&
		(!next || next->number > r->began ||
			on_shelf(r->next_past)->event.time_ns <= next->event.time_ns))
		return take_past(r);
	r->reads_past = next && r->reads_past;
	if (!next)
		return NULL;
	r->number = next->number;
	r->next = r->next->next;
	return next;
}

const struct journal_entry *journal_read(struct journal_reader *r)
{
	const struct journal_entry *e;

	find_place(r);
	do
		e = take_next(r);
	while (e && !is_within(r, e));
	return e;
}

bool journal_reader_is_late(const struct journal_reader *r)
{
	return r->journal->dropped > max_of(r->dropped, r->number);
}
