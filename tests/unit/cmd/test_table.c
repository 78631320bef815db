#include "cmd/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static const struct {
	const char *text, *shown;
} cells[] = {
	{ "node-1", "node-1" },
	{ "", "" },
	{ "a \"b\" \\c", "a \"b\" \\c" },
	{ "größe", "größe" },
	{ "\x1b[2J\x1b]0;title\a", "\\x1b[2J\\x1b]0;title\\a" },
	{ "two\nlines\r\t", "two\\nlines\\r\\t" },
	{ "\xc2\x9b"
	  "31m",
		"\\u009b31m" },
	{ "a\xe2\x80\xaegnp.exe", "a\\u202egnp.exe" },        /* right-to-left override */
	{ "a\xe2\x81\xa6x\xe2\x81\xa9", "a\\u2066x\\u2069" }, /* isolates */
	{ "\xef\xbb\xbfx\xe2\x80\x8b", "\\ufeffx\\u200b" },   /* not seen */
	{ "\xf3\xa0\x81\x81", "\\ue0041" },                   /* tags */
	{ "\xff\xfe", "\\xff\\xfe" },
};

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		auto_strbuf struct strbuf got = STRBUF_INIT;

		table_write_cell(&got, cells[i].text);
		assert_string_equal(got.buf, cells[i].shown);
	}
}

static void test_a_long_cell(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT, got = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 65536; i++)
		strbuf_add_str(&text, "ü");
	table_write_cell(&got, text.buf);
	assert_int_equal(got.len, 2 * (TABLE_CELL_MAX - 3) + 3);
	assert_string_equal(got.buf + got.len - 5, "ü...");
}

static char *print(const struct table *t)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table_print(t, out);
	fclose(out);
	return text;
}

static void test_columns(void **state)
{
	static const char *const titles[] = { "ID", "HOSTNAME", "STATUS", NULL };
	struct table t;

	(void)state;
	table_init(&t, titles);
	table_add(&t, "1");
	table_add(&t, "büro-rechner");
	table_addf(&t, "%s %d", "Ready", 5);
	table_add(&t, "");
	table_add(&t, "\x1b");
	table_add(&t, "");
	auto_free char *text = print(&t);

	assert_string_equal(text, "ID        HOSTNAME       STATUS\n"
				  "1         büro-rechner   Ready 5\n"
				  "          \\x1b           \n");
	table_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_a_long_cell),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
