#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "unit.h"

static void test_set_and_wrap(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_false(error_is_set(&err));
	assert_string_equal(error_text(&err), "no error");
	assert_false(error_set(&err, ERROR_INVALID, "invalid port '%d'", 0));
	assert_string_equal(err.text, "invalid port '0'");
	assert_false(error_wrap(&err, "entry '%s'", "a:0"));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_string_equal(err.text, "entry 'a:0': invalid port '0'");
	/* the new text may be made from the old */
	error_set(&err, ERROR_TIMEOUT, "%s!", err.text);
	assert_string_equal(err.text, "entry 'a:0': invalid port '0'!");
	assert_int_equal(err.code, ERROR_TIMEOUT);
}

static void test_status(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_false(error_set_status(&err, 409, "Conflict. %s", "busy"));
	error_wrap(&err, "engine a");
	assert_int_equal(err.code, ERROR_ENGINE);
	assert_int_equal(err.status, 409);
	error_set(&err, ERROR_INTERNAL, "other");
	assert_int_equal(err.status, 0);
}

static void test_errno(void **state)
{
	static const struct {
		int number;
		enum error_code code;
		const char *text;
	} rows[] = {
		{ ECONNREFUSED, ERROR_CONNECT, "dial: Connection refused" },
		{ EHOSTUNREACH, ERROR_CONNECT, "dial: No route to host" },
		{ ETIMEDOUT, ERROR_TIMEOUT, "dial: Connection timed out" },
		{ ECONNRESET, ERROR_CLOSED, "dial: Connection reset by peer" },
		{ EPIPE, ERROR_CLOSED, "dial: Broken pipe" },
		{ ENOENT, ERROR_NOT_FOUND, "dial: No such file or directory" },
		{ EACCES, ERROR_FORBIDDEN, "dial: Permission denied" },
		{ EADDRINUSE, ERROR_CONFLICT, "dial: Address already in use" },
		{ EMFILE, ERROR_UNAVAILABLE, "dial: Too many open files" },
		{ EXDEV, ERROR_INTERNAL, "dial: Invalid cross-device link" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_false(error_set_errno(&err, rows[i].number, "dial"));
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.code, rows[i].code);
	}
}

static void test_move_and_copy(void **state)
{
	auto_error struct error a = ERROR_INIT;
	auto_error struct error b = ERROR_INIT;

	(void)state;
	error_set_status(&a, 500, "first");
	error_set(&b, ERROR_CLOSED, "second");
	error_copy(&b, &a);
	assert_string_equal(b.text, "first");
	assert_ptr_not_equal(a.text, b.text);
	assert_int_equal(b.status, 500);
	error_set(&a, ERROR_TLS, "third");
	error_move(&b, &a);
	assert_string_equal(b.text, "third");
	assert_false(error_is_set(&a));
	error_move(NULL, &b);
	assert_false(error_is_set(&b));
	error_copy(&a, &b);
	assert_null(a.text);
}

static void test_nobody_asks(void **state)
{
	(void)state;
	assert_false(error_set(NULL, ERROR_INVALID, "x"));
	assert_false(error_set_status(NULL, 404, "x"));
	assert_false(error_set_errno(NULL, EPIPE, "x"));
	assert_false(error_wrap(NULL, "x"));
	error_copy(NULL, &ERROR_INIT);
	assert_string_equal(error_text(NULL), "no error");
}

static void test_names_differ(void **state)
{
	(void)state;
	for (int a = ERROR_NONE; a <= ERROR_INTERNAL; a++) {
		assert_non_null(error_code_name((enum error_code)a));
		for (int b = ERROR_NONE; b < a; b++)
			assert_string_not_equal(error_code_name((enum error_code)a),
				error_code_name((enum error_code)b));
	}
	assert_string_equal(error_code_name(ERROR_CONNECT), "connect");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_move_and_copy),
		cmocka_unit_test(test_nobody_asks),
		cmocka_unit_test(test_names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
