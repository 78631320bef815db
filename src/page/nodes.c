/* page/nodes.c - a row for each node: state, why, how full. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/drain.h"
#include "manager/node_settings.h"
#include "page/page_private.h"

/* --- which, and in what order --- */

static bool is_wanted(const struct page *p, const struct engine *e)
{
	const char *text = frame_choice(p, "q"), *state = frame_choice(p, "state");

	if (*state && strcasecmp(state, engine_state_text(e)) != 0)
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
	if (e->heard_ms)
		frame_add_age(p->sb, clock_mono_ms() - e->heard_ms);
	else
		strbuf_add_str(p->sb, "never");
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

static void add_node(struct page *p, const struct engine *e)
{
	strbuf_add_str(p->sb, engine_is_healthy(e) ? "<tr>" : "<tr class=\"stale\">");
	strbuf_add_str(p->sb, "<th scope=\"row\"><bdi>");
	html_add(p->sb, *e->name ? e->name : "(unknown)", NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi><br>");
	html_add(p->sb, e->addr, NAME_SHOWN);
	strbuf_add_str(p->sb, "</th>");
	add_state(p, e);
	strbuf_add_str(p->sb, "<td data-of=\"Engine\">");
	html_add(p->sb, e->server_version, NAME_SHOWN);
	strbuf_add_str(p->sb, e->containerd_store ? ", containerd store" : "");
	strbuf_addf(p->sb,
		"</td><td data-of=\"Containers\">%zu running, %zu paused, %zu stopped</td>",
		e->running, e->paused, e->stopped);
	add_room(p, e);
	add_labels(p, e);
	strbuf_add_str(p->sb, "</tr>\n");
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
	strbuf_add_str(p->sb, "<table>\n<caption>Reserved is what containers were promised (-m, "
			      "-c), not what they use; figures of a node that does not answer are "
			      "the last known.</caption>\n<thead><tr>");
	add_column(p, "Node", "name");
	add_column(p, "State", "state");
	add_column(p, "Last answer", NULL);
	add_column(p, "Engine", NULL);
	add_column(p, "Containers", "containers");
	add_column(p, "Reserved CPUs", "cpus");
	add_column(p, "Reserved memory", "memory");
	add_column(p, "Labels", NULL);
	strbuf_add_str(p->sb, "</tr></thead>\n<tbody>\n");
}

void page_nodes(struct page *p)
{
	static const char *const states[] = { "any", "Healthy", "Unhealthy", "Pending", NULL };
	size_t total, from, count;
	auto_free struct ranked *chosen = choose_nodes(p, &total);

	frame_open(p, "Nodes", 0);
	frame_form_open(p, "/page/nodes");
	frame_form_text(p, "q", "Name or address");
	frame_form_select(p, "state", "State", states);
	frame_form_close(p);
	count = frame_window(p, total, &from);
	add_columns(p);
	for (size_t i = from; i < from + count; i++)
		add_node(p, chosen[i].engine);
	strbuf_add_str(p->sb, "</tbody>\n</table>\n");
	frame_close(p);
}
