/* Filters that were understood mean the same after they were written for an engine. */
#include <string.h>

#include "base/mem.h"
#include "docker/listfilter.h"
#include "fuzz.h"

static void check_same(const struct list_filters *a, const struct list_filters *b)
{
	fuzz_check(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct strv *values = list_filters_get(b, a->items[i].key);

		fuzz_check((values ? values->count : 0) == a->items[i].values.count);
		for (size_t v = 0; values && v < values->count; v++)
			fuzz_check(strcmp(values->items[v], a->items[i].values.items[v]) == 0);
	}
}

static void check_match(const struct list_filters *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct list_filter *filter = &f->items[i];
		bool once = list_filters_match(f, filter->key, "node-1/web");
		bool flag;

		fuzz_check(list_filters_match(f, filter->key, "node-1/web") == once);
		list_filters_flag(f, filter->key, false, &flag, NULL);
		if (filter->values.count) {
			const char *first = filter->values.items[0];

			fuzz_check(list_filters_match(f, filter->key, first));
			fuzz_check(list_filters_has(f, filter->key, first) ||
				   strv_contains(&filter->off, first));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	auto_list_filters struct list_filters f = { 0 };
	auto_list_filters struct list_filters again = { 0 };

	if (!list_filters_parse(&f, text, NULL)) {
		fuzz_check(f.count == 0);
		return 0;
	}
	auto_free char *formatted = list_filters_format(&f);
	fuzz_check(list_filters_parse(&again, formatted, NULL));
	check_same(&f, &again);
	check_match(&f);
	return 0;
}
