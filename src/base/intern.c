/*
 * base/intern.c - counted strings in hash tables.
 *
 * There are many tables, because one grows by moving all that is in it at once: of half a million
 * strings that took a tenth of a second.  A string's table is said by the upper bits of its hash,
 * the place in the table by the lower ones.
 */
#include "base/intern.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/util.h"

struct interned {
	UT_hash_handle hh;
	size_t refs;
	char text[];
};

enum { TABLE_BITS = 7, TABLES = 1 << TABLE_BITS };

static struct interned *tables[TABLES];

static struct interned **table_of(unsigned hash)
{
	static_assert(sizeof(hash) == 4, "the upper bits are those of 32");
	return &tables[hash >> (32 - TABLE_BITS)];
}

static struct interned *entry_of(const char *interned)
{
	return container_of(interned, struct interned, text);
}

static struct interned *entry_create(const char *s, size_t len)
{
	struct interned *entry = xmalloc(sizeof(*entry) + len + 1);

	entry->refs = 0;
	memcpy(entry->text, s, len);
	entry->text[len] = '\0';
	return entry;
}

const char *intern_n(const char *s, size_t len)
{
	struct interned *entry;
	unsigned hash;

	if (!s)
		return NULL;
	HASH_VALUE(s, len, hash);
	HASH_FIND_BYHASHVALUE(hh, *table_of(hash), s, len, hash, entry);
	if (!entry) {
		entry = entry_create(s, len);
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, *table_of(hash), entry->text, len, hash, entry);
	}
	entry->refs++;
	return entry->text;
}

const char *intern(const char *s)
{
	return s ? intern_n(s, strlen(s)) : NULL;
}

const char *intern_find(const char *s)
{
	size_t len = strlen(s);
	struct interned *entry;
	unsigned hash;

	HASH_VALUE(s, len, hash);
	HASH_FIND_BYHASHVALUE(hh, *table_of(hash), s, len, hash, entry);
	return entry ? entry->text : NULL;
}

const char *intern_ref(const char *interned)
{
	if (interned)
		entry_of(interned)->refs++;
	return interned;
}

void intern_unref(const char *interned)
{
	if (!interned)
		return;
	struct interned *entry = entry_of(interned);
	assert(entry->refs > 0);
	if (--entry->refs)
		return;
	HASH_DEL(*table_of(entry->hh.hashv), entry);
	free(entry);
}

size_t intern_len(const char *interned)
{
	return container_of(interned, struct interned, text)->hh.keylen;
}

size_t intern_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < TABLES; i++)
		count += HASH_COUNT(tables[i]);
	return count;
}
