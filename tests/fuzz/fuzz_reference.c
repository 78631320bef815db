/* A reference that was understood answers to its own name and to its familiar one. */
#include <string.h>

#include "base/mem.h"
#include "docker/image_name.h"
#include "fuzz.h"

static void check_familiar(const struct reference *r)
{
	struct reference again;
	auto_free char *familiar = reference_familiar(r);

	fuzz_check(reference_parse(&again, familiar, NULL));
	fuzz_check(strcmp(again.domain, r->domain) == 0);
	fuzz_check(strcmp(again.path, r->path) == 0);
	fuzz_check(!again.tag && !again.digest);
	fuzz_check(reference_answers(familiar, familiar, IMAGE_MATCH_TAG));
	reference_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	const char *names[] = { text };
	struct image image = { .id = "sha256:feed", .tags = names, .tags_count = 1 };
	auto_error struct error err = ERROR_INIT;
	struct reference r;

	image_has_name(&image, "busybox:1", IMAGE_MATCH_ANY_TAG);
	if (!reference_parse(&r, text, &err)) {
		fuzz_check(error_is_set(&err));
		return 0;
	}
	fuzz_check(image_has_reference(&image, text, IMAGE_MATCH_TAG));
	fuzz_check(image_has_reference(&image, text, IMAGE_MATCH_ANY_TAG));
	check_familiar(&r);
	reference_finish(&r);
	return 0;
}
