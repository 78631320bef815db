/*
 * page/page_private.h - pieces that all screens are made of.
 */
#pragma once

#include "page/html.h"
#include "page/page.h"

enum { NAME_SHOWN = 80, TEXT_SHOWN = 300 };

/* refresh_s: the browser asks again after so many seconds; 0: it does not. */
void frame_open(struct page *p, const char *title, int refresh_s);
void frame_close(struct page *p);
/* Content of an element `name`, escaped. */
void frame_element(struct page *p, const char *name, const char *text);
/* "12 seconds ago". */
void frame_add_age(struct strbuf *sb, int64_t ms);
/* A choice of the address; "" when it is not there. */
const char *frame_choice(const struct page *p, const char *key);
/* The present address with one choice changed, as the value of an attribute; starts again at the
 * first row unless it is "from" that changes. */
void frame_add_link(struct page *p, const char *key, const char *value);
/* Which rows are shown, from a total: *ret_from and how many; links to the others are written. */
size_t frame_window(struct page *p, size_t total, size_t *ret_from);
/* The fields of a form, between form elements: text, and a list that ends with NULL and begins with
 * the words for all. */
void frame_form_open(struct page *p, const char *action);
void frame_form_text(struct page *p, const char *key, const char *label);
void frame_form_select(
	struct page *p, const char *key, const char *label, const char *const *values);
void frame_form_close(struct page *p);
