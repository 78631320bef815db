#include "docker_test.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

char *load_text(const char *name)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	auto_free char *path = xasprintf("%s/%s", DATA_DIR, name);
	FILE *f = fopen(path, "r");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		strbuf_add(&sb, piece, n);
	fclose(f);
	return strbuf_steal(&sb);
}

yyjson_doc *parse_json(const char *text)
{
	yyjson_doc *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

yyjson_doc *load_json(const char *name)
{
	auto_free char *text = load_text(name);

	return parse_json(text);
}
