#include <string.h>

#include "base/json_pieces.h"
#include "base/mem.h"
#include "unit.h"

static const char *const opened[] = { "V", "U", "U.Items", NULL };

/* ".[" the document is opened, "V[" a member is, "V:1" an element of it, "=k:1" a member. */
static void add_piece(struct strbuf *sb, const struct json_piece *piece)
{
	strbuf_add_str(sb, sb->len ? " " : "");
	strbuf_add_str(sb, piece->in ? piece->in : ".");
	if (piece->name) {
		strbuf_add_char(sb, '=');
		strbuf_add(sb, piece->name, piece->name_len);
	}
	if (piece->value) {
		strbuf_add_char(sb, ':');
		json_write(sb, piece->value);
	} else {
		strbuf_add_char(sb, piece->is_array ? '[' : '{');
	}
}

/* What is told of a text that comes `step` bytes at a time; "!" and why at the end when it fails.
 */
static char *told(const char *text, size_t step, size_t max_bytes)
{
	struct json_pieces p;
	struct json_piece piece;
	struct strbuf sb = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;
	size_t left = strlen(text), there = 0;
	enum json_pieces_turn turn = JSON_PIECES_MORE;

	json_pieces_init(&p, opened, max_bytes);
	while (turn == JSON_PIECES_MORE || turn == JSON_PIECES_PIECE) {
		if (turn == JSON_PIECES_MORE) {
			size_t more = min_of(step, left);

			assert_int_equal(there, 0);
			there = more;
			left -= more;
		}
		turn = json_pieces_next(&p, &text, &there, left == 0, &piece, &err);
		if (turn == JSON_PIECES_PIECE)
			add_piece(&sb, &piece);
	}
	if (turn == JSON_PIECES_FAILED)
		strbuf_addf(&sb, "!%s", error_text(&err));
	json_pieces_finish(&p);
	return strbuf_steal(&sb);
}

static const struct {
	const char *text, *expected;
} rows[] = {
	{ "1", ".:1" },
	{ " null ", ".:null" },
	{ "\"a\\\"]\\\\\"", ".:\"a\\\"]\\\\\"" },
	{ "[]", ".[" },
	{ " [ ] \n", ".[" },
	{ "{}", ".{" },
	{ "[1,[2,{\"a\":\"]\"}],\"x\",true]", ".[ :1 :[2,{\"a\":\"]\"}] :\"x\" :true" },
	{ "[ 1 , -2.5e3 ]", ".[ :1 :-2500.0" },
	{ "[123456789012345678901234567890]", ".[ :123456789012345678901234567890" },
	{ "{\"a\":1,\"b\":[1,2]}", ".{ =a:1 =b:[1,2]" },
	{ "{ \"\" : {\"V\":[1]} }", ".{ =:{\"V\":[1]}" },
	{ "{\"V\":[1,{}],\"x\":null}", ".{ =V[ V:1 V:{} =x:null" },
	{ "{\"V\":null}", ".{ =V:null" },
	{ "{\"V\":{\"a\":1}}", ".{ =V{ V=a:1" },
	{ "{\"\\u0056\":[1]}", ".{ =V[ V:1" },
	{ "{\"U\":{\"n\":2,\"Items\":[3],\"V\":[4]},\"Items\":[5]}",
		".{ =U{ U=n:2 U=Items[ U.Items:3 U=V:[4] =Items:[5]" },
	{ "{\"U.Items\":[1]}", ".{ =U.Items:[1]" },
	{ "{\"U\":[{\"Items\":[1]}]}", ".{ =U[ U:{\"Items\":[1]}" },
	{ "", "!invalid JSON at byte 0: it ends in the middle" },
	{ "[", ".[!invalid JSON at byte 1: it ends in the middle" },
	{ "[1", ".[ :1!invalid JSON at byte 2: it ends in the middle" },
	{ "[1,]", ".[ :1!invalid JSON at byte 3: expected a value" },
	{ "[,]", ".[!invalid JSON at byte 1: expected a value" },
	{ "[1}", ".[ :1!invalid JSON at byte 2: expected a comma or an end" },
	{ "[1 2]", ".[ :1!invalid JSON at byte 3: expected a comma or an end" },
	{ "[1] 2", ".[ :1!invalid JSON at byte 4: more than one value" },
	{ "{1:2}", ".{!invalid JSON at byte 1: expected a name" },
	{ "{\"a\" 1}", ".{!invalid JSON at byte 5: expected a colon" },
	{ "{\"a\":1,}", ".{ =a:1!invalid JSON at byte 7: expected a name" },
	{ "{\"a\":}", ".{!invalid JSON at byte 5: expected a value" },
	{ "[+1]", ".[!invalid JSON at byte 1: expected a value" },
	/* deeper than anybody opens: a piece of more than it may have */
	{ "[\"0123456789012345678901234567890123456789\"]",
		".[!invalid JSON: a part of more than 40 bytes" },
};

static void test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].text);

		for (size_t step = 1; step <= len + 1; step++) {
			auto_free char *got = told(rows[i].text, step, 40);

			assert_row(rows[i].text, got, rows[i].expected);
		}
	}
}

/* What only a parser sees: it is in a piece, and no further piece follows. */
static void test_no_json_inside(void **state)
{
	static const char *const texts[] = { "[nul]", "[{]}]", "[[1,]]", "[\"\xff\"]", "[01]",
		"[1x]", "{\"\\x\":1}", "[\"\n\"]", "[{\"a\":1 2}]", "[tru e]", "[\"\\ud800\"]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_free char *got = told(texts[i], 1, 100);

		if (!strstr(got, "!in the "))
			fail_msg("'%s': got '%s'", texts[i], got);
	}
}

static char *repeated(const char *first, const char *unit, size_t count, const char *last)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, first);
	for (size_t i = 0; i < count; i++)
		strbuf_add_str(&sb, unit);
	strbuf_add_str(&sb, last);
	return strbuf_steal(&sb);
}

static void test_a_piece_is_bounded(void **state)
{
	auto_free char *deep = repeated("[", "[", JSON_MAX_DEPTH, "");
	auto_free char *wide = repeated("[[0", ",[]", JSON_MAX_REQUEST_VALUES - 1, "]]");
	auto_free char *fits = repeated("[[0", ",[]", JSON_MAX_REQUEST_VALUES - 2, "],1]");
	auto_free char *deep_told = told(deep, 100, 0);
	auto_free char *wide_told = told(wide, 1000, 0);
	auto_free char *fits_told = told(fits, 1000, 0);

	(void)state;
	assert_string_equal(deep_told, ".[!invalid JSON: nested deeper than 512");
	assert_string_equal(
		wide_told, ".[!invalid JSON: a part of more than 131072 names and values");
	assert_null(strchr(fits_told, '!'));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_no_json_inside),
		cmocka_unit_test(test_a_piece_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
