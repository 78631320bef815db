#include "kv/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static bool parse(struct kv_options *ret, const char *list, struct error *err)
{
	static struct strv options;

	strv_finish(&options); /* what ret borrows lives until the next call */
	if (*list)
		strv_split(&options, list, ' ');
	bool ok = kv_options_parse(ret, &options, err);
	return ok;
}

static const char *text(const char *s)
{
	return s ? s : "-";
}

static const struct {
	const char *options, *path, *ca, *cert, *token, *username;
	bool tls;
} good[] = {
	{ "", "-", "-", "-", "-", "-", false },
	{ "kv.path=a/b", "a/b", "-", "-", "-", "-", false },
	{ "kv.path=a kv.path=b", "b", "-", "-", "-", "-", false },
	{ "kv.cacertfile=ca", "-", "ca", "-", "-", "-", true },
	{ "kv.cacertfile=ca kv.certfile=c kv.keyfile=k", "-", "ca", "c", "-", "-", true },
	{ "kv.certfile=c kv.keyfile=k", "-", "-", "c", "-", "-", true },
	{ "kv.servername=store", "-", "-", "-", "-", "-", true },
	{ "kv.servername=", "-", "-", "-", "-", "-", false },
	{ "kv.insecure=true", "-", "-", "-", "-", "-", true },
	{ "kv.insecure=true kv.insecure=false", "-", "-", "-", "-", "-", false },
	{ "kv.insecure=true kv.certfile=c kv.keyfile=k", "-", "-", "c", "-", "-", true },
	{ "kv.cacertfile= kv.certfile= kv.keyfile=", "-", "-", "-", "-", "-", false },
	{ "kv.token=a=b", "-", "-", "-", "a=b", "-", false },
	{ "kv.username=u kv.password=", "-", "-", "-", "-", "u", false },
	{ "other=x token.url=y kv.token=t", "-", "-", "-", "t", "-", false },
};

static void test_good(void **state)
{
	struct kv_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse(&o, good[i].options, NULL));
		assert_string_equal(text(o.path), good[i].path);
		assert_string_equal(text(o.ca_file), good[i].ca);
		assert_string_equal(text(o.cert_file), good[i].cert);
		assert_string_equal(text(o.token), good[i].token);
		assert_string_equal(text(o.username), good[i].username);
		assert_int_equal(kv_options_want_tls(&o), good[i].tls);
	}
	parse(&o, "", NULL);
}

static const struct {
	const char *options, *error;
} bad[] = {
	{ "kv.path=", "kv.path is empty" },
	{ "kv.certfile=c", "kv.certfile needs kv.keyfile" },
	{ "kv.cacertfile=ca kv.certfile=c", "kv.certfile needs kv.keyfile" },
	{ "kv.cacertfile=ca kv.keyfile=k", "kv.keyfile needs kv.certfile" },
	{ "kv.password=p", "kv.password needs kv.username" },
	{ "kv.insecure=1", "kv.insecure should be true or false, not '1'" },
	{ "kv.insecure=true kv.cacertfile=ca", "kv.insecure checks nothing: leave it out, or" },
	{ "kv.insecure=true kv.servername=s", "kv.insecure checks nothing: leave it out, or" },
	{ "kv.etcd=3", "kv.etcd should be auto, v2 or v3, not '3'" },
	{ "kv.cacert=x", "unknown --discovery-opt 'kv.cacert'" },
	{ "kv.=x", "unknown --discovery-opt 'kv.'" },
	{ "kv.pathx=x", "unknown --discovery-opt 'kv.pathx'" },
};

static void test_bad(void **state)
{
	struct kv_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_false(parse(&o, bad[i].options, &err));
		assert_memory_equal(err.text, bad[i].error, strlen(bad[i].error));
	}
	parse(&o, "", NULL);
}

static void test_etcd_api(void **state)
{
	struct kv_options o;

	(void)state;
	assert_true(parse(&o, "", NULL) && o.etcd_api == KV_ETCD_AUTO);
	assert_true(parse(&o, "kv.etcd=auto", NULL) && o.etcd_api == KV_ETCD_AUTO);
	assert_true(parse(&o, "kv.etcd=v2", NULL) && o.etcd_api == KV_ETCD_V2);
	assert_true(parse(&o, "kv.etcd=v2 kv.etcd=v3", NULL) && o.etcd_api == KV_ETCD_V3);
	parse(&o, "", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_etcd_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
