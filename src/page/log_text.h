/*
 * page/log_text.h - lines of a container's log as text in a document.
 */
#pragma once

#include "base/strbuf.h"

enum { LOG_LINE_SHOWN = 4096 };

/* One line, escaped as html_add does.  Colours and other orders to a terminal are left out; of what
 * a carriage return would have overwritten the last stays. */
void log_text_add(struct strbuf *html, const char *line, size_t len);
