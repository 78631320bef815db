/* Affinity filter: cases S-32 to S-45. */
#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static struct pool *containers_and_images(void)
{
	struct pool *p = pool_create(3, NULL, "affinity");

	pool_add(p, 0, "container-n0-0-name", "container-n0-0-id", NULL);
	pool_add(p, 0, "container-n0-1-name", "container-n0-1-id", NULL);
	pool_add_image(p, 0, "image-0-id", "image-0:tag1,image-0:tag2", NULL);
	pool_add(p, 1, "container-n1-0-name", "container-n1-0-id", NULL);
	pool_add(p, 1, "container-n1-1-name", "container-n1-1-id", NULL);
	pool_add_image(p, 1, "image-1-id", "image-1:tag1,image-0:tag3,image-1:tag2", NULL);
	return p;
}

static void test_cases(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "S-32", {}, "012" },
		{ "S-33", { "affinity:container==does_not_exist" }, "E" },
		{ "S-34", { "affinity:container==container-n0*" }, "0" },
		{ "S-34", { "affinity:container==container-*" }, "01" },
		{ "S-35", { "affinity:container==container-n0-0-id" }, "0" },
		{ "S-35", { "affinity:container!=container-n0-0-id" }, "12" },
		{ "S-35", { "affinity:container!=container-n0-1-id" }, "12" },
		{ "S-36", { "affinity:container==container-n1-0-name" }, "1" },
		{ "S-36", { "affinity:container!=container-n1-0-name" }, "02" },
		{ "S-36", { "affinity:container!=container-n1-1-name" }, "02" },
		{ "S-37",
			{ "affinity:container!=container-n1-1-name",
				"affinity:container==container-n1-1-name" },
			"E" },
		{ "S-38", { "affinity:image==image-0-id" }, "0" },
		{ "S-38", { "affinity:image==image-0:tag3" }, "1" },
		{ "S-38", { "affinity:image!=image-0:tag3" }, "02" },
		{ "S-39", { "affinity:image==image-1" }, "1" },
		{ "S-39", { "affinity:image!=image-1" }, "02" },
		{ "S-40",
			{ "affinity:container!=container-n0-1-id",
				"affinity:container!=container-n1-1-id" },
			"2" },
		{ "S-40",
			{ "affinity:container==container-n0-1-id",
				"affinity:container==container-n1-1-id" },
			"E" },
		{ "S-41", { "affinity:image==~image-0:tag3" }, "1" },
		/* F5: '~' is allowed inside; no image has such a name */
		{ "S-41", { "affinity:image==ima~ge-0:tag3" }, "E" },
		{ "S-41", { "affinity:image==~ima~ge-0:tag3" }, "012" },
		/* F8: soft E, hard all; preferences are dropped one by one */
		{ "S-42", { "affinity:image==image-9:tag3" }, "E" },
		{ "S-42", { "affinity:image==~image-9:tag3" }, "012" },
		{ "S-42", { "affinity:image==~image-1:tag3" }, "012" },
		{ "S-43", { "affinity:image==~image-*" }, "01" },
		{ "S-43", { "affinity:image!=~image-*" }, "2" },
		{ "S-43", { "affinity:image==~/image-\\d*/" }, "01" },
		{ "S-44", { "affinity:image=image-0:tag3" }, "E" },
		{ "S-44", { "affinity:image=!image-0:tag3" }, "E" },
		{ "S-85", { "affinity:image==~not_exist", "affinity:image==image-1" }, "1" },
		{ "5.5 any container", { "affinity:any.label==*" }, "01" },
		{ "5.5 no container", { "affinity:any.label!=*" }, "2" },
	};
	struct pool *p = containers_and_images();

	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

static void test_label_form(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-45",
			"{\"Image\":\"i\",\"Labels\":{\"com.docker.swarm.affinities\":"
			"\"[\\\"image==image-1\\\"]\"}}",
			"1" },
		{ "S-45",
			"{\"Image\":\"i\",\"Labels\":{\"com.docker.swarm.affinities\":"
			"\"[\\\"image!=image-1\\\"]\"}}",
			"0" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_add_image(p, 0, "image-0-id", "image-0:tag0", NULL);
	pool_add_image(p, 1, "image-1-id", "image-1:tag1", NULL);
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SWARM "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* F7: what the manual of classic Swarm promised, and more. */
static void test_all_names(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "short id", { "affinity:container==0123456789ab" }, "0" },
		{ "not the short id", { "affinity:container!=0123456789ab" }, "1" },
		{ "too short", { "affinity:container==0123456789a" }, "E" },
		{ "swarm id", { "affinity:container==" SWARM }, "0" },
		{ "short swarm id", { "affinity:container==fedcba987654" }, "0" },
		{ "second name", { "affinity:container==web/alias" }, "0" },
		{ "short image id", { "affinity:image==abcdefabcdef" }, "0" },
		{ "image id", { "affinity:image==sha256:abcdefabcdef0123" }, "0" },
		{ "digest", { "affinity:image==repo@sha256:99" }, "0" },
		{ "repository of a digest", { "affinity:image==repo" }, "0" },
		{ "bare digest", { "affinity:image==sha256:99" }, "0" },
		{ "with a port", { "affinity:image==localhost:5000/x" }, "0" },
		{ "with a port and tag", { "affinity:image==localhost:5000/x:y" }, "0" },
		{ "host alone", { "affinity:image==localhost" }, "E" },
		{ "long form of a short one", { "affinity:image==docker.io/library/busybox:1" },
			"0" },
		{ "short form of a long one", { "affinity:image==alpine" }, "1" },
	};
	struct pool *p = pool_create(2, NULL, "affinity");
	struct container *c = pool_add(p, 0, "a", ID, NULL);

	snprintf(c->swarm_id, sizeof(c->swarm_id), "%s", SWARM);
	c->names = xreallocarray(c->names, 2, sizeof(*c->names));
	c->names[c->names_count++] = xstrdup("/web/alias");
	pool_add_image(
		p, 0, "sha256:abcdefabcdef0123", "localhost:5000/x:y,busybox:1", "repo@sha256:99");
	pool_add_image(p, 1, "sha256:ffff", "docker.io/library/alpine:3", NULL);
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* S-83, and what three parallel requests see of each other (section 9). */
static void test_labels(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "S-83", { "affinity:test.label==true" }, "1" },
		{ "S-83", { "affinity:test.label!=true" }, "0" },
		{ "5.5 absent is empty", { "affinity:other.label!=x" }, "01" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_add(p, 1, "c1", "id1", "{\"Image\":\"i\",\"Labels\":{\"test.label\":\"true\"}}");
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/* S-80 on literals. */
static void test_chain(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "c2", { "affinity:container==c1" }, "1" },
		{ "c3", { "affinity:container!=c1" }, "0" },
	};
	struct pool *p = pool_create(2, NULL, NULL);
	const char *env[4] = { "constraint:node==node-1-name" };
	auto_free char *c1 = pool_fitting_env(p, env);

	check_text("c1", c1, "1");
	pool_add(p, 1, "c1", "id1", NULL);
	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_label_form),
		cmocka_unit_test(test_all_names),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
