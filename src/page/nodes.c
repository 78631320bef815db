/* page/nodes.c - a row for each node: state, why, how full. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/drain.h"
#include "manager/node_settings.h"
#include "page/page_private.h"

enum {
	GRID_FROM = 24, /* nodes that one look takes in as rows */
	GRID_MAX = 2000,
};

/* --- which, and in what order --- */

static bool is_wanted(const struct page *p, const struct engine *e)
{
	const char *text = frame_choice(p, "q"), *state = frame_choice(p, "state"),
		   *node = frame_choice(p, "node");

	if (*state && strcasecmp(state, engine_state_text(e)) != 0)
		return false;
	if (*node && strcmp(node, e->name) != 0 && strcmp(node, e->addr) != 0)
		return false;
	return !*text || strcasestr(e->name, text) || strcasestr(e->addr, text);
}

static double share(int64_t used, int64_t total)
{
	return total > 0 ? (double)used / (double)total : 0;
}

static double rank_state(const struct engine *e)
{
	return engine_is_healthy(e) ? 0 : 1;
}

static double rank_memory(const struct engine *e)
{
	return share(e->used_memory, engine_total_memory(e));
}

static double rank_cpus(const struct engine *e)
{
	return share(e->used_nano_cpus, engine_total_nano_cpus(e));
}

static double rank_containers(const struct engine *e)
{
	return (double)(e->running + e->paused + e->stopped);
}

static const struct order {
	const char *name;
	double (*rank)(const struct engine *e); /* highest first */
} orders[] = { { "state", rank_state }, { "memory", rank_memory }, { "cpus", rank_cpus },
	{ "containers", rank_containers } };

struct ranked {
	struct engine *engine;
	double rank;
	size_t at; /* by name */
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static const struct order *find_order(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].name, name) == 0)
			return &orders[i];
	}
	return NULL;
}

static struct ranked *choose_nodes(const struct page *p, size_t *ret_count)
{
	const struct order *order = find_order(frame_choice(p, "sort"));
	size_t total, count = 0;
	auto_free struct engine **engines = cluster_sorted_engines(p->manager->cluster, &total);
	struct ranked *chosen = xcalloc(max_of(total, (size_t)1), sizeof(*chosen));

	for (size_t i = 0; i < total; i++) {
		if (is_wanted(p, engines[i]))
			chosen[count++] = (struct ranked){ engines[i],
				order ? order->rank(engines[i]) : 0, i };
	}
	qsort(chosen, count, sizeof(*chosen), compare_ranked);
	*ret_count = count;
	return chosen;
}

/* --- a row --- */

static void add_availability(struct page *p, const struct engine *e)
{
	const struct node_setting *setting = node_settings_get(p->manager->node_settings, e->name);
	auto_strbuf struct strbuf drained = STRBUF_INIT;

	if (setting->availability == AVAILABILITY_ACTIVE)
		return;
	strbuf_addf(p->sb, ", %s", availability_text(setting->availability));
	drain_describe(p->manager->drain, e, &drained);
	if (drained.len) {
		strbuf_add_str(p->sb, "<br>");
		html_add(p->sb, drained.buf, TEXT_SHOWN);
	}
}

/* Told by steps, so that a row does not change with every answer. */
static void add_latency(struct page *p, const struct engine *e)
{
	static const int64_t steps_us[] = { 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000,
		200000, 500000, 1000000, 2000000, 5000000, 10000000 };
	int64_t took_us = endpoint_latency_us(e->remote.endpoint);
	size_t i = 0;

	if (took_us == 0)
		return;
	while (i + 1 < ARRAY_SIZE(steps_us) && steps_us[i] <= took_us)
		i++;
	strbuf_addf(p->sb, "<br>takes %s %g ms", steps_us[i] > took_us ? "under" : "over",
		(double)steps_us[i] / 1000);
}

static void add_state(struct page *p, const struct engine *e)
{
	strbuf_addf(p->sb, "<td data-of=\"State\"><span class=\"%s\">%s</span>",
		engine_is_healthy(e) ? "good" : "bad", engine_state_text(e));
	add_availability(p, e);
	if (*e->last_error) {
		strbuf_add_str(p->sb, "<br>");
		html_add(p->sb, e->last_error, TEXT_SHOWN);
	}
	strbuf_add_str(p->sb, "</td><td data-of=\"Last answer\">");
	frame_add_heard(p, e);
	add_latency(p, e);
	strbuf_add_str(p->sb, "</td>");
}

static void add_bar(struct page *p, const char *of, double part, const char *text)
{
	strbuf_addf(p->sb,
		"<td data-of=\"%s\"><meter min=\"0\" max=\"100\" value=\"%.0f\" aria-label=\"%s\">"
		"</meter>%s</td>",
		of, part * 100, of, text);
}

static void add_room(struct page *p, const struct engine *e)
{
	auto_strbuf struct strbuf memory = STRBUF_INIT;
	auto_free char *cpus = xasprintf("%.4g of %.4g", (double)e->used_nano_cpus / 1e9,
		(double)engine_total_nano_cpus(e) / 1e9);

	format_human_size(&memory, e->used_memory);
	strbuf_add_str(&memory, " of ");
	format_human_size(&memory, engine_total_memory(e));
	add_bar(p, "Reserved CPUs", rank_cpus(e), cpus);
	add_bar(p, "Reserved memory", rank_memory(e), memory.buf);
}

/* What its engine offers, by CDI or as a generic resource. */
static int64_t count_gpus(const struct engine *e)
{
	yyjson_val *info = yyjson_doc_get_root(e->info), *item;
	int64_t devices = 0, resources = 0;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(info, "DiscoveredDevices"), i, max, item)
	{
		const char *id = json_get_str(item, "ID", "");

		devices += strstr(id, "/gpu=") && !str_ends_with(id, "=all");
	}
	yyjson_arr_foreach(json_get_arr(info, "GenericResources"), i, max, item)
	{
		yyjson_val *named = json_get_obj(item, "NamedResourceSpec"),
			   *counted = json_get_obj(item, "DiscreteResourceSpec");

		if (strcasestr(json_get_str(named, "Kind", ""), "gpu"))
			resources++;
		else if (strcasestr(json_get_str(counted, "Kind", ""), "gpu"))
			resources += json_get_int(counted, "Value", 0);
	}
	return max_of(devices, resources);
}

static void add_labels(struct page *p, const struct engine *e)
{
	enum { LABELS_SHOWN = 20 };

	strbuf_add_str(p->sb, "<td data-of=\"Labels\">");
	for (size_t i = 0; i < e->labels.count && i < LABELS_SHOWN; i++) {
		strbuf_add_str(p->sb, i ? ", <bdi>" : "<bdi>");
		html_add(p->sb, e->labels.items[i].key, NAME_SHOWN);
		strbuf_add_char(p->sb, '=');
		html_add(p->sb, e->labels.items[i].value, NAME_SHOWN);
		strbuf_add_str(p->sb, "</bdi>");
	}
	strbuf_add_str(p->sb, "</td>");
}

static void add_containers(struct page *p, const struct engine *e)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;

	uri_encode_query(&query, e->name);
	strbuf_add_str(p->sb, "</td><td data-of=\"Containers\"><a href=\"/page/containers?node=");
	html_add(p->sb, query.buf, SIZE_MAX);
	strbuf_addf(p->sb, "\">%zu running</a>, %zu paused, %zu stopped</td>", e->running,
		e->paused, e->stopped);
}

static void add_node(struct page *p, const struct engine *e)
{
	char part[FRAGMENT_ID_MAX];
	int64_t gpus = count_gpus(e);

	frame_part_id(part, 'n', e->addr);
	frame_part_open(p, "tr", part, engine_is_healthy(e) ? "" : " class=\"stale\"");
	strbuf_add_str(p->sb, "<th scope=\"row\"><bdi>");
	html_add(p->sb, *e->name ? e->name : "(unknown)", NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi><br><code>");
	html_add(p->sb, e->addr, NAME_SHOWN);
	strbuf_add_str(p->sb, "</code></th>");
	add_state(p, e);
	strbuf_add_str(p->sb, "<td data-of=\"Engine\">");
	html_add(p->sb, e->server_version, NAME_SHOWN);
	strbuf_add_str(p->sb, e->containerd_store ? ", containerd store" : "");
	add_containers(p, e);
	add_room(p, e);
	strbuf_addf(p->sb,
		gpus ? "<td data-of=\"GPUs\">%" PRId64 "</td>" : "<td data-of=\"GPUs\">none</td>",
		gpus);
	add_labels(p, e);
	frame_part_close(p, "tr");
}

/* --- the table --- */

static void add_column(struct page *p, const char *title, const char *sort)
{
	strbuf_add_str(p->sb, "<th scope=\"col\">");
	if (sort) {
		strbuf_add_str(p->sb, "<a href=\"");
		frame_add_link(p, "sort", sort);
		strbuf_addf(p->sb, "\">%s</a>", title);
	} else {
		strbuf_add_str(p->sb, title);
	}
	strbuf_add_str(p->sb, "</th>");
}

static void add_columns(struct page *p)
{
	strbuf_add_str(p->sb,
		"<table>\n<caption>Reserved is what containers were promised (-m, "
		"-c), not what they use; an answer takes as long as usual ones of late "
		"did; figures of a node that does not answer are "
		"the last known.</caption>\n<thead><tr>");
	add_column(p, "Node", "name");
	add_column(p, "State", "state");
	add_column(p, "Last answer", NULL);
	add_column(p, "Engine", NULL);
	add_column(p, "Containers", "containers");
	add_column(p, "Reserved CPUs", "cpus");
	add_column(p, "Reserved memory", "memory");
	add_column(p, "GPUs", NULL);
	add_column(p, "Labels", NULL);
	strbuf_add_str(p->sb, "</tr></thead>\n");
}

static void add_table(struct page *p, const struct ranked *chosen, size_t total)
{
	size_t from, count = frame_window(p, total, &from);

	add_columns(p);
	frame_part_open(p, "tbody", "rows", "");
	for (size_t i = from; i < from + count; i++)
		add_node(p, chosen[i].engine);
	frame_part_close(p, "tbody");
	strbuf_add_str(p->sb, "</table>\n");
}

/* --- all of them in one look --- */

static const char *grid_mark(const struct page *p, const struct engine *e)
{
	if (e->state == ENGINE_PENDING)
		return "?";
	if (!engine_is_healthy(e))
		return "!";
	return manager_is_open(p->manager, e) ? NULL : "-";
}

static void add_cell(struct page *p, const struct engine *e)
{
	auto_strbuf struct strbuf query = STRBUF_INIT, name = STRBUF_INIT;
	const char *mark = grid_mark(p, e);
	double full = min_of(max_of(rank_cpus(e), rank_memory(e)), 1.0);
	char part[FRAGMENT_ID_MAX];

	uri_encode_query(&query, *e->name ? e->name : e->addr);
	html_add(&name, *e->name ? e->name : e->addr, NAME_SHOWN);
	frame_part_id(part, 'g', e->addr);
	frame_part_open(p, "li", part, "");
	strbuf_addf(p->sb,
		"<a class=\"%s f%d\" href=\"?node=", engine_is_healthy(e) ? "up" : "down",
		(int)(full * 10));
	html_add(p->sb, query.buf, SIZE_MAX);
	strbuf_addf(p->sb, "\" title=\"%s, %s, %zu running, %.0f %% reserved\">", name.buf,
		engine_state_text(e), e->running, full * 100);
	if (mark)
		strbuf_add_str(p->sb, mark);
	else
		strbuf_addf(p->sb, "%zu", e->running);
	strbuf_add_str(p->sb, "</a>");
	frame_part_close(p, "li");
}

static void add_grid(struct page *p, const struct ranked *chosen, size_t total)
{
	strbuf_add_str(p->sb,
		"<p class=\"quiet\" id=\"grid-says\">A cell is a node: how many "
		"containers run on it, filled by the fuller of its reserved CPUs and "
		"memory; ! does not answer, ? has not yet, - takes nothing new.</p>\n");
	frame_part_open(p, "ul", "grid", " class=\"grid\" aria-describedby=\"grid-says\"");
	for (size_t i = 0; i < total && i < GRID_MAX; i++)
		add_cell(p, chosen[i].engine);
	if (total > GRID_MAX)
		strbuf_addf(p->sb, "<li>and %zu more</li>", total - GRID_MAX);
	frame_part_close(p, "ul");
}

void page_nodes(struct page *p)
{
	static const char *const states[] = { "any", "Healthy", "Unhealthy", "Pending", NULL };
	static const char *const views[] = { "as fits", "grid", "rows", NULL };
	const char *view = frame_choice(p, "view");
	bool is_grid = strcmp(view, "grid") == 0, is_rows = strcmp(view, "rows") == 0;
	size_t total;
	auto_free struct ranked *chosen = choose_nodes(p, &total);

	frame_open(p, "Nodes", 0);
	frame_form_open(p, "/page/nodes");
	frame_form_text(p, "q", "Name or address");
	frame_form_select(p, "state", "State", states);
	frame_form_select(p, "view", "View", views);
	frame_form_close(p);
	if (is_grid || (!is_rows && p->manager->cluster->engines_count > GRID_FROM))
		add_grid(p, chosen, total);
	if (!is_grid)
		add_table(p, chosen, total);
	frame_close(p);
}
