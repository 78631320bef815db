/*
 * unit/base/unit.h - cmocka and the headers it wants before it.
 */
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

/* Which row of a table failed is told by the text in both strings. */
#define assert_row(input, got, expected)                                                           \
	do {                                                                                       \
		if (strcmp((got), (expected)) != 0)                                                \
			fail_msg("'%s': got '%s', expected '%s'", (input), (got), (expected));     \
	} while (0)
