/* What was parsed is written and parsed again to the same text; strings survive our own escaping.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"

static void check_text(const char *s, size_t size)
{
	auto_json yyjson_doc *doc = json_parse(s, size, NULL);
	auto_strbuf struct strbuf first = STRBUF_INIT;
	auto_strbuf struct strbuf second = STRBUF_INIT;
	auto_strv struct strv words = STRV_INIT;

	if (!doc)
		return;
	yyjson_val *root = yyjson_doc_get_root(doc);
	json_get_int(root, "a", 0);
	json_get_real(root, "a", 0);
	json_get_str(root, "a", NULL);
	json_get_strv(root, "a", &words);
	json_write(&first, root);
	auto_json yyjson_doc *again = json_parse(first.buf, first.len, NULL);
	fuzz_check(again);
	json_write(&second, yyjson_doc_get_root(again));
	fuzz_check(first.len == second.len && memcmp(first.buf, second.buf, first.len) == 0);
}

/* Any bytes make a valid JSON string. */
static void check_string(const char *s, size_t size)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_add_json_str(&text, s, size);
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, NULL);
	fuzz_check(doc && yyjson_is_str(yyjson_doc_get_root(doc)));
	auto_json yyjson_doc *raw = NULL;
	auto_free char *quoted = malloc(size + 2);
	quoted[0] = quoted[size + 1] = '"';
	memcpy(quoted + 1, s, size);
	if (memchr(s, '"', size) || memchr(s, '\\', size))
		return;
	raw = json_parse(quoted, size + 2, NULL);
	if (raw) /* it was UTF-8 without control characters: nothing may have changed */
		fuzz_check(yyjson_equals(yyjson_doc_get_root(raw), yyjson_doc_get_root(doc)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text((const char *)data, size);
	check_string((const char *)data, size);
	return 0;
}
