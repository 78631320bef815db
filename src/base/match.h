/*
 * base/match.h - globs and regular expressions from users.
 *
 * PCRE2 with JIT where the machine has it and always with match limits, so that no expression
 * of a user can stall the loop: reaching the limit counts as no match.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct regex;

enum regex_flags {
	REGEX_SEARCH = 0,   /* anywhere in the subject */
	REGEX_ANCHORED = 1, /* the whole subject */
};

/* '$' matches only at the very end, '.' not a newline (RE2's defaults). At most 4 KiB of pattern.
 */
struct regex *regex_create(const char *pattern, enum regex_flags flags, struct error *err);
void regex_destroy(struct regex *re);
bool regex_matches(const struct regex *re, const char *subject);

/* Shell pattern where '*' and '?' do not cross '/' (path.Match of Go): used for image references.
 */
bool glob_matches(const char *pattern, const char *s);
