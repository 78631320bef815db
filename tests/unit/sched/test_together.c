/* What carries the same value of a known label stays on one node. */
#include "pool.h"

#include "base/intern.h"
#include "base/mem.h"
#include "docker/label.h"

#define JOB(id) "{\"Image\":\"i\",\"Labels\":{\"com.gitlab.gitlab-runner.job.id\":\"" id "\"}}"
#define APP(id) "{\"Image\":\"i\",\"Labels\":{\"app\":\"" id "\"}}"

static void expect(struct pool *p, const char *name, const char *body, const char *fitting)
{
	check_body_cases(p, &(const struct body_case){ name, body, fitting }, 1);
}

static void test_known_labels_draw(void **state maybe_unused)
{
	struct pool *p = pool_create(4, NULL, NULL);

	expect(p, "the first", JOB("7"), "0123");
	pool_add(p, 2, "helper", "c1", JOB("7"));
	pool_add(p, 1, "other", "c2", JOB("8"));
	expect(p, "the second", JOB("7"), "2");
	expect(p, "another job", JOB("8"), "1");
	expect(p, "no job", "{\"Image\":\"i\"}", "0123");
	expect(p, "an empty value is none", JOB(""), "0123");
	expect(p, "a label of nobody's interest", APP("7"), "0123");
	/* most of them */
	pool_add(p, 3, "service", "c3", JOB("7"));
	pool_add(p, 3, "cache", "c4", JOB("7"));
	expect(p, "most", JOB("7"), "3");
	/* softly: who cannot be there goes elsewhere */
	p->nodes[3].health = 0;
	expect(p, "not there", JOB("7"), "2");
	p->nodes[2].health = 0;
	expect(p, "nowhere", JOB("7"), "01");
	pool_destroy(p);
}

static void test_networks_and_volumes_count(void **state maybe_unused)
{
	struct pool *p = pool_create(3, NULL, NULL);
	struct volume *v = pool_add_volume(p, 2, "cache");

	labels_add(&v->labels, "com.gitlab.gitlab-runner.job.id", "7");
	expect(p, "a volume", JOB("7"), "2");
	pool_add_network(p, 1, "job", "local");
	labels_add((struct labels *)&p->nodes[1].networks[0].labels,
		"com.gitlab.gitlab-runner.job.id", "8");
	expect(p, "a network", JOB("8"), "1");
	pool_destroy(p);
}

static void test_keys_of_the_configuration(void **state maybe_unused)
{
	struct pool *p = pool_create(3, NULL, NULL);

	sched_keep_together(p->sched, "app", true);
	expect(p, "the first", APP("db"), "012");
	pool_add(p, 1, "db", "c1", APP("db"));
	expect(p, "the second", APP("db"), "1");
	p->nodes[1].health = 0;
	expect(p, "hard", APP("db"), "E");
	check_text("why", p->err.text,
		"Unable to find a node that satisfies the following conditions \n"
		"[available container slots]\n"
		"3 nodes: health refused 1, together refused 2\n"
		"what has the label app=db stays together on node-1-name");
	sched_keep_together(p->sched, "app", false);
	expect(p, "soft", APP("db"), "02");
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_labels_draw),
		cmocka_unit_test(test_networks_and_volumes_count),
		cmocka_unit_test(test_keys_of_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
