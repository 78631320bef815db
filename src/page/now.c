/* page/now.c - how it fares in one look: who leads, what is wrong, why, and what to do. */
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "docker/advice.h"
#include "page/page_private.h"

enum { REFRESH_S = 5 };

static const char *leader_text(const struct page *p)
{
	if (!p->leader)
		return "this manager, the only one";
	if (p->leads)
		return "this manager";
	return *p->leader ? p->leader : "nobody";
}

static void add_strip(struct page *p)
{
	const struct cluster *cluster = p->manager->cluster;
	size_t running = 0, paused = 0, stopped = 0;
	struct engine *e;

	cluster_each (e, cluster, CLUSTER_VALIDATED) {
		running += e->running;
		paused += e->paused;
		stopped += e->stopped;
	}
	auto_free char *nodes =
		xasprintf("%zu healthy of %zu", cluster->healthy, cluster->engines_count);
	auto_free char *containers =
		xasprintf("%zu running, %zu paused, %zu stopped", running, paused, stopped);

	frame_part_open(p, "dl", "strip", " class=\"strip\"");
	frame_fact(p, "Leader", leader_text(p));
	frame_fact(p, "Nodes", nodes);
	frame_fact(p, "Containers", containers);
	frame_part_close(p, "dl");
}

/* --- problems --- */

static void add_silence(struct page *p, const struct engine *e)
{
	strbuf_add_str(p->sb, "<p>Last answer: ");
	frame_add_heard(p, e);
	strbuf_addf(p->sb, ". Containers last known on it: %zu.</p>\n",
		e->running + e->paused + e->stopped);
}

static void add_problem(struct page *p, const struct engine *e)
{
	auto_free char *title = xasprintf("Node %.80s at %s: %s", *e->name ? e->name : "(unknown)",
		e->addr, engine_state_text(e));

	strbuf_add_str(p->sb, "<section class=\"problem\">");
	frame_element(p, "h3", title);
	strbuf_add_str(p->sb, "<p>Cause: ");
	html_add(p->sb, frame_cause(e), TEXT_SHOWN);
	strbuf_add_str(p->sb, "</p>\n<p>What to do: ");
	html_add(p->sb, advice_for_error(e->last_error), TEXT_SHOWN);
	strbuf_add_str(p->sb, "</p>\n");
	add_silence(p, e);
	strbuf_add_str(p->sb, "</section>\n");
}

static void add_plain_problem(struct page *p, const char *title, const char *what_to_do)
{
	strbuf_add_str(p->sb, "<section class=\"problem\">");
	frame_element(p, "h3", title);
	frame_element(p, "p", what_to_do);
	strbuf_add_str(p->sb, "</section>\n");
}

static size_t add_general_problems(struct page *p)
{
	const struct cluster *cluster = p->manager->cluster;
	size_t count = 0;

	if (p->leader && !*p->leader && ++count)
		add_plain_problem(p, "No manager leads",
			"Nothing can be changed. See whether the store of the election is up.");
	if (cluster->engines_count == 0 && ++count)
		add_plain_problem(p, "No node is known",
			"Let nodes join (swarm join), or see what the discovery source holds "
			"(swarm list).");
	return count;
}

static void add_problems(struct page *p)
{
	size_t total, shown = 0, found = 0;
	auto_free struct engine **engines = cluster_sorted_engines(p->manager->cluster, &total);

	frame_part_open(p, "div", "problems", "");
	strbuf_add_str(p->sb, "<h2>Problems</h2>\n");
	found = add_general_problems(p);
	for (size_t i = 0; i < total; i++) {
		if (engine_is_healthy(engines[i]))
			continue;
		found++;
		if (++shown <= PAGE_ROWS)
			add_problem(p, engines[i]);
	}
	if (shown > PAGE_ROWS)
		strbuf_addf(p->sb,
			"<p>And %zu more: <a href=\"/page/nodes?sort=state\">all "
			"nodes</a>.</p>\n",
			shown - PAGE_ROWS);
	if (found == 0)
		strbuf_add_str(p->sb, "<p class=\"good\">None: every node answers.</p>\n");
	frame_part_close(p, "div");
}

static void add_work(struct page *p)
{
	size_t works = 0;
	struct list *l;

	for (l = p->manager->works.next; l != &p->manager->works; l = l->next)
		works++;
	strbuf_add_str(p->sb, "<h2>Under way</h2>\n");
	frame_part_open(p, "ul", "work", "");
	strbuf_addf(p->sb,
		"<li>Requests of clients, pages not counted: %zu</li>\n"
		"<li>Work over engines, such as creates, pulls and moves: %zu</li>\n"
		"<li>Requests to engines that wait for a place in the line: %lld</li>\n",
		p->requests, works, (long long)metrics[METRIC_calls_waiting]);
	frame_part_close(p, "ul");
}

void page_now(struct page *p)
{
	frame_open(p, "Now", REFRESH_S);
	add_strip(p);
	add_problems(p);
	add_work(p);
	strbuf_addf(p->sb,
		"<p class=\"quiet\">Counted from what the manager knows, and told as it changes. "
		"<noscript>Without scripts this page asks again every %d seconds.</noscript></p>\n",
		REFRESH_S);
	frame_close(p);
}
