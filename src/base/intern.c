/* base/intern.c - one hash table of counted strings. */
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

static struct interned *table;

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
	HASH_FIND_BYHASHVALUE(hh, table, s, len, hash, entry);
	if (!entry) {
		entry = entry_create(s, len);
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, table, entry->text, len, hash, entry);
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
	struct interned *entry;

	HASH_FIND(hh, table, s, strlen(s), entry);
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
	HASH_DEL(table, entry);
	free(entry);
}

size_t intern_len(const char *interned)
{
	return container_of(interned, struct interned, text)->hh.keylen;
}

size_t intern_count(void)
{
	return HASH_COUNT(table);
}
