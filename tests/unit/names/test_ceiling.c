/* How many queries a client may make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/util.h"
#include "names/ceiling.h"
#include "net/socket.h"

static size_t ask(struct ceiling *c, const char *ip, size_t times, int64_t now_ms)
{
	struct sockaddr_storage sa = { 0 };
	size_t allowed = 0;

	assert_true(socket_set_ip(&sa, ip, 1) > 0);
	for (size_t i = 0; i < times; i++)
		allowed += ceiling_allows(c, &sa, now_ms);
	return allowed;
}

static void test_each_client_has_its_own(void **state maybe_unused)
{
	struct ceiling c;

	ceiling_init(&c);
	assert_int_equal(ask(&c, "192.0.2.1", 5000, 1000), 2 * CEILING_PER_S);
	assert_int_equal(ask(&c, "192.0.2.2", 10, 1000), 10);
	assert_int_equal(ask(&c, "192.0.2.1", 5000, 2000), CEILING_PER_S);
	assert_int_equal(ask(&c, "192.0.2.1", 5000, 1000 * 1000), 2 * CEILING_PER_S);
	ceiling_finish(&c);
}

static void test_a_network_is_one_client(void **state maybe_unused)
{
	struct ceiling c;

	ceiling_init(&c);
	assert_int_equal(ask(&c, "2001:db8::1", 5000, 0), 2 * CEILING_PER_S);
	assert_int_equal(ask(&c, "2001:db8::2", 1, 0), 0);
	assert_int_equal(ask(&c, "2001:db8:0:1::2", 1, 0), 1);
	ceiling_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_client_has_its_own),
		cmocka_unit_test(test_a_network_is_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
