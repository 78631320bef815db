/*
 * base/util.h - the few macros that every file may use.
 *
 * Cleanup attributes free a local when it leaves its scope; what leaves the
 * function is stolen: `*ret_id = steal(id);`.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define must_check                      __attribute__((warn_unused_result))
#define printf_like(fmt, first)         __attribute__((format(printf, fmt, first)))
#define maybe_unused                    __attribute__((unused))

#define min_of(a, b)                                                                               \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})
#define max_of(a, b)                                                                               \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})

/* Take the value out of a variable and leave NULL behind. */
#define steal(p)                                                                                   \
	({                                                                                         \
		__typeof__(p) stolen_ = (p);                                                       \
		(p) = NULL;                                                                        \
		stolen_;                                                                           \
	})

static inline void auto_free_handler(void *p)
{
	free(*(void **)p);
}
#define auto_free __attribute__((cleanup(auto_free_handler)))
