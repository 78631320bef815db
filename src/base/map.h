/*
 * base/map.h - uthash as this house uses it: include this, never <uthash.h> itself.
 *
 * Memory comes from xmalloc, so adding cannot fail.  The hash is keyed with a secret of the
 * process: names and labels come from clients, and nobody may choose them so that all fall into one
 * bucket. (It also keeps uthash's own hash, a long macro that clang warns about, out of every
 * file.)
 */
#pragma once

#ifdef UTHASH_H
#error "include base/map.h instead of uthash.h"
#endif

#include <stddef.h>

#include "base/mem.h"

#define HASH_FUNCTION(key, len, hash) ((hash) = map_hash((key), (len)))
#define uthash_malloc(size)           xmalloc(size)
#define uthash_free(p, size)          free(p)
#include <uthash.h>

#ifdef __clang_analyzer__
/* It cannot follow the arithmetic inside, and takes what was removed and freed for still being in
 * the table. */
void *map_anything(void);
#undef HASH_DELETE
#define HASH_DELETE(hh, head, element) ((head) = ((void)(element), map_anything()))
#endif

/* The same for the same bytes as long as the process lives, another one in the next. */
unsigned map_hash(const void *key, size_t len);
