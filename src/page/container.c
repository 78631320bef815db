/* page/container.c - one container: what it is, why it is there, what has happened to it. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "docker/advice.h"
#include "docker/policy.h"
#include "manager/decisions.h"
#include "manager/publish.h"
#include "page/page_private.h"

enum {
	ITEMS_SHOWN = 50, /* labels, ports, networks, mounts: of each */
	EVENTS_SHOWN = 50,
};

/* --- what it is --- */

/* Since when it is what it is. */
static int64_t state_since_ns(const struct container *c)
{
	if (container_is_running(c))
		return c->started_ns;
	return c->state == CONTAINER_CREATED ? c->created_ns : c->finished_ns;
}

static void add_state(struct page *p, const struct container *c)
{
	bool is_bad = !engine_is_healthy(c->engine) || c->health == HEALTH_UNHEALTHY ||
		      c->state == CONTAINER_DEAD || (c->state == CONTAINER_EXITED && c->exit_code);
	int64_t since_ns = state_since_ns(c);

	frame_fact_open(p, "State");
	strbuf_addf(p->sb, "<span class=\"%s\">%s</span>", is_bad ? "bad" : "good",
		container_state_text(c));
	if (c->health != HEALTH_NONE)
		strbuf_addf(p->sb, ", %s", container_health_text(c));
	if (since_ns) {
		strbuf_add_str(p->sb, ", since ");
		frame_add_age(p, since_ns);
	}
	if (!engine_is_healthy(c->engine)) {
		strbuf_add_str(p->sb, "; last known ");
		frame_add_heard(p, c->engine);
	}
	frame_fact_close(p);
}

static const char *exit_meaning(int code)
{
	switch (code) {
	case 125: return "the engine could not run it";
	case 126: return "its command cannot be executed";
	case 127: return "its command was not found";
	case 137: return "killed: by somebody, or because memory ran out";
	case 139: return "it crashed: segmentation fault";
	case 143: return "it was asked to end";
	default: return code ? "it failed: its log says why" : "it ended by itself, without error";
	}
}

static void add_exit(struct page *p, const struct container *c)
{
	if (c->state != CONTAINER_EXITED && c->state != CONTAINER_DEAD)
		return;
	frame_fact_open(p, "Exit code");
	strbuf_addf(p->sb, "%d: %s", (int)c->exit_code, exit_meaning(c->exit_code));
	frame_fact_close(p);
}

/* What is known of it is old, and why. */
static void add_problem(struct page *p, const struct engine *e)
{
	if (engine_is_healthy(e))
		return;
	strbuf_add_str(p->sb, "<section class=\"problem\"><h2>Its node does not answer</h2>\n"
			      "<p>Cause: ");
	html_add(p->sb, frame_cause(e), TEXT_SHOWN);
	strbuf_add_str(p->sb, "</p>\n<p>What to do: ");
	html_add(p->sb, advice_for_error(e->last_error), TEXT_SHOWN);
	strbuf_add_str(p->sb, "</p></section>\n");
}

static void add_strip(struct page *p, const struct container *c)
{
	frame_part_open(p, "dl", "strip", " class=\"strip\"");
	add_state(p, c);
	add_exit(p, c);
	frame_fact_open(p, "Node");
	frame_add_node(p, c->engine);
	strbuf_addf(p->sb, " <span class=\"%s\">%s</span>",
		engine_is_healthy(c->engine) ? "good" : "bad", engine_state_text(c->engine));
	frame_fact_close(p);
	frame_fact(p, "Image", c->image);
	frame_fact_open(p, "Created");
	frame_add_age(p, c->created_ns);
	frame_fact_close(p);
	frame_part_close(p, "dl");
}

/* --- lists of it --- */

static const char *protocol_text(const struct port_use *u)
{
	static const char *const texts[] = { "tcp", "udp", "sctp" };

	return u->protocol < ARRAY_SIZE(texts) ? texts[u->protocol] : "?";
}

static void add_port_numbers(struct page *p, const struct port_use *u)
{
	strbuf_addf(p->sb, ":%u", u->first);
	if (u->last != u->first)
		strbuf_addf(p->sb, "-%u", u->last);
}

static void add_port(struct page *p, const struct container *c, size_t i)
{
	const struct port_use *u = &c->ports[i];
	const struct publish *publish = p->manager->publish;
	const char *relay = publish && u->first ? publish_host(publish, c, u) : NULL;

	if (u->inside)
		strbuf_addf(p->sb, "%u/%s at ", u->inside, protocol_text(u));
	else
		strbuf_addf(p->sb, "%s at ", protocol_text(u));
	if (u->first == 0) {
		strbuf_add_str(p->sb, "a port that its engine chooses");
		return;
	}
	html_add(p->sb, u->any_address ? c->engine->ip : u->address, NAME_SHOWN);
	add_port_numbers(p, u);
	if (!relay)
		return;
	strbuf_add_str(p->sb, ", relayed from ");
	html_add(p->sb, *relay ? relay : "every address of this manager", NAME_SHOWN);
	add_port_numbers(p, u);
}

static void add_network(struct page *p, const struct container *c, size_t i)
{
	const struct container_network *n = &c->networks[i];

	html_add(p->sb, n->name, NAME_SHOWN);
	strbuf_add_str(p->sb, *n->ipv4 || *n->ipv6 ? ": " : "");
	html_add(p->sb, n->ipv4, NAME_SHOWN);
	strbuf_add_str(p->sb, *n->ipv4 && *n->ipv6 ? ", " : "");
	html_add(p->sb, n->ipv6, NAME_SHOWN);
}

static void add_mount(struct page *p, const struct container *c, size_t i)
{
	const struct container_mount *m = &c->mounts[i];

	html_add(p->sb, m->type, NAME_SHOWN);
	strbuf_add_char(p->sb, ' ');
	html_add(p->sb, *m->name ? m->name : m->source, NAME_SHOWN);
	strbuf_add_str(p->sb, " at ");
	html_add(p->sb, m->destination, NAME_SHOWN);
}

static void add_label(struct page *p, const struct container *c, size_t i)
{
	html_add(p->sb, c->labels.items[i].key, NAME_SHOWN);
	strbuf_add_char(p->sb, '=');
	html_add(p->sb, c->labels.items[i].value, TEXT_SHOWN);
}

static void add_items(struct page *p, const struct container *c, const char *name, size_t count,
	void (*add)(struct page *p, const struct container *c, size_t i))
{
	frame_fact_open(p, name);
	strbuf_add_str(p->sb, count ? "<ul>" : "none");
	for (size_t i = 0; i < count && i < ITEMS_SHOWN; i++) {
		strbuf_add_str(p->sb, "<li><bdi>");
		add(p, c, i);
		strbuf_add_str(p->sb, "</bdi></li>");
	}
	if (count > ITEMS_SHOWN)
		strbuf_addf(p->sb, "<li>and %zu more</li>", count - ITEMS_SHOWN);
	strbuf_add_str(p->sb, count ? "</ul>" : "");
	frame_fact_close(p);
}

static void add_reserved(struct page *p, const struct container *c)
{
	frame_fact_open(p, "Reserved");
	if (c->nano_cpus)
		strbuf_addf(p->sb, "%.4g CPUs", (double)c->nano_cpus / 1e9);
	strbuf_add_str(p->sb, c->nano_cpus && c->memory_bytes ? ", " : "");
	if (c->memory_bytes)
		format_human_size(p->sb, c->memory_bytes);
	strbuf_add_str(p->sb, c->nano_cpus || c->memory_bytes ? "" : "nothing");
	frame_fact_close(p);
}

static void add_facts(struct page *p, const struct container *c)
{
	frame_part_open(p, "dl", "facts", " class=\"facts\"");
	frame_fact(p, "ID", c->id);
	frame_fact(p, "Image ID", c->image_id);
	add_reserved(p, c);
	add_items(p, c, "Ports", c->ports_count, add_port);
	add_items(p, c, "Networks", c->networks_count, add_network);
	add_items(p, c, "Mounts", c->mounts_count, add_mount);
	add_items(p, c, "Labels", c->labels.count, add_label);
	frame_part_close(p, "dl");
}

/* --- why it is there, and what becomes of it --- */

static const char *policy_meaning(const struct container *c)
{
	switch (policy_of(&c->labels)) {
	case POLICY_AT_LEAST_ONCE:
		return "When its node fails it is made anew on another one; while nobody knows "
		       "whether the node is dead or only cut off there may be two copies of it.";
	case POLICY_AT_MOST_ONCE:
		return "When its node fails it is made anew on another one as soon as it is proven "
		       "that the old copy does not run.";
	case POLICY_OFF: break;
	}
	return "When its node fails it waits for that node (no reschedule policy).";
}

static void add_policy(struct page *p, const struct container *c)
{
	uint64_t epoch = policy_epoch(&c->labels);

	strbuf_add_str(p->sb, "<h2>If its node fails</h2>\n");
	frame_part_open(p, "p", "policy", "");
	strbuf_add_str(p->sb, policy_meaning(c));
	if (epoch)
		strbuf_addf(p->sb, " It was made anew %" PRIu64 " times.", epoch);
	frame_part_close(p, "p");
}

static void add_decision(struct page *p, yyjson_val *why)
{
	yyjson_val *refused = json_get_obj(why, "Refused"), *key, *count;
	size_t i, max;

	strbuf_addf(p->sb,
		"<p>Asked were %" PRId64 " nodes; %" PRId64 " fitted, %" PRId64
		" of them were preferred, and of those the strategy ",
		json_get_int(why, "Nodes", 0), json_get_int(why, "Fitting", 0),
		json_get_int(why, "Preferred", 0));
	html_add(p->sb, json_get_str(why, "Strategy", "?"), NAME_SHOWN);
	strbuf_add_str(p->sb, " chose this one.</p>\n");
	if (yyjson_obj_size(refused) == 0)
		return;
	strbuf_add_str(p->sb, "<table><caption>Why not elsewhere: what each filter refused of what "
			      "those before it had left.</caption><thead><tr><th "
			      "scope=\"col\">Filter</th><th scope=\"col\">Nodes "
			      "refused</th></tr></thead><tbody>\n");
	yyjson_obj_foreach(refused, i, max, key, count)
	{
		strbuf_add_str(p->sb, "<tr><th scope=\"row\">");
		html_add(p->sb, yyjson_get_str(key), NAME_SHOWN);
		strbuf_addf(p->sb, "</th><td data-of=\"Nodes refused\">%" PRIu64 "</td></tr>\n",
			yyjson_get_uint(count));
	}
	strbuf_add_str(p->sb, "</tbody></table>\n");
}

static void add_why(struct page *p, const struct container *c)
{
	const char *text = decisions_find(p->manager->decisions, c->swarm_id);
	auto_json yyjson_doc *doc = text ? json_parse(text, strlen(text), NULL) : NULL;

	strbuf_add_str(p->sb, "<h2>Why here</h2>\n");
	frame_part_open(p, "div", "why", "");
	if (doc)
		add_decision(p, yyjson_doc_get_root(doc));
	else
		strbuf_add_str(p->sb, "<p>Not known: it was made before this manager began, or not "
				      "through it.</p>\n");
	frame_part_close(p, "div");
}

/* --- what has happened --- */

static bool is_about(const struct docker_event *e, const char *id)
{
	const char *container = event_attribute(e, "container");

	if (e->type == EVENT_CONTAINER || e->type == EVENT_SWARM)
		return strcmp(e->actor_id, id) == 0;
	return container && strcmp(container, id) == 0;
}

static void add_event(struct page *p, const struct journal_entry *happened)
{
	const struct docker_event *e = &happened->event;

	strbuf_add_str(p->sb, "<li>");
	frame_add_age(p, e->time_ns);
	strbuf_add_str(p->sb, " <bdi>");
	if (e->type != EVENT_CONTAINER) {
		html_add(p->sb, e->type_text, TEXT_SHOWN);
		strbuf_add_char(p->sb, ' ');
	}
	html_add(p->sb, e->action, TEXT_SHOWN);
	strbuf_add_str(p->sb, "</bdi> on <bdi>");
	html_add(p->sb, happened->node.name, NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi></li>\n");
}

static void add_events(struct page *p, const struct container *c)
{
	const struct journal *journal = bus_journal(p->manager->cluster->bus);
	const struct journal_entry *e = NULL;
	size_t shown = 0;

	strbuf_add_str(p->sb, "<h2>Events</h2>\n");
	frame_part_open(p, "ol", "events", " class=\"events\"");
	while (shown < EVENTS_SHOWN && (e = journal_older(journal, e, JOURNAL_ALL))) {
		if (!is_about(&e->event, c->id))
			continue;
		add_event(p, e);
		shown++;
	}
	if (shown == 0)
		strbuf_add_str(p->sb, "<li>None that this manager remembers.</li>\n");
	frame_part_close(p, "ol");
}

/* --- its log: the script asks for it (api/pages_log.h) --- */

static void add_log(struct page *p, const struct container *c)
{
	strbuf_add_str(p->sb, "<h2>Log</h2>\n<p id=\"log-note\" role=\"status\">"
			      "<noscript>The log needs the script of this page; docker logs --tail "
			      "200 shows the same.</noscript></p>\n<pre id=\"log\" tabindex=\"0\" "
			      "role=\"log\" aria-live=\"off\" aria-label=\"Log\" "
			      "data-log=\"/page/log?id=");
	html_add(p->sb, c->id, SIZE_MAX);
	strbuf_add_str(p->sb, "\"></pre>\n");
}

/* What somebody looks for who was woken comes first. */
static void add_head(struct page *p, const struct container *c)
{
	frame_part_open(p, "div", "it", "");
	add_strip(p, c);
	add_problem(p, c->engine);
	frame_part_close(p, "div");
	add_log(p, c);
}

static void add_rest(struct page *p, const struct container *c)
{
	frame_part_open(p, "div", "more", "");
	add_events(p, c);
	add_policy(p, c);
	add_why(p, c);
	strbuf_add_str(p->sb, "<h2>What it is</h2>\n");
	add_facts(p, c);
	frame_part_close(p, "div");
}

/* Also of an open page, when the container has gone. */
static void add_none(struct page *p, const struct error *err)
{
	frame_part_open(p, "div", "it", "");
	strbuf_add_str(p->sb, "<p class=\"bad\">");
	html_add(p->sb, error_text(err), TEXT_SHOWN);
	strbuf_add_str(p->sb, "</p>\n<p>It may have been removed. <a "
			      "href=\"/page/containers\">All containers</a></p>\n");
	frame_part_close(p, "div");
	p->status = 404;
}

void page_container(struct page *p)
{
	auto_error struct error err = ERROR_INIT;
	struct container *c =
		cluster_find_container(p->manager->cluster, frame_choice(p, "id"), &err);
	auto_free char *title = xasprintf("Container %.80s", c ? container_name(c) : "");

	frame_open(p, c ? title : "No such container", 0);
	if (c) {
		add_head(p, c);
		add_rest(p, c);
	} else {
		add_none(p, &err);
	}
	frame_close(p);
}
