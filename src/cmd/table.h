/*
 * cmd/table.h - what a command prints: lists in columns, as the docker command has them, and JSON.
 *
 * Names and texts come from engines, and thus from whoever writes a label there.  What would move
 * the cursor, or turn the direction of writing, is printed as an escape; what is very long ends
 * with three dots.
 */
#pragma once

#include <stdio.h>
#include <yyjson.h>

#include "base/strbuf.h"
#include "base/strv.h"

enum { TABLE_CELL_MAX = 200 }; /* code points */

struct table {
	struct strv cells; /* row by row, as they are printed */
	size_t columns;
};

/* titles: NULL-terminated; the first row. */
void table_init(struct table *t, const char *const *titles);
void table_finish(struct table *t);
/* The next cell of the row. */
void table_add(struct table *t, const char *text);
void table_addf(struct table *t, const char *fmt, ...) printf_like(2, 3);
/* Cells added must make whole rows. */
void table_print(const struct table *t, FILE *out);

/* One line of text of a stranger's. */
void table_print_text(FILE *out, const char *text);
/* What goes into one cell; for tests. */
void table_write_cell(struct strbuf *sb, const char *text);

/* A value, pretty or on a line of its own, in ASCII alone: what is not is escaped. */
void table_print_json(FILE *out, const yyjson_val *val, bool pretty);
void table_print_mut_json(FILE *out, const yyjson_mut_val *val, bool pretty);
