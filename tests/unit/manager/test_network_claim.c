/* One name, one maker. */
#include "fixture.h"

#include "manager/manager.h"
#include "manager/network_claim.h"

static void test_claims(void **state maybe_unused)
{
	struct manager m = { 0 };
	struct network_claim first = { 0 }, second = { 0 }, other = { 0 };

	list_init(&m.network_claims);
	assert_true(network_claim_begin(&first, &m, "net"));
	assert_false(network_claim_begin(&second, &m, "net"));
	assert_true(network_claim_begin(&other, &m, "net2"));
	network_claim_end(&second); /* of nothing */
	assert_false(network_claim_begin(&second, &m, "net"));
	network_claim_end(&first);
	network_claim_end(&first);
	assert_true(network_claim_begin(&second, &m, "net"));
	network_claim_end(&second);
	network_claim_end(&other);
	assert_true(list_empty(&m.network_claims));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
