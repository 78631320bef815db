/*
 * Constraint filter: cases S-15 to S-31.
 *
 * Classic Swarm tried soft expressions as hard ones first ("E" in that pass) and then without: what
 * is seen from outside is that they are dropped.  Here is only the outside.
 */
#include "pool.h"

static struct pool *regions(void)
{
	struct pool *p = pool_create(4, NULL, "constraint");

	pool_set_label(p, 0, "name", "node0");
	pool_set_label(p, 0, "group", "1");
	pool_set_label(p, 0, "region", "us-west");
	pool_set_label(p, 1, "name", "node1");
	pool_set_label(p, 1, "group", "1");
	pool_set_label(p, 1, "region", "us-east");
	pool_set_label(p, 2, "name", "node2");
	pool_set_label(p, 2, "group", "2");
	pool_set_label(p, 2, "region", "eu");
	return p;
}

static void test_cases(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "S-15", {}, "0123" },
		{ "S-16", { "constraint:does_not_exist==true" }, "E" },
		{ "S-17", { "constraint:name==node1" }, "1" },
		{ "S-18", { "constraint:group==1" }, "01" },
		{ "S-19", { "constraint:node==node-2-id" }, "2" },
		{ "S-19", { "constraint:node==node-1-name" }, "1" },
		{ "S-20", { "constraint:name==node0", "constraint:group==1" }, "0" },
		{ "S-21", { "constraint:region==us" }, "E" },
		{ "S-21", { "constraint:region==us*" }, "01" },
		{ "S-21", { "constraint:region==*us*" }, "01" },
		{ "S-22", { "constraint:name!=node0" }, "123" },
		{ "S-22", { "constraint:name!=does_not_exist" }, "0123" },
		{ "S-23", { "constraint:name!=n*" }, "3" },
		{ "S-23", { "constraint:region!=us*" }, "23" },
		{ "S-24", { "constraint:name==/node\\d/" }, "012" },
		{ "S-24", { "constraint:name==/node[12]/" }, "12" },
		{ "S-24", { "constraint:name!=/node[12]/" }, "03" },
		{ "S-25", { "constraint:node!=/node-[01]-id/" }, "23" },
		{ "S-27", { "constraint:name=node0" }, "E" },
		{ "S-27", { "constraint:name=!node0" }, "E" },
		{ "S-28", { "constraint:node==~node-1-name" }, "1" },
		{ "S-29", { "constraint:name!=~/(?i)abc*/" }, "0123" },
		{ "S-29", { "constraint:region!=~us*" }, "23" },
		{ "S-29", { "constraint:region!=~can*" }, "0123" },
		/* F5: "us~" is a value now, one that no node has */
		{ "S-30", { "constraint:region==us~" }, "E" },
		{ "S-30", { "constraint:region==~us~" }, "0123" },
		{ "S-31", { "constraint:name==~nope" }, "0123" },
		{ "5.6 absent is empty", { "constraint:nolabel==*" }, "0123" },
		{ "5.6 case of keys", { "constraint:Name==node1" }, "E" },
	};
	struct pool *p = regions();

	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

static void test_case_of_letters(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "S-26", { "constraint:name==/abcdef/" }, "E" },
		{ "S-26", { "constraint:name==/(?i)abcdef/" }, "3" },
		{ "S-26", { "constraint:name!=/(?i)abc*/" }, "012" },
	};
	struct pool *p = regions();

	pool_set_label(p, 3, "name", "aBcDeF");
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* F6: whatever a node is called finds that node and no other. */
static void test_node_literally(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "engine id", { "constraint:node==same-id" }, "01" },
		{ "composite id", { "constraint:node==same-id|10.0.0.1:2375" }, "1" },
		{ "not the composite id", { "constraint:node!=same-id|10.0.0.1:2375" }, "02" },
		{ "address", { "constraint:node==10.0.0.2:2375" }, "2" },
		{ "host name with dots", { "constraint:node==a.b" }, "0" },
		{ "a pattern that nobody is called", { "constraint:node==a.." }, "01" },
		{ "classic way to write an engine id", { "constraint:node==same-id*" }, "01" },
		{ "a pattern again", { "constraint:node==a.b|c" }, "012" },
	};
	static const struct {
		const char *name, *engine_id, *id, *addr;
	} names[] = {
		{ "a.b", "same-id", "same-id|10.0.0.0:2375", "10.0.0.0:2375" },
		{ "axb", "same-id", "same-id|10.0.0.1:2375", "10.0.0.1:2375" },
		{ "c", "other", "other|10.0.0.2:2375", "10.0.0.2:2375" },
	};
	struct pool *p = pool_create(3, NULL, "constraint");
	struct node saved[3];

	for (size_t i = 0; i < 3; i++) {
		saved[i] = p->nodes[i];
		p->nodes[i].name = names[i].name;
		p->nodes[i].engine_id = names[i].engine_id;
		p->nodes[i].id = names[i].id;
		p->nodes[i].addr = names[i].addr;
	}
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	for (size_t i = 0; i < 3; i++)
		p->nodes[i] = saved[i];
	pool_destroy(p);
}

/* F8: one preference that cannot be met costs the others nothing. */
static void test_soft_ones_are_dropped_alone(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "first impossible", { "constraint:name==~nope", "constraint:group==~2" }, "2" },
		{ "last impossible", { "constraint:group==~2", "constraint:name==~nope" }, "2" },
		{ "exclusive: the first wins", { "constraint:group==~1", "constraint:group==~2" },
			"01" },
		{ "together", { "constraint:group==~1", "constraint:region==~us-e*" }, "1" },
		{ "hard first", { "constraint:group==~1", "constraint:name==node2" }, "2" },
		{ "S-86", { "constraint:storagedriver==~not_exist", "constraint:name==node0" },
			"0" },
	};
	struct pool *p = regions();

	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* Of an operator's labels and the engine's, the operator's count. */
static void test_given_labels(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "an operator's", { "constraint:rack==7" }, "0" },
		{ "before the engine's", { "constraint:region==south" }, "0" },
		{ "which is hidden", { "constraint:region==us-west" }, "E" },
		{ "beside others", { "constraint:group==1" }, "01" },
	};
	struct pool *p = regions();
	struct labels given = { 0 };

	labels_set(&given, "rack", "7");
	labels_set(&given, "region", "south");
	p->nodes[0].given_labels = &given;
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	labels_finish(&given);
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_given_labels),
		cmocka_unit_test(test_case_of_letters),
		cmocka_unit_test(test_node_literally),
		cmocka_unit_test(test_soft_ones_are_dropped_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
