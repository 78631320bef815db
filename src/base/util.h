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

/* Each argument is evaluated once; names are made unique so that calls can be nested. */
#define pick_named_(a, b, op, x, y)                                                                \
	({                                                                                         \
		__typeof__(a) x = (a);                                                             \
		__typeof__(b) y = (b);                                                             \
		x op y ? x : y;                                                                    \
	})
#define pick_numbered_(a, b, op, n) pick_named_(a, b, op, pick_a_##n, pick_b_##n)
#define pick_expanded_(a, b, op, n) pick_numbered_(a, b, op, n)
#define min_of(a, b)                pick_expanded_(a, b, <, __COUNTER__)
#define max_of(a, b)                pick_expanded_(a, b, >, __COUNTER__)

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
