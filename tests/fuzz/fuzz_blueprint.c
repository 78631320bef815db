/* fuzz/fuzz_blueprint.c - inspect documents of an engine, and the create requests behind them. */
#include "docker/blueprint.h"

#include "base/json.h"
#include "base/mem.h"
#include "docker/config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_view view = { .engine_cpus = 4 };
	auto_json yyjson_doc *doc = json_parse((const char *)data, size, NULL);
	struct container_config c;

	if (!doc)
		return 0;
	auto_free char *body = blueprint_from_inspect(yyjson_doc_get_root(doc), &view);
	auto_json yyjson_doc *again = json_parse(body, strlen(body), NULL);

	fuzz_check(again);
	if (config_parse(&c, body, strlen(body), "/n", "", NULL))
		config_finish(&c);
	return 0;
}
