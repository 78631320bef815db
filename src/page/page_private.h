/*
 * page/page_private.h - pieces that all screens are made of.
 */
#pragma once

#include "page/html.h"
#include "page/page.h"

enum { NAME_SHOWN = 80, TEXT_SHOWN = 300 };

/* refresh_s: a browser that runs no script asks again after so many seconds; 0: it does not. */
void frame_open(struct page *p, const char *title, int refresh_s);
void frame_close(struct page *p);
/* What may change while the page is open: an element (its attributes, our own words, with their
 * leading blank) with an id that is unique on the screen.  Those that lie in no other are always
 * there. */
void frame_part_open(struct page *p, const char *element, const char *id, const char *attributes);
void frame_part_close(struct page *p, const char *element);
/* An id for the part about something with this name: a letter and its sum. */
void frame_part_id(char ret[FRAGMENT_ID_MAX], char letter, const char *name);
/* Content of an element `name`, escaped. */
void frame_element(struct page *p, const char *name, const char *text);
/* "<dt>name</dt><dd>", up to the value. */
void frame_fact_open(struct page *p, const char *name);
void frame_fact_close(struct page *p);
void frame_fact(struct page *p, const char *name, const char *value);
/* "12 s ago", and the time itself; wall. */
void frame_add_age(struct page *p, int64_t at_ns);
/* Of the last answer of an engine; of one that answers all the time it is not told by seconds. */
void frame_add_heard(struct page *p, const struct engine *e);
/* Why it is not healthy. */
const char *frame_cause(const struct engine *e);
/* Its name in the direction of its own script, leading to its row. */
void frame_add_node(struct page *p, const struct engine *e);
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
