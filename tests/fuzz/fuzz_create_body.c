/* What was parsed can be edited and written for any engine, and what was written parses to the same
 * needs again. */
#include <string.h>

#include "base/json.h"
#include "docker/config.h"
#include "fuzz.h"

static void check_reserve(const struct container_config *c)
{
	struct container *r = config_reserve(c);

	fuzz_check(r->memory_bytes == c->memory_bytes && r->nano_cpus >= 0);
	fuzz_check(r->ports_count <= c->ports_count);
	container_destroy(r);
}

static void check_again(struct container_config *c)
{
	struct container_config again;
	size_t len;
	auto_json_mut yyjson_mut_doc *document = config_document(c, 4);
	auto_free char *text = json_doc_text(document, &len);

	/* shares are another number on the engine, everything else is the same */
	fuzz_check(config_parse(&again, text, len, c->name, c->platform, NULL));
	fuzz_check(again.memory_bytes == c->memory_bytes);
	fuzz_check(again.constraints.count == c->constraints.count);
	fuzz_check(again.affinities.count == c->affinities.count);
	fuzz_check(again.ports_count == c->ports_count);
	fuzz_check(again.volumes.count == c->volumes.count);
	fuzz_check(strcmp(again.image, c->image) == 0);
	config_finish(&again);
}

static void check_edits(struct container_config *c)
{
	size_t len;

	config_set_swarm_id(c, "5a5a");
	if (c->networks.count)
		config_rename_network(c, c->networks.items[0], "renamed");
	if (c->links.count)
		config_resolve_dependency(c, c->links.items[0], "id");
	if (c->volumes_from.count)
		config_resolve_dependency(c, c->volumes_from.items[0], "id");
	if (c->shared_namespaces.count)
		config_resolve_dependency(c, c->shared_namespaces.items[0], "id");
	auto_json_mut yyjson_mut_doc *document = config_document(c, 4);
	auto_free char *text = json_doc_text(document, &len);
	auto_json yyjson_doc *doc = json_parse(text, len, NULL);
	fuzz_check(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_error struct error err = ERROR_INIT;
	struct container_config c;

	if (!config_parse(&c, (const char *)data, size, "/n", "", &err)) {
		fuzz_check(error_is_set(&err));
		return 0;
	}
	check_reserve(&c);
	check_again(&c);
	check_edits(&c);
	config_finish(&c);
	return 0;
}
