/* docker/label_tally.c - a handful of keys, each with its values in a hash. */
#include "docker/label_tally.h"

#include <assert.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/container.h"

static const char *value_of(const struct container *c, const char *key)
{
	const char *value = labels_find(&c->labels, key);

	return value ? value : "";
}

static struct label_count *find_count(const struct label_tally *tally, const char *value)
{
	struct label_count *there;

	HASH_FIND_STR(tally->counts, value, there);
	return there;
}

static void count_value(struct label_tally *tally, const char *value)
{
	struct label_count *there = find_count(tally, value);

	if (!there) {
		there = xnew(struct label_count);
		there->value = intern(value);
		HASH_ADD_KEYPTR(hh, tally->counts, there->value, intern_len(there->value), there);
	}
	there->count++;
}

static void drop_count(struct label_tally *tally, struct label_count *count)
{
	HASH_DEL(tally->counts, count);
	intern_unref(count->value);
	free(count);
}

static void uncount_value(struct label_tally *tally, const char *value)
{
	struct label_count *there = find_count(tally, value);

	assert(there && there->count > 0);
	if (--there->count == 0)
		drop_count(tally, there);
}

static void tally_finish(struct label_tally *tally)
{
	struct label_count *i, *tmp;

	HASH_ITER (hh, tally->counts, i, tmp)
		drop_count(tally, i);
	intern_unref(tally->key);
	*tally = (struct label_tally){ 0 };
}

static struct label_tally *find_tally(struct label_tallies *t, const char *key)
{
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->items[i].key, key) == 0)
			return &t->items[i];
	}
	return NULL;
}

static struct label_tally *make_room(struct label_tallies *t)
{
	struct label_tally *oldest = t->items;

	if (t->count < LABEL_TALLIES_MAX) {
		t->items = xreallocarray(t->items, t->count + 1, sizeof(*t->items));
		t->items[t->count] = (struct label_tally){ 0 };
		return &t->items[t->count++];
	}
	for (size_t i = 1; i < t->count; i++) {
		if (t->items[i].asked < oldest->asked)
			oldest = &t->items[i];
	}
	tally_finish(oldest);
	return oldest;
}

const struct label_tally *label_tally_of(
	struct label_tallies *t, struct container *const *containers, size_t count, const char *key)
{
	struct label_tally *tally = find_tally(t, key);

	if (!tally) {
		tally = make_room(t);
		tally->key = intern(key);
		for (size_t i = 0; i < count; i++)
			count_value(tally, value_of(containers[i], tally->key));
	}
	tally->asked = ++t->clock;
	return tally;
}

size_t label_tally_count(const struct label_tally *tally, const char *value)
{
	const struct label_count *there = find_count(tally, value);

	return there ? there->count : 0;
}

void label_tallies_add(struct label_tallies *t, const struct container *c)
{
	for (size_t i = 0; i < t->count; i++)
		count_value(&t->items[i], value_of(c, t->items[i].key));
}

void label_tallies_remove(struct label_tallies *t, const struct container *c)
{
	for (size_t i = 0; i < t->count; i++)
		uncount_value(&t->items[i], value_of(c, t->items[i].key));
}

void label_tallies_finish(struct label_tallies *t)
{
	for (size_t i = 0; i < t->count; i++)
		tally_finish(&t->items[i]);
	free(t->items);
	*t = (struct label_tallies){ 0 };
}
