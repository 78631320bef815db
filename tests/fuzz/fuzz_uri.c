/* Decoding never reads past its input, and what was parsed comes back after formatting. */
#include <stdlib.h>
#include <string.h>

#include "base/uri.h"
#include "fuzz.h"

static void check_decode(const char *s, size_t size)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = NULL;
	auto_free char *again = NULL;
	auto_strbuf struct strbuf encoded = STRBUF_INIT;

	if (!uri_decode(s, size, false, &text, &err)) {
		fuzz_check(error_is_set(&err) && !text);
		return;
	}
	fuzz_check(strlen(text) <= size);
	uri_encode_path(&encoded, text);
	fuzz_check(uri_decode(encoded.buf, encoded.len, false, &again, NULL));
	fuzz_check(strcmp(text, again) == 0);
}

static void check_same(const struct query *a, const struct query *b)
{
	fuzz_check(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		fuzz_check(strcmp(a->params[i].key, b->params[i].key) == 0);
		fuzz_check(strcmp(a->params[i].value, b->params[i].value) == 0);
	}
}

static void check_edit(struct query *q)
{
	auto_free char *key = strdup(q->params[0].key);

	query_set(q, key, "x y");
	fuzz_check(strcmp(query_get(q, key), "x y") == 0);
	query_remove(q, key);
	fuzz_check(!query_get(q, key));
}

static void check_query(const char *s, size_t size)
{
	auto_query struct query q = QUERY_INIT;
	auto_query struct query again = QUERY_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (!query_parse(&q, s, size, NULL)) {
		fuzz_check(q.count == 0);
		return;
	}
	query_format(&q, &text);
	fuzz_check(query_parse(&again, text.buf, text.len, NULL));
	check_same(&q, &again);
	if (q.count)
		check_edit(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_decode((const char *)data, size);
	check_query((const char *)data, size);
	return 0;
}
