#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "register/ledger.h"

struct scene {
	struct ledger ledger;
	struct ledger_owner one, two;
};

/* "key=value key=value" */
static void entries(struct kv_entries *ret, const char *text)
{
	auto_strv struct strv items = STRV_INIT;

	if (*text)
		strv_split(&items, text, ' ');
	for (size_t i = 0; i < items.count; i++) {
		char *value = strchr(items.items[i], '=');

		*value++ = '\0';
		kv_entries_add(ret, items.items[i], value, strlen(value));
	}
	kv_entries_sort(ret);
}

static void claim(struct scene *s, struct ledger_owner *o, const char *text)
{
	auto_kv_entries struct kv_entries wanted = KV_ENTRIES_INIT;

	entries(&wanted, text);
	ledger_claim(&s->ledger, o, &wanted);
}

static size_t registry(struct scene *s, const char *text, const char *foreign)
{
	auto_kv_entries struct kv_entries found = KV_ENTRIES_INIT;
	auto_strv struct strv others = STRV_INIT;
	size_t drift;

	entries(&found, text);
	if (*foreign)
		strv_split(&others, foreign, ' ');
	ledger_read(&s->ledger, &found, &others, &drift);
	return drift;
}

/* What is due, "+key=value" and "-key", in its order. */
static void assert_due(struct scene *s, const char *expected)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	const struct ledger_entry *e;

	list_for_each (e, &s->ledger.due, due) {
		const char *wanted = ledger_wanted(e);

		strbuf_addf(&sb, "%s%c%s%s%s", sb.len ? " " : "", wanted ? '+' : '-', e->key,
			wanted ? "=" : "", wanted ? wanted : "");
	}
	assert_string_equal(sb.buf, expected);
}

static bool begins_with(void *arg, const char *key)
{
	return str_starts_with(key, arg);
}

static void set_up(struct scene *s)
{
	ledger_init(&s->ledger);
	ledger_owner_init(&s->one);
	ledger_owner_init(&s->two);
}

static void tear_down(struct scene *s)
{
	claim(s, &s->one, "");
	claim(s, &s->two, "");
	ledger_finish(&s->ledger);
}

static void test_only_differences_are_due(void **state maybe_unused)
{
	struct scene s;

	set_up(&s);
	assert_int_equal(registry(&s, "a/1=x a/2=old", ""), 0);
	claim(&s, &s.one, "a/1=x a/2=new a/3=y");
	assert_due(&s, "+a/2=new +a/3=y");
	ledger_settle(&s.ledger, "a/2", "new");
	ledger_settle(&s.ledger, "a/3", "y");
	assert_due(&s, "");
	assert_int_equal(s.ledger.stored, 3);
	claim(&s, &s.one, "a/3=y");
	assert_due(&s, "-a/1 -a/2");
	claim(&s, &s.one, "a/1=x a/3=y"); /* back before it was written */
	assert_due(&s, "-a/2");
	tear_down(&s);
}

static void test_orphans_wait_for_who_knows(void **state maybe_unused)
{
	struct scene s;

	set_up(&s);
	registry(&s, "a/1=x b/1=x", "");
	assert_due(&s, "");
	ledger_release(&s.ledger, begins_with, (char *)"b/");
	assert_due(&s, "-b/1");
	claim(&s, &s.one, "a/1=x");
	claim(&s, &s.one, "");
	assert_due(&s, "-b/1 -a/1"); /* it was ours a moment ago */
	tear_down(&s);
}

static void test_what_is_foreign_is_left_alone(void **state maybe_unused)
{
	struct scene s;

	set_up(&s);
	claim(&s, &s.one, "a/1=x");
	registry(&s, "", "a/1 a/2");
	ledger_release(&s.ledger, begins_with, (char *)"");
	assert_due(&s, "");
	registry(&s, "", "a/2");
	assert_due(&s, "+a/1=x");
	tear_down(&s);
}

static void test_of_two_owners_the_first_has_it(void **state maybe_unused)
{
	struct scene s;

	set_up(&s);
	registry(&s, "", "");
	claim(&s, &s.one, "mine=1");
	claim(&s, &s.two, "mine=2");
	assert_due(&s, "+mine=1");
	ledger_settle(&s.ledger, "mine", "1");
	claim(&s, &s.one, "");
	assert_due(&s, "+mine=2");
	tear_down(&s);
}

static void test_refused_and_drifted(void **state maybe_unused)
{
	struct scene s;

	set_up(&s);
	registry(&s, "", "");
	claim(&s, &s.one, "a/1=x a/2=y");
	ledger_refuse(&s.ledger, "a/1");
	assert_due(&s, "+a/2=y");
	claim(&s, &s.one, "a/1=better a/2=y");
	assert_due(&s, "+a/2=y +a/1=better");
	ledger_settle(&s.ledger, "a/1", "better");
	ledger_settle(&s.ledger, "a/2", "y");
	assert_int_equal(registry(&s, "a/2=other", ""), 2);
	assert_due(&s, "+a/1=better +a/2=y");
	tear_down(&s);
}

static void test_what_was_due_before_a_moment(void **state maybe_unused)
{
	struct scene s;
	uint64_t moment;

	set_up(&s);
	registry(&s, "", "");
	claim(&s, &s.one, "a/1=x");
	moment = s.ledger.now;
	claim(&s, &s.one, "a/1=x a/2=y");
	assert_false(ledger_is_settled(&s.ledger, moment));
	ledger_settle(&s.ledger, "a/1", "x");
	assert_true(ledger_is_settled(&s.ledger, moment));
	/* Written when nobody wants it any more. */
	claim(&s, &s.one, "");
	ledger_settle(&s.ledger, "a/2", "y");
	assert_due(&s, "-a/1 -a/2");
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_differences_are_due),
		cmocka_unit_test(test_orphans_wait_for_who_knows),
		cmocka_unit_test(test_what_is_foreign_is_left_alone),
		cmocka_unit_test(test_of_two_owners_the_first_has_it),
		cmocka_unit_test(test_refused_and_drifted),
		cmocka_unit_test(test_what_was_due_before_a_moment),
	};

	return cmocka_run_group_tests_name("register-ledger", tests, NULL, NULL);
}
