#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "register/book.h"
#include "register/options.h"

static void test_what_is_accepted_and_refused(void **state maybe_unused)
{
	static const struct {
		const char *url, *option, *error; /* NULL: accepted */
	} cases[] = {
		{ "consul://192.0.2.1:8500", "grace=2m", NULL },
		{ "consul://192.0.2.1/prefix", "drain=500ms", NULL },
		{ "consul://", "tags=a,b", NULL },
		{ "consul://h", "kv.token=t", NULL },
		{ "consulkv://h/services", "tags=a", NULL },
		{ "etcd://h:2379/a/b", "tags=a", NULL },
		{ "skydns2://h/skydns.local", "tags=a", NULL },
		{ "consulkv://h", "tags=a", "Say consulkv://HOST:PORT/services" },
		{ "skydns2://h/", "tags=a", "Say skydns2://HOST:PORT/skydns.local" },
		{ "skydns2://h/a..b", "tags=a", "where do the records begin" },
		{ "consul", "tags=a", "there is consul://" },
		{ "redis://h", "tags=a", "there is consul://" },
		{ "consul://h:x", "tags=a", "invalid port 'x'" },
		{ "consul://h", "tags", "must contain key=value" },
		{ "consul://h", "tag=a", "unknown --register-opt 'tag'" },
		{ "consul://h", "internal=yes", "internal should be true or false" },
		{ "consul://h", "grace=1", "grace" },
		{ "consul://h", "grace=-1s", "grace should not be negative" },
		{ "consul://h", "resync=1ms", "resync should be at least one second" },
		{ "consul://h", "lock-ttl=1ms", "lock-ttl should be at least one second" },
		{ "consul://h", "cluster=a/b", "cluster should be" },
		{ "consul://h", "tags={{ .ID }}", "templates are not offered" },
		{ "consul://h", "kv.tokn=t", "kv.tokn" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strv options = { .items = (char *[]){ (char *)cases[i].option },
			.count = 1 };
		struct register_options o;
		auto_error struct error err = ERROR_INIT;
		bool ok = register_options_parse(&o, cases[i].url, &options, &err);

		assert_int_equal(ok, !cases[i].error);
		if (cases[i].error)
			assert_non_null(strstr(error_text(&err), cases[i].error));
		register_options_finish(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_accepted_and_refused) };

	return cmocka_run_group_tests_name("register-options", tests, NULL, NULL);
}
