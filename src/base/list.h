/*
 * base/list.h - intrusive doubly linked list.
 *
 * A list head is a struct list that points to itself; elements embed a struct list.
 * A removed element points to itself, so removing twice does no harm.
 */
#pragma once

#include <stdbool.h>

#include "base/util.h"

struct list {
	struct list *prev, *next;
};

#define LIST_INIT(name) ((struct list){ &(name), &(name) })

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}
static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}
static inline void list_insert_after(struct list *pos, struct list *l)
{
	l->prev = pos;
	l->next = pos->next;
	pos->next->prev = l;
	pos->next = l;
}
static inline void list_push_front(struct list *head, struct list *l)
{
	list_insert_after(head, l);
}
static inline void list_push_back(struct list *head, struct list *l)
{
	list_insert_after(head->prev, l);
}
/* clang's analyzer takes lists that end for lists of freed or missing entries: it does not follow a
 * link back to the head.  Hence the NOLINTs here and where entries of a list are freed in a loop.
 */
static inline void list_remove(struct list *l)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference,clang-analyzer-unix.Malloc) */
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

#define list_first(head, type, member)                                                             \
	(list_empty(head) ? NULL : container_of((head)->next, type, member))
#define list_for_each(pos, head, member)                                                           \
	for ((pos) = container_of((head)->next, __typeof__(*(pos)), member);                       \
		&(pos)->member != (head);                                                          \
		(pos) = container_of((pos)->member.next, __typeof__(*(pos)), member))
/* The current element may be removed and freed; no other may. */
#define list_for_each_safe(pos, tmp, head, member)                                                 \
	for ((pos) = container_of((head)->next, __typeof__(*(pos)), member),                       \
	    (tmp) = container_of((pos)->member.next, __typeof__(*(pos)), member);                  \
		&(pos)->member != (head); (pos) = (tmp),                                           \
	    (tmp) = container_of((tmp)->member.next, __typeof__(*(tmp)), member))
