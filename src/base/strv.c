/* base/strv.c - an array that grows. */
#include "base/strv.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

void strv_finish(struct strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = STRV_INIT;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void strv_add_n(struct strv *v, const char *s, size_t len)
{
	strv_take(v, xstrndup(s, len));
}

void strv_take(struct strv *v, char *s)
{
	array_reserve(v->items, v->count, v->cap);
	v->items[v->count++] = s;
}

void strv_remove(struct strv *v, size_t index)
{
	assert(index < v->count);
	free(v->items[index]);
	v->count--;
	memmove(&v->items[index], &v->items[index + 1], (v->count - index) * sizeof(*v->items));
}

bool strv_contains(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++) {
		if (strcmp(v->items[i], s) == 0)
			return true;
	}
	return false;
}

void strv_copy(struct strv *to, const struct strv *from)
{
	size_t count = from->count; /* to may be from */

	for (size_t i = 0; i < count; i++)
		strv_add(to, from->items[i]);
}

void strv_split(struct strv *v, const char *s, char separator)
{
	const char *end;

	while ((end = strchr(s, separator)) != NULL) {
		strv_add_n(v, s, (size_t)(end - s));
		s = end + 1;
	}
	strv_add(v, s);
}

char *strv_join(const struct strv *v, const char *separator)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			strbuf_add_str(&sb, separator);
		strbuf_add_str(&sb, v->items[i]);
	}
	return strbuf_steal(&sb);
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof(*v->items), compare_items);
}
