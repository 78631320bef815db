/* docker/build_query.c - wishes out of the build arguments, the rest as it was written. */
#include "docker/build_query.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/config.h"
#include "docker/needs.h"

/* null leaves the value to the builder; as an expression it is one without an operator. */
static bool take_expression(struct build_query *b, const char *name, yyjson_val *value)
{
	auto_strv struct strv policies = STRV_INIT; /* nothing reschedules a build */
	auto_free char *text = NULL;

	if (yyjson_is_str(value))
		text = xasprintf("%s=%s", name, yyjson_get_str(value));
	else if (yyjson_is_null(value))
		text = xstrdup(name);
	return text && config_split_expression(
			       text, &b->affinities, &b->constraints, &b->whitelists, &policies);
}

static void read_args(struct build_query *b, const char *json)
{
	auto_json yyjson_doc *doc = json_parse(json, strlen(json), NULL);
	auto_json_mut yyjson_mut_doc *edited = yyjson_mut_doc_new(NULL);
	yyjson_val *args = yyjson_doc_get_root(doc), *key, *value;
	yyjson_mut_val *rest = yyjson_mut_obj(edited);
	size_t i, max;

	yyjson_obj_foreach(args, i, max, key, value)
	{
		if (!take_expression(b, yyjson_get_str(key), value))
			yyjson_mut_obj_add(rest, yyjson_val_mut_copy(edited, key),
				yyjson_val_mut_copy(edited, value));
	}
	if (yyjson_mut_obj_size(rest) == yyjson_obj_size(args))
		return;
	yyjson_mut_doc_set_root(edited, rest);
	b->args = json_doc_text(edited, NULL);
}

/* What is no number counts as none, as for the engine. */
static int64_t read_number(const struct query *q, const char *key)
{
	const char *text = query_get(q, key);
	int64_t n;

	return text && parse_i64(text, &n) ? n : 0;
}

void build_query_read(struct build_query *ret, const struct query *q, int64_t most_cpus)
{
	const char *args = query_get(q, "buildargs");
	struct cpu_request cpu = {
		.quota_us = read_number(q, "cpuquota"),
		.period_us = read_number(q, "cpuperiod"),
		.shares = read_number(q, "cpushares"),
	};

	const char *platform = query_get(q, "platform");

	if (needs_shares_are_weight(cpu.shares, most_cpus))
		cpu.shares = 0;
	*ret = (struct build_query){
		.platform = xstrdup(platform && !strchr(platform, ',') ? platform : ""),
		.cpu_shares = cpu.shares,
		.nano_cpus = needs_nano_cpus(&cpu),
		.memory_bytes = needs_memory(read_number(q, "memory"), 0),
	};
	if (args)
		read_args(ret, args);
}

void build_query_finish(struct build_query *b)
{
	strv_finish(&b->affinities);
	strv_finish(&b->constraints);
	strv_finish(&b->whitelists);
	free(b->platform);
	free(b->args);
	*b = (struct build_query){ 0 };
}

char *build_query_format(
	const struct build_query *b, const struct query *q, const char *raw, int64_t engine_cpus)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_query struct query edited = QUERY_INIT;

	if (!b->args && b->cpu_shares <= 0)
		return xstrdup(raw);
	query_copy(&edited, q);
	if (b->args)
		query_set(&edited, "buildargs", b->args);
	if (b->cpu_shares > 0) {
		auto_free char *weight = xasprintf(
			"%lld", (long long)needs_shares_to_engine(b->cpu_shares, engine_cpus));

		query_set(&edited, "cpushares", weight);
	}
	query_format(&edited, &text);
	return strbuf_steal(&text);
}

bool build_query_is_choosy(const struct build_query *b)
{
	return b->affinities.count || b->constraints.count || b->whitelists.count || b->nano_cpus ||
	       b->memory_bytes || *b->platform;
}
