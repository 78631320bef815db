/*
 * page/html.h - text from anywhere as text in a document, never as markup.
 */
#pragma once

#include "base/strbuf.h"

/* For content and quoted attributes.  Only the first `max` bytes or so are shown, then an ellipsis;
 * what is not UTF-8 and control characters become U+FFFD, and marks that turn the direction of
 * writing are shown as their number. */
void html_add(struct strbuf *sb, const char *text, size_t max);
