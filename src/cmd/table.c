/* cmd/table.c - cells as wide as the longest of their column, three blanks between them. */
#include "cmd/table.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum {
	GAP = 3,
	WIDTH_MIN = 10, /* with the gap; as the docker command */
};

#define CUT "..."

/* --- text --- */

/* Code points, of text that is UTF-8. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Bytes of the first so many code points. */
static size_t bytes_of(const char *text, size_t points)
{
	const char *at = text;

	for (; *at; at++) {
		if (((unsigned char)*at & 0xc0) != 0x80 && points-- == 0)
			break;
	}
	return (size_t)(at - text);
}

void table_write_cell(struct strbuf *sb, const char *text)
{
	auto_strbuf struct strbuf visible = STRBUF_INIT;

	strbuf_add_visible(&visible, text);
	if (width_of(visible.buf) <= TABLE_CELL_MAX) {
		strbuf_add(sb, visible.buf, visible.len);
		return;
	}
	strbuf_add(sb, visible.buf, bytes_of(visible.buf, TABLE_CELL_MAX - strlen(CUT)));
	strbuf_add_str(sb, CUT);
}

void table_print_text(FILE *out, const char *text)
{
	auto_strbuf struct strbuf visible = STRBUF_INIT;

	strbuf_add_visible(&visible, text);
	fprintf(out, "%s\n", visible.buf);
}

/* --- columns --- */

void table_init(struct table *t, const char *const *titles)
{
	*t = (struct table){ 0 };
	for (; titles[t->columns]; t->columns++)
		strv_add(&t->cells, titles[t->columns]);
	assert(t->columns > 0);
}

void table_finish(struct table *t)
{
	strv_finish(&t->cells);
}

void table_add(struct table *t, const char *text)
{
	struct strbuf cell = STRBUF_INIT;

	table_write_cell(&cell, text);
	strv_take(&t->cells, strbuf_steal(&cell));
}

void table_addf(struct table *t, const char *fmt, ...)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	table_add(t, text.buf);
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < t->cells.count; i += t->columns)
		width = max_of(width, width_of(t->cells.items[i]));
	return max_of(width + GAP, (size_t)WIDTH_MIN);
}

void table_print(const struct table *t, FILE *out)
{
	auto_free size_t *widths = xcalloc(t->columns, sizeof(*widths));

	assert(t->cells.count % t->columns == 0);
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = column_width(t, c);
	for (size_t i = 0; i < t->cells.count; i++) {
		const char *cell = t->cells.items[i];
		size_t column = i % t->columns;

		fputs(cell, out);
		if (column + 1 == t->columns)
			fputc('\n', out);
		else
			fprintf(out, "%*s", (int)(widths[column] - width_of(cell)), "");
	}
}

/* --- JSON --- */

static yyjson_write_flag flags_of(bool pretty)
{
	return (pretty ? YYJSON_WRITE_PRETTY : YYJSON_WRITE_NOFLAG) | YYJSON_WRITE_ESCAPE_UNICODE |
	       YYJSON_WRITE_ALLOW_INVALID_UNICODE;
}

void table_print_json(FILE *out, const yyjson_val *val, bool pretty)
{
	auto_free char *text = yyjson_val_write(val, flags_of(pretty), NULL);

	fprintf(out, "%s\n", text ? text : "null");
}

void table_print_mut_json(FILE *out, const yyjson_mut_val *val, bool pretty)
{
	auto_free char *text = yyjson_mut_val_write(val, flags_of(pretty), NULL);

	fprintf(out, "%s\n", text ? text : "null");
}
