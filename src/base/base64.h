/*
 * base/base64.h - bytes as text (RFC 4648 section 4: the standard alphabet, padded).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

void base64_encode(struct strbuf *sb, const void *data, size_t len);
/* Appends; strict: no blanks, right padding, no bits left over.  False leaves sb as it was. */
bool base64_decode(struct strbuf *sb, const char *text, size_t len);
