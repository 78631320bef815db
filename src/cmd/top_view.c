/* cmd/top_view.c - samples read and added up. */
#include "cmd/top_view.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cmd/table.h"

#define MEMORY_MAX (INT64_C(1) << 50)

/* --- a sample --- */

static int64_t time_of(yyjson_val *stats, const char *key)
{
	int64_t ns = 0;

	return time_parse_rfc3339(json_get_str(stats, key, ""), &ns) ? ns : 0;
}

static int64_t cpu_of(yyjson_val *stats, const char *key)
{
	return json_get_int(json_get_obj(json_get_obj(stats, key), "cpu_usage"), "total_usage", -1);
}

/* As the docker command counts it; the names are those of control groups 1 and 2. */
static int64_t memory_of(yyjson_val *stats)
{
	yyjson_val *memory = json_get_obj(stats, "memory_stats");
	yyjson_val *parts = json_get_obj(memory, "stats");
	int64_t usage = json_get_int(memory, "usage", 0);
	int64_t cache =
		json_get_int(parts, "total_inactive_file", json_get_int(parts, "inactive_file", 0));

	return cache > 0 && cache < usage ? usage - cache : usage;
}

bool top_sample_read(struct top_sample *ret, yyjson_val *stats)
{
	struct top_sample s = {
		.at_ns = time_of(stats, "read"),
		.cpu_ns = cpu_of(stats, "cpu_stats"),
		.before_ns = time_of(stats, "preread"),
		.before_cpu_ns = cpu_of(stats, "precpu_stats"),
		.memory_bytes = memory_of(stats),
	};

	/* what no machine has would spoil the sums */
	if (s.at_ns <= 0 || s.cpu_ns < 0 || s.memory_bytes < 0 || s.memory_bytes > MEMORY_MAX)
		return false;
	if (s.before_ns <= 0 || s.before_cpu_ns < 0)
		s.before_ns = s.before_cpu_ns = 0;
	*ret = s;
	return true;
}

static double rate(int64_t cpu, int64_t before_cpu, int64_t at, int64_t before)
{
	return at > before && cpu >= before_cpu
		       ? ((double)cpu - (double)before_cpu) / ((double)at - (double)before)
		       : -1;
}

double top_sample_cpus(const struct top_sample *before, const struct top_sample *now)
{
	if (before && now->at_ns > before->at_ns)
		return rate(now->cpu_ns, before->cpu_ns, now->at_ns, before->at_ns);
	return now->before_ns ? rate(now->cpu_ns, now->before_cpu_ns, now->at_ns, now->before_ns)
			      : -1;
}

/* --- who is there --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct top_node *)a)->name, ((const struct top_node *)b)->name);
}

static void read_nodes(struct top_view *v, yyjson_val *nodes)
{
	yyjson_val *node;
	size_t i, max;

	v->nodes = xcalloc(max_of(yyjson_arr_size(nodes), (size_t)1), sizeof(*v->nodes));
	yyjson_arr_foreach(nodes, i, max, node)
	{
		yyjson_val *description = json_get_obj(node, "Description");
		yyjson_val *resources = json_get_obj(description, "Resources");

		v->nodes[v->nodes_count++] = (struct top_node){
			.name = xstrdup(json_get_str(description, "Hostname", "")),
			.state = xstrdup(json_get_str(json_get_obj(node, "Status"), "State", "")),
			.cpus = (double)json_get_int(resources, "NanoCPUs", 0) / 1e9,
			.memory_bytes =
				max_of(json_get_int(resources, "MemoryBytes", 0), (int64_t)0),
		};
	}
	qsort(v->nodes, v->nodes_count, sizeof(*v->nodes), compare_names);
}

/* Its name on its node, "/node/name"; links have one slash more.  NULL: there is none. */
static const char *name_of(yyjson_val *container)
{
	yyjson_val *item;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(container, "Names"), i, max, item)
	{
		const char *name = yyjson_get_str(item);
		const char *slash = name && *name == '/' ? strchr(name + 1, '/') : NULL;

		if (slash && !strchr(slash + 1, '/'))
			return name;
	}
	return NULL;
}

static void read_container(struct top_view *v, yyjson_val *container)
{
	const char *name = name_of(container);
	size_t len = name ? strcspn(name + 1, "/") : 0;
	auto_free char *node = xstrndup(name ? name + 1 : "", len);
	struct top_node *found = bsearch(&(struct top_node){ .name = node }, v->nodes,
		v->nodes_count, sizeof(*v->nodes), compare_names);

	if (!name || !found)
		return;
	v->containers[v->count++] = (struct top_container){
		.id = xstrdup(json_get_str(container, "Id", "")),
		.name = xstrdup(name + len + 2),
		.node = (size_t)(found - v->nodes),
		.ordinal = found->running++,
	};
}

static int compare_ordinals(const void *a, const void *b)
{
	const struct top_container *x = a, *y = b;

	if (x->ordinal != y->ordinal)
		return x->ordinal < y->ordinal ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void container_finish(struct top_container *c)
{
	free(c->id);
	free(c->name);
}

void top_view_init(struct top_view *v, yyjson_val *nodes, yyjson_val *containers, size_t limit)
{
	yyjson_val *container;
	size_t i, max;

	*v = (struct top_view){ 0 };
	read_nodes(v, nodes);
	v->containers =
		xcalloc(max_of(yyjson_arr_size(containers), (size_t)1), sizeof(*v->containers));
	yyjson_arr_foreach(containers, i, max, container) read_container(v, container);
	qsort(v->containers, v->count, sizeof(*v->containers), compare_ordinals);
	for (; v->count > limit; v->count--)
		container_finish(&v->containers[v->count - 1]);
}

void top_view_finish(struct top_view *v)
{
	for (size_t i = 0; i < v->count; i++)
		container_finish(&v->containers[i]);
	for (size_t i = 0; i < v->nodes_count; i++) {
		free(v->nodes[i].name);
		free(v->nodes[i].state);
	}
	free(v->containers);
	free(v->nodes);
	*v = (struct top_view){ 0 };
}

/* --- sums --- */

void top_view_take(struct top_view *v, size_t container, yyjson_val *stats)
{
	struct top_container *c = &v->containers[container];
	struct top_sample now;
	double cpus;

	if (!top_sample_read(&now, stats))
		return;
	cpus = top_sample_cpus(c->sampled ? &c->first : NULL, &now);
	if (!c->sampled)
		c->first = now;
	c->sampled = true;
	if (cpus < 0)
		return;
	c->measured = true;
	c->cpus = cpus;
	c->memory_bytes = now.memory_bytes;
}

static double share(double used, double all)
{
	return all > 0 ? used / all : 0;
}

static double rank_of(const struct top_node *n, enum top_order order)
{
	switch (order) {
	case TOP_CPU: return share(n->used_cpus, n->cpus);
	case TOP_MEMORY: return share((double)n->used_memory, (double)n->memory_bytes);
	case TOP_CONTAINERS: return (double)n->running;
	case TOP_NAME: break;
	}
	return 0;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct top_node *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return compare_natural(x->name, y->name);
}

void top_view_sum(struct top_view *v, enum top_order order)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct top_container *c = &v->containers[i];
		struct top_node *n = &v->nodes[c->node];

		if (!c->measured)
			continue;
		n->measured++;
		n->used_cpus += c->cpus;
		n->used_memory += c->memory_bytes;
		if (!n->busiest || c->cpus > n->busiest->cpus)
			n->busiest = c;
	}
	for (size_t i = 0; i < v->nodes_count; i++)
		v->nodes[i].rank = rank_of(&v->nodes[i], order);
	qsort(v->nodes, v->nodes_count, sizeof(*v->nodes), compare_ranks);
}

bool top_order_parse(const char *text, enum top_order *ret, struct error *err)
{
	static const char *const words[] = {
		[TOP_CPU] = "cpu",
		[TOP_MEMORY] = "memory",
		[TOP_CONTAINERS] = "containers",
		[TOP_NAME] = "name",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = (enum top_order)i;
			return true;
		}
	}
	return error_set(err, ERROR_INVALID,
		"--sort '%s': there are cpu, memory, containers and name", text);
}

/* --- out --- */

static void add_row(struct table *t, const struct top_node *n)
{
	auto_strbuf struct strbuf memory = STRBUF_INIT;

	format_human_size(&memory, n->used_memory);
	strbuf_add_str(&memory, " / ");
	format_human_size(&memory, n->memory_bytes);
	table_add(t, n->name);
	table_add(t, n->state);
	table_addf(t, "%.1f%%", share(n->used_cpus, n->cpus) * 100);
	table_addf(t, "%.2f / %.4g", n->used_cpus, n->cpus);
	table_addf(t, "%.1f%%", share((double)n->used_memory, (double)n->memory_bytes) * 100);
	table_add(t, memory.buf);
	table_addf(t, "%zu", n->running);
	table_addf(t, "%zu", n->measured);
	if (n->busiest)
		table_addf(t, "%s (%.2f CPUs)", n->busiest->name, n->busiest->cpus);
	else
		table_add(t, "");
}

void top_view_print(const struct top_view *v, FILE *out)
{
	static const char *const titles[] = { "NODE", "STATUS", "CPU %", "CPUS", "MEM %", "MEMORY",
		"RUNNING", "MEASURED", "BUSIEST", NULL };
	struct table t;

	table_init(&t, titles);
	for (size_t i = 0; i < v->nodes_count; i++)
		add_row(&t, &v->nodes[i]);
	table_print(&t, out);
	table_finish(&t);
}

yyjson_mut_val *top_view_json(const struct top_view *v, yyjson_mut_doc *doc)
{
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	for (size_t i = 0; i < v->nodes_count; i++) {
		const struct top_node *n = &v->nodes[i];
		yyjson_mut_val *to = yyjson_mut_arr_add_obj(doc, list);

		yyjson_mut_obj_add_strcpy(doc, to, "Node", n->name);
		yyjson_mut_obj_add_strcpy(doc, to, "State", n->state);
		yyjson_mut_obj_add_real(doc, to, "UsedCPUs", n->used_cpus);
		yyjson_mut_obj_add_real(doc, to, "CPUs", n->cpus);
		yyjson_mut_obj_add_sint(doc, to, "UsedMemoryBytes", n->used_memory);
		yyjson_mut_obj_add_sint(doc, to, "MemoryBytes", n->memory_bytes);
		yyjson_mut_obj_add_uint(doc, to, "Running", n->running);
		yyjson_mut_obj_add_uint(doc, to, "Measured", n->measured);
		yyjson_mut_obj_add_strcpy(doc, to, "Busiest", n->busiest ? n->busiest->name : "");
	}
	return list;
}
