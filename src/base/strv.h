/*
 * base/strv.h - an owned list of strings.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct strv {
	char **items; /* owned, each owned */
	size_t count;
	size_t cap;
};

#define STRV_INIT ((struct strv){ 0 })
#define auto_strv __attribute__((cleanup(strv_finish)))

void strv_finish(struct strv *v);
void strv_add(struct strv *v, const char *s);
void strv_add_n(struct strv *v, const char *s, size_t len);
void strv_take(struct strv *v, char *s); /* takes ownership */
void strv_remove(struct strv *v, size_t index);
bool strv_contains(const struct strv *v, const char *s);
void strv_copy(struct strv *to, const struct strv *from); /* appends */
/* Split at every separator; empty parts are kept; "" gives one empty part. */
void strv_split(struct strv *v, const char *s, char separator);
char *strv_join(const struct strv *v, const char *separator) must_check;
void strv_sort(struct strv *v);
