/*
 * base/intern.h - one copy of a string that many objects hold.
 *
 * Image names, label keys and values, states and network names repeat thousands of times in a
 * cluster.  Interned strings are counted, immutable and comparable by pointer.  One table for the
 * process.
 */
#pragma once

#include <stddef.h>

/* The shared copy of s, one reference to be given back with intern_unref.  NULL stays NULL. */
const char *intern(const char *s);
const char *intern_n(const char *s, size_t len);
/* The shared copy, when somebody holds one, without a reference; else NULL. */
const char *intern_find(const char *s);
const char *intern_ref(const char *interned);
void intern_unref(const char *interned);
/* As strlen tells, without looking. */
size_t intern_len(const char *interned);
/* Strings alive; for tests and metrics. */
size_t intern_count(void);
