/*
 * kv/entries.h - what stands in a directory of a store.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct kv_entry {
	char *key;   /* what follows the directory and a slash; owned */
	char *value; /* a C string, but others may have written any byte: see len; owned */
	size_t len;
};

struct kv_entries {
	struct kv_entry *items; /* owned */
	size_t count, cap;
};

#define KV_ENTRIES_INIT ((struct kv_entries){ 0 })
#define auto_kv_entries __attribute__((cleanup(kv_entries_finish)))

/* More than that is no cluster; drivers answer with an error. */
#define KV_MAX_ENTRIES 65536

void kv_entries_finish(struct kv_entries *e);
/* At the end; the caller keeps the order. */
void kv_entries_add(struct kv_entries *e, const char *key, const void *value, size_t len);
void kv_entries_sort(struct kv_entries *e);
/* By key; for qsort and bsearch. */
int kv_entries_compare(const void *a, const void *b);
/* Of sorted entries: replaces, or inserts at its place.  False when nothing has changed. */
bool kv_entries_set(struct kv_entries *e, const char *key, const void *value, size_t len);
/* Of sorted entries; false when there is no such key. */
bool kv_entries_remove(struct kv_entries *e, const char *key);
bool kv_entries_equal(const struct kv_entries *a, const struct kv_entries *b);
