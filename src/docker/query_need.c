/* docker/query_need.c - a table of parameters with their versions. */
#include "docker/query_need.h"

#include <string.h>

#include "base/parse.h"
#include "base/util.h"

static const struct query_row {
	int since; /* 1.N */
	const char *method, *route;
	const char *param; /* NULL: the route itself */
	bool repeated;     /* only when it comes more than once */
} rows[] = {
	{ 46, "POST", "/images/{name}/push", "platform", false },
	{ 48, "GET", "/images/{name}/get", "platform", false },
	{ 52, "GET", "/images/{name}/get", "platform", true },
	{ 48, "GET", "/images/get", "platform", false },
	{ 52, "GET", "/images/get", "platform", true },
	{ 42, "GET", "/images/json", "shared-size", false },
	{ 47, "GET", "/images/json", "manifests", false },
	{ 54, "GET", "/images/json", "identity", false },
	{ 48, "GET", "/images/{name}/json", "manifests", false },
	{ 49, "GET", "/images/{name}/json", "platform", false },
	{ 48, "GET", "/images/{name}/history", "platform", false },
	{ 55, "GET", "/images/{name}/attestations", NULL, false },
	{ 50, "DELETE", "/images/{name}", "platforms", false },
};

/* How often it is there with a value that asks for something. */
static size_t count_param(const struct query *q, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < q->count; i++)
		count += strcmp(q->params[i].key, key) == 0 && parse_query_bool(q->params[i].value);
	return count;
}

static bool is_used(const struct query_row *row, const struct query *q)
{
	return !row->param || count_param(q, row->param) > (row->repeated ? 1 : 0);
}

static bool is_about(const struct query_row *row, const char *method, const char *route)
{
	return strcmp(row->method, method) == 0 && strcmp(row->route, route) == 0;
}

struct api_version query_need(const char *method, const char *route, const struct query *q)
{
	struct api_version need = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct query_row *row = &rows[i];

		if (is_about(row, method, route) && is_used(row, q) &&
			api_version_before(need, 1, row->since))
			need = (struct api_version){ 1, row->since };
	}
	return need;
}

void query_need_fit(const char *method, const char *route, struct api_version v, struct query *q)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct query_row *row = &rows[i];

		if (is_about(row, method, route) && row->param && !row->repeated &&
			api_version_before(v, 1, row->since))
			query_remove(q, row->param);
	}
}
