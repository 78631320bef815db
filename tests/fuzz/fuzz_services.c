/*
 * fuzz/fuzz_services.c - inspect documents, the services in them, and those as Consul takes them.
 */
#include "base/json.h"
#include "base/mem.h"
#include "docker/container.h"
#include "fuzz.h"
#include "register/catalog_record.h"
#include "register/service.h"

static void check_catalog(const struct services *found)
{
	const struct book_place place = { .node = "n", .address = "::1", .cluster = "c" };
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;

	for (size_t i = 0; i < found->count; i++) {
		catalog_add(&entries, &place, &found->items[i]);
		const struct book_change change = { entries.items[i].key, entries.items[i].value,
			NULL };
		auto_free char *text = catalog_format_changes("l", "s", "c", &change, 1);
		auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);

		fuzz_check(doc);
		fuzz_check(yyjson_arr_size(yyjson_doc_get_root(doc)) >= 3);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct container_view view = { .engine_cpus = 4, .keeps_services = true };
	const struct service_terms terms = { .node = "n", .ip = "192.0.2.1", .tags = "a,b" };
	const struct service_terms inside = { .node = "n", .ip = "192.0.2.1", .internal = true };
	auto_json yyjson_doc *doc = json_parse((const char *)data, size, NULL);
	struct container *c = container_create();
	struct services found = { 0 };

	if (doc && container_set_inspect(c, yyjson_doc_get_root(doc), &view, NULL)) {
		service_read(&found, c, NULL, &terms);
		service_read(&found, c, c, &inside);
		check_catalog(&found);
	}
	services_finish(&found);
	container_destroy(c);
	return 0;
}
