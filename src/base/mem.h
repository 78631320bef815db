/*
 * base/mem.h - allocation that does not fail.
 *
 * Out of memory ends the process with one line on stderr, so no code after an
 * allocation needs a second path.  Everything is released with free().
 */
#pragma once

#include <stddef.h>

#include "base/util.h"

void *xmalloc(size_t size) must_check;
void *xcalloc(size_t count, size_t size) must_check;
void *xrealloc(void *p, size_t size) must_check;
void *xreallocarray(void *p, size_t count, size_t size) must_check;
void *xmemdup(const void *p, size_t size) must_check;
char *xstrdup(const char *s) must_check;
/* Like xstrdup, but NULL stays NULL. */
char *xstrdup_null(const char *s) must_check;
char *xstrndup(const char *s, size_t n) must_check;
char *xasprintf(const char *fmt, ...) printf_like(1, 2) must_check;

/* A zeroed object of the type. */
#define xnew(type) ((type *)xcalloc(1, sizeof(type)))

/*
 * Make room for one more element in a growing array (doubling).
 * `items` is the pointer variable, `count` the used and `cap` the allocated number.
 */
#define array_reserve(items, count, cap)                                                           \
	do {                                                                                       \
		if ((count) == (cap)) {                                                            \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(items) = xreallocarray((items), (cap), sizeof(*(items)));                 \
		}                                                                                  \
	} while (0)
