/*
 * base/id.h - random identifiers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_HEX_LEN 64

/* 64 lower-case hex digits from the kernel's random source, never all-decimal in the first 12
 * (a name such as 123456789012 could be taken for a number). */
void id_new(char ret_id[ID_HEX_LEN + 1]);
/* n lower-case hex digits; ret has room for n + 1. */
void id_random_hex(char *ret, size_t n);
/* Uniform in [0, bound); bound > 0. */
uint64_t random_below(uint64_t bound);
/* Only hex digits, at least min_len of them. */
bool id_is_hex(const char *s, size_t min_len);
