/*
 * base/json_scan.h - where a JSON value ends, found as its bytes come.  Private to base/.
 *
 * Only strings, escapes and brackets are understood.  Whether it is JSON says who parses it then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Zeroed before the first byte of a value. */
struct json_scan {
	size_t depth;  /* of brackets that are open */
	size_t values; /* names and values so far, the value itself among them */
	bool in_word;  /* a number, true, false, null */
	bool in_string, escaped;
	bool opened; /* a bracket, and nothing since */
};

/* How many of these bytes belong to the value; `ret_ended` when its end was found.  The end of a
 * number or a word is the byte behind it, or the end of the document. */
size_t json_scan_run(struct json_scan *s, const char *text, size_t len, bool *ret_ended);
