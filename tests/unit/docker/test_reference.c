#include "docker_test.h"

#include <string.h>

#include "base/util.h"
#include "docker/image_name.h"

#define HEX64  "a973f1415c489a934bf56dd653079d36b4ec717760215645726439de9705911d"
#define DIGEST "sha256:" HEX64
#define OTHER  "sha256:b973f1415c489a934bf56dd653079d36b4ec717760215645726439de9705911d"

static void test_parse(void **state maybe_unused)
{
	static const struct {
		const char *text, *domain, *path, *tag, *digest, *familiar;
	} cases[] = {
		{ "busybox", "docker.io", "library/busybox", NULL, NULL, "busybox" },
		{ "busybox:1", "docker.io", "library/busybox", "1", NULL, "busybox" },
		{ "foo/bar", "docker.io", "foo/bar", NULL, NULL, "foo/bar" },
		{ "docker.io/busybox", "docker.io", "library/busybox", NULL, NULL, "busybox" },
		{ "index.docker.io/a/b", "docker.io", "a/b", NULL, NULL, "a/b" },
		{ "docker.io/library/x:y", "docker.io", "library/x", "y", NULL, "x" },
		{ "localhost/x", "localhost", "x", NULL, NULL, "localhost/x" },
		{ "host:5000/x:2", "host:5000", "x", "2", NULL, "host:5000/x" },
		{ "Host/x", "Host", "x", NULL, NULL, "Host/x" },
		{ "[::1]:5000/x", "[::1]:5000", "x", NULL, NULL, "[::1]:5000/x" },
		{ "a__b/c-----d/e.f_g", "docker.io", "a__b/c-----d/e.f_g", NULL, NULL,
			"a__b/c-----d/e.f_g" },
		{ "x@" DIGEST, "docker.io", "library/x", NULL, DIGEST, "x" },
		{ "x:1@" DIGEST, "docker.io", "library/x", "1", DIGEST, "x" },
		/* without its domain it would be another name */
		{ "docker.io/a.b/c", "docker.io", "a.b/c", NULL, NULL, "docker.io/a.b/c" },
		{ "docker.io/" HEX64, "docker.io", "library/" HEX64, NULL, NULL,
			"docker.io/library/" HEX64 },
		/* C-40, C-41 */
		{ "localhost.localdomain:5000/samalba/hipache:latest", "localhost.localdomain:5000",
			"samalba/hipache", "latest", NULL,
			"localhost.localdomain:5000/samalba/hipache" },
		{ "localhost:5000/foo/bar@" DIGEST, "localhost:5000", "foo/bar", NULL, DIGEST,
			"localhost:5000/foo/bar" },
		{ "localhost:5000/foo/bar", "localhost:5000", "foo/bar", NULL, NULL,
			"localhost:5000/foo/bar" },
		{ "localhost:5000/foo/bar:latest", "localhost:5000", "foo/bar", "latest", NULL,
			"localhost:5000/foo/bar" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reference r;

		assert_true(reference_parse(&r, cases[i].text, NULL));
		assert_string_equal(r.domain, cases[i].domain);
		assert_string_equal(r.path, cases[i].path);
		assert_string_equal(r.tag ? r.tag : "-", cases[i].tag ? cases[i].tag : "-");
		assert_string_equal(
			r.digest ? r.digest : "-", cases[i].digest ? cases[i].digest : "-");
		auto_free char *familiar = reference_familiar(&r);
		assert_string_equal(familiar, cases[i].familiar);
		reference_finish(&r);
	}
}

static void test_refuse(void **state maybe_unused)
{
	static const char format[] = "invalid reference format";
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", format },
		{ ":tag", format },
		{ "x:", format },
		{ "x:-y", format },
		{ "x:y:z", format },
		{ "x@", format },
		{ "x@sha256:abc", format },
		{ "a//b", format },
		{ "/a", format },
		{ "a/", format },
		{ "a..b", format },
		{ "a___b", format },
		{ "-a", format },
		{ "a b", format },
		{ "host:x/y", format },
		{ "-h.example/y", format },
		{ "h.example:/y", format },
		{ "Busybox", "invalid reference format: repository name (library/Busybox) must be "
			     "lowercase" },
		{ "foo/Bar:1",
			"invalid reference format: repository name (foo/Bar) must be lowercase" },
		{ HEX64, "invalid repository name (" HEX64
			 "), cannot specify 64-byte hexadecimal strings" },
		{ "x@sha256:" HEX64 "00", "invalid checksum digest length" },
		{ "x@md5:0123456789abcdef0123456789abcdef", "unsupported digest algorithm" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		struct reference r;

		assert_false(reference_parse(&r, cases[i].text, &err));
		assert_string_equal(err.text, cases[i].error);
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

static void test_tag(void **state maybe_unused)
{
	static const char *const good[] = { "1", "a.b-c_d", "_", "sha256:" HEX64 };
	static const char *const bad[] = { "-", ".x", "a b", "a/b", "a:b", "sha256:x" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(reference_check_tag(good[i], NULL));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_false(reference_check_tag(bad[i], &err));
		assert_string_equal(err.text, "invalid tag format");
	}
}

static void test_length(void **state maybe_unused)
{
	struct reference r;
	char name[400];

	memset(name, 'a', sizeof(name));
	name[256] = '\0'; /* one more than a path may have */
	assert_false(reference_parse(&r, name, NULL));
	name[255 - strlen("library/")] = '\0';
	assert_true(reference_parse(&r, name, NULL));
	reference_finish(&r);
}

struct name_case {
	const char *name;
	bool tag, any; /* IMAGE_MATCH_TAG, IMAGE_MATCH_ANY_TAG */
};

static void check_names(const struct image *i, const struct name_case *cases, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		assert_int_equal(image_has_name(i, cases[n].name, IMAGE_MATCH_TAG), cases[n].tag);
		assert_int_equal(
			image_has_name(i, cases[n].name, IMAGE_MATCH_ANY_TAG), cases[n].any);
	}
}

/* C-37, C-38 */
static void test_image_names(void **state maybe_unused)
{
	const char *tags[] = { "name:latest" }, *digests[] = { "name@" DIGEST };
	struct image i = { .id = "378954456789",
		.tags = tags,
		.tags_count = 1,
		.digests = digests,
		.digests_count = 1 };
	static const struct name_case cases[] = {
		{ "378954456789", true, true },
		{ "3789", true, true },
		{ "378", true, true },
		{ "name:latest", true, true },
		{ "name", true, true },
		{ "library/name", true, true },
		{ "docker.io/library/name:latest", true, true },
		{ "name@" DIGEST, true, true },
		{ "name:7@" DIGEST, true, true }, /* the digest decides */
		{ "37", false, false },
		{ "nam", false, false },
		{ "na", false, false },
		{ "name:7", false, false },
		{ "name@" OTHER, false, false },
		{ "other@" DIGEST, false, false },
		{ "3780", false, false },
		{ "", false, false },
	};

	check_names(&i, cases, ARRAY_SIZE(cases));
}

/* C-39 */
static void test_image_names_with_registry(void **state maybe_unused)
{
	const char *tags[] = { "private.registry.com:5000/name:latest" };
	struct image i = { .id = "sha256:1234", .tags = tags, .tags_count = 1 };
	static const struct name_case cases[] = {
		{ "private.registry.com:5000/name:latest", true, true },
		{ "private.registry.com:5000/name", true, true },
		{ "private.registry.com:5000/nam", false, false },
		{ "private.registry.com:5000/na", false, false },
		{ "name", false, false },
	};

	check_names(&i, cases, ARRAY_SIZE(cases));
}

/* D18, D36 */
static void test_better_than_classic(void **state maybe_unused)
{
	const char *tags[] = { "docker.io/library/busybox:1.36" }; /* as Podman writes */
	struct image i = { .id = "sha256:feed0123", .tags = tags, .tags_count = 1 };
	static const struct name_case cases[] = {
		{ "busybox:1.36", true, true },
		{ "busybox", false, true }, /* latest is another one */
		{ "busybox:latest", false, false },
		{ "sha", false, false },
		{ "sha256:", false, false },
		{ "sha256:f", true, true },
		{ "sha256:e", false, false },
		{ "sha256:fee", true, true },
		{ "sha256:feed0123", true, true },
		{ "feed", true, true },
		{ "feedx", false, false },
	};

	check_names(&i, cases, ARRAY_SIZE(cases));
	assert_false(image_has_reference(&i, "feed", IMAGE_MATCH_ANY_TAG));
	assert_true(image_has_id_prefix(&i, "feed"));
}

/* What was loaded, built or tagged without a registry. */
static void test_podman_writes_localhost(void **state maybe_unused)
{
	const char *tags[] = { "localhost/name:latest", "localhost/team/x:1" };
	struct image i = { .id = "sha256:378954456789",
		.tags = tags,
		.tags_count = 2,
		.localhost_is_implied = true };
	static const struct name_case podman[] = {
		{ "name", true, true },
		{ "name:latest", true, true },
		{ "localhost/name", true, true },
		{ "team/x", false, true },
		{ "name:1", false, false },
		{ "docker.io/library/name", false, false },
		{ "host:5000/name", false, false },
	};
	static const struct name_case docker[] = {
		{ "name", false, false },
		{ "localhost/name", true, true },
	};

	check_names(&i, podman, ARRAY_SIZE(podman));
	i.localhost_is_implied = false;
	check_names(&i, docker, ARRAY_SIZE(docker));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_image_names),
		cmocka_unit_test(test_image_names_with_registry),
		cmocka_unit_test(test_better_than_classic),
		cmocka_unit_test(test_podman_writes_localhost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
